//! One transaction, locks, runs at the same time.

use super::*;
use std::time::{Duration, Instant};
use support::background::Background;
use support::gate::Gate;
use support::session::all_of;

#[test]
fn a_mirror_is_left_alone() {
    let (sample, mut session) = connected("already");
    session.run("SELECT odoo_sync.run(ARRAY['sales'])");
    let before = session.value("SELECT string_agg(concat_ws(' ', id, xmin, ctid), ',' ORDER BY id) FROM odoo.sales");
    sample.forget_requests();
    let actions = adopt(&mut session, "sales", "sales");
    assert_eq!(actions, [[Some("nothing".to_owned()), Some("odoo.sales is a mirror already".to_owned()), None]]);
    assert_eq!(sample.requests().len(), 0);
    let after = session.value("SELECT string_agg(concat_ws(' ', id, xmin, ctid), ',' ORDER BY id) FROM odoo.sales");
    assert_eq!(after, before);
    let state = session
        .value("SELECT count(*) FROM odoo_sync.mirror_state WHERE table_name = 'sales' AND window_end IS NOT NULL");
    assert_eq!(state, "1", "it still counts as loaded");
}

/// What was known of a mirror says nothing of the table that takes its place.
#[test]
fn the_next_run_reads_everything_also_where_there_was_a_mirror_before() {
    let (_sample, mut session) = connected("before");
    session.run(
        "SELECT odoo_sync.run(ARRAY['sales']);
         ALTER TABLE odoo.sales DROP CONSTRAINT sales_pkey;
         UPDATE odoo.sales SET amount_total = amount_total + 1",
    );
    adopt(&mut session, "sales", "sales");
    let state = "SELECT count(*) FROM odoo_sync.mirror_state WHERE table_name = 'sales'";
    assert_eq!(session.value(state), "0");
    assert_equal_after_a_run(&mut session, "sales");
}

#[test]
fn a_rollback_undoes_all_of_it() {
    let (_sample, mut session) = connected("rollback");
    session.run(
        "CREATE TABLE odoo.sales (nr serial PRIMARY KEY, id text DEFAULT '5', name varchar(3) NOT NULL UNIQUE, write_date text, _deleted_at int);
         INSERT INTO odoo.sales (id, name) VALUES ('1', 'a'), ('1', 'b'), (NULL, 'c')",
    );
    let everything = "SELECT concat((SELECT jsonb_agg(to_jsonb(a) - 'attrelid' ORDER BY attnum) FROM pg_attribute a WHERE attrelid = 'odoo.sales'::regclass),
                                    (SELECT jsonb_agg(pg_get_constraintdef(oid) ORDER BY conname) FROM pg_constraint WHERE conrelid = 'odoo.sales'::regclass),
                                    (SELECT jsonb_agg(to_jsonb(s) ORDER BY nr) FROM odoo.sales s), to_regclass('odoo.sales_set_aside'))";
    let before = session.value(everything);
    session.run("BEGIN; SELECT odoo_sync.adopt('odoo.sales', 'sales')");
    assert_ne!(session.value(everything), before);
    session.run("ROLLBACK");
    assert_eq!(session.value(everything), before);
}

/// Nobody is kept from the table while Odoo is asked, and a cancel ends the wait.
#[test]
fn the_table_is_free_while_odoo_is_asked() {
    let (sample, mut other) = connected("free");
    other.run("CREATE TABLE odoo.sales (id int)");
    let session = Cluster::shared().session("free", "postgres");
    let gate = Gate::before(&sample, |request| request.model.as_deref() == Some("sale.order"));
    let statement = Background::start(session, "SELECT * FROM odoo_sync.adopt('odoo.sales', 'sales')");
    gate.await_request();
    other.run("SET lock_timeout = '2s'; INSERT INTO odoo.sales VALUES (4711), (4711); ALTER TABLE odoo.sales ADD COLUMN late text");
    let start = Instant::now();
    statement.cancel();
    let (result, session) = statement.end();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(result.expect_err("it was cancelled").code().map(postgres::error::SqlState::code), Some("57014"));

    // and what happened meanwhile is seen
    let statement = Background::start(session, "SELECT * FROM odoo_sync.adopt('odoo.sales', 'sales')");
    gate.await_request();
    other.run("INSERT INTO odoo.sales VALUES (NULL, 'late')");
    gate.open();
    let actions = statement.rows();
    assert_eq!(told(&actions, "set aside").len(), 2, "{actions:?}");
    assert_eq!(other.column("SELECT late FROM odoo.sales_set_aside WHERE id IS NULL"), ["late"]);
}

#[test]
fn a_table_that_was_moved_meanwhile_is_not_touched() {
    let (sample, mut other) = connected("moved");
    other.run("CREATE TABLE odoo.sales (id int); INSERT INTO odoo.sales VALUES (1), (1)");
    let session = Cluster::shared().session("moved", "postgres");
    let gate = Gate::before(&sample, |request| request.model.as_deref() == Some("sale.order"));
    let statement = Background::start(session, "SELECT * FROM odoo_sync.adopt('odoo.sales', 'sales')");
    gate.await_request();
    other.run("ALTER TABLE odoo.sales RENAME TO mine; CREATE TABLE odoo.sales (other int)");
    gate.open();
    let error = support::session::of_server(&statement.end().0.expect_err("it is another table"));
    assert_eq!(error.code().code(), "55006", "{}", all_of(&error));
    assert_eq!(other.value("SELECT count(*) FROM odoo.mine"), "2");
}

#[test]
fn a_run_of_the_type_that_is_under_way_is_an_error_and_another_types_is_none() {
    let (sample, mut session) = connected("busy");
    session.run("CREATE TABLE odoo.sales (id int); CREATE TABLE odoo.purchases (id int)");
    let gate = Gate::before(&sample, |request| request.model.as_deref() == Some("sale.order.line"));
    let run = Background::start(Cluster::shared().session("busy", "postgres"), "SELECT odoo_sync.run(ARRAY['sales'])");
    gate.await_request();
    let error = session.error("SELECT odoo_sync.adopt('odoo.sales', 'sales')");
    assert_eq!(error.code().code(), "55006", "{}", all_of(&error));
    assert_eq!(error.message(), "a run of sales on connection odoo is under way");
    adopt(&mut session, "purchases", "purchases");
    gate.open();
    let (result, _) = run.end();
    assert!(result.is_err(), "odoo.sales was no mirror");
    adopt(&mut session, "sales", "sales");
    assert_equal_after_a_run(&mut session, "sales");

    // and the other way round: while the table is being adopted, a run leaves the type alone
    session.run("DROP TABLE odoo.purchases; CREATE TABLE odoo.purchases (id int); BEGIN; SELECT odoo_sync.adopt('odoo.purchases', 'purchases')");
    let mut other = Cluster::shared().session("busy", "postgres");
    assert_eq!(other.value("SELECT status FROM odoo_sync.run(ARRAY['purchases'])"), "skipped");
    session.run("COMMIT");
    assert_equal_after_a_run(&mut session, "purchases");
}
