//! Locks on the mirrors: the caller's, another session's, and what readers notice of a run.

use std::time::{Duration, Instant};

use serde_json::json;
use support::background::Background;
use support::cluster::Database;
use support::compare::{SampleTruth, compare};
use support::gate::{Gate, is_page};
use support::sample_odoo::{FieldSpec, SampleOdoo};
use support::session::{Session, of_server};
use support::wait;

use crate::connected;

/// The longest that a run may wait for a lock, and then some.
const PATIENT_ENOUGH: Duration = Duration::from_secs(9);

/// A database whose mirrors have been filled, and an order that has changed in Odoo since.
fn changed(name: &str) -> (SampleOdoo, Database<'static>, i64) {
    let (sample, database) = connected(name);
    database.session().run("SELECT odoo_sync.run()");
    let order = sample.records("sale.order")[0]["id"].as_i64().expect("a number");
    sample.write("sale.order", &[order], json!({"client_order_ref": "new"}));
    (sample, database, order)
}

fn assert_equal_after_a_run(session: &mut Session, sample: &SampleOdoo) {
    session.run("SELECT odoo_sync.run()");
    compare(session, "odoo", &mut SampleTruth::new(sample)).assert_equal();
}

#[test]
fn a_caller_that_has_locked_a_mirror_is_told_at_once() {
    let (sample, database, _) = changed("locked_by_caller");
    sample.forget_requests();
    let mut session = database.session();
    for mode in ["SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"] {
        session.run(&format!("BEGIN; LOCK TABLE odoo.sale_lines IN {mode} MODE"));
        let error = session.error("SELECT odoo_sync.run()");
        assert_eq!(error.code().code(), "55P03", "{error:?}");
        assert!(error.message().starts_with("this transaction holds a lock on odoo.sale_lines ("), "{error:?}");
        assert_eq!(error.hint(), Some("COMMIT or ROLLBACK before you call the run."));
        session.run("ROLLBACK");
    }
    assert!(sample.requests().is_empty(), "nothing was begun");
    // a run that it does not wait for, or of types that it has not locked, is none of its business
    session.run("BEGIN; LOCK TABLE odoo.sale_lines; SELECT odoo_sync.run('{inventory}'); COMMIT");
    assert_equal_after_a_run(&mut session, &sample);
}

/// No process can start beside it, the run's no more than another session's.
#[test]
fn a_caller_that_has_locked_a_catalogue_is_told_at_once() {
    let (_sample, database, _) = changed("locked_catalogue");
    for statement in ["LOCK TABLE pg_class", "REINDEX TABLE pg_class"] {
        let mut session = database.session();
        session.run("SET statement_timeout = '20s'");
        let call = format!("BEGIN; {statement}; SELECT odoo_sync.run('{{sales}}')");
        let error = session.error(&call);
        assert_eq!(error.code().code(), "55P03", "{error:?}");
        assert!(error.message().contains("pg_catalog.pg_class"), "{error:?}");
    }
}

#[test]
fn a_caller_whose_own_update_is_in_the_way_gets_an_error_that_says_so() {
    let (sample, database, order) = changed("row_of_caller");
    let mut session = database.session();
    let pid = session.pid();
    session.run(&format!("BEGIN; UPDATE odoo.sales SET note = 'mine' WHERE id = {order}"));
    let start = Instant::now();
    let error = session.error("SELECT odoo_sync.run('{sales,inventory}')");
    assert!(start.elapsed() < PATIENT_ENOUGH, "it took {:?}", start.elapsed());
    assert_eq!(error.code().code(), "55P03", "{error:?}");
    assert_eq!(error.message(), "1 of 2 types failed: sales");
    let detail = error.detail().unwrap_or_default();
    let told = format!(
        "connection odoo, sales.sales: odoo.sales is locked by the transaction that called the run and waits for it (pid {pid}, RowExclusiveLock)"
    );
    assert!(detail.contains(&told), "{told:?} in {detail}");
    assert!(detail.contains("inventory: ok"), "{detail}");
    session.run("ROLLBACK");
    assert_equal_after_a_run(&mut session, &sample);
}

#[test]
fn another_session_that_is_in_the_way_is_named() {
    let (sample, database, order) = changed("row_of_another");
    let mut other = database.session();
    let pid = other.pid();
    other.run(&format!("BEGIN; UPDATE odoo.sales SET note = 'theirs' WHERE id = {order}"));
    let mut session = database.session();
    let error = session.error("SELECT odoo_sync.run('{sales}')");
    let detail = error.detail().unwrap_or_default();
    let told = format!(
        "odoo.sales is locked by another session (pid {pid}, role postgres, odoo_sync tests, RowExclusiveLock)"
    );
    assert!(detail.contains(&told), "{told:?} in {detail}");
    let message = "SELECT message FROM odoo_sync.status() WHERE type = 'sales'";
    assert!(session.value(message).contains(&told));
    other.run("ROLLBACK");
    assert_equal_after_a_run(&mut session, &sample);
}

#[test]
fn readers_read_on_while_a_run_writes_everything_anew() {
    let (sample, database, _) = changed("readers_read");
    let mut reader = database.session();
    // a report in a long transaction, and others that come and go
    reader.run("BEGIN; SELECT count(*) FROM odoo.sales, odoo.invoices");
    let mut session = database.session();
    session.run(
        "UPDATE odoo.invoices SET amount_total = 0; UPDATE odoo.sales SET note = 'x'; SET odoo_sync.batch_size = 5",
    );
    let run = Background::start(session, "SELECT status FROM odoo_sync.run(full => true)");
    let mut other = database.session();
    other.run("SET lock_timeout = '10ms'");
    let mut reads = 0;
    while !run.is_finished() {
        other.run("SELECT sum(amount_total) FROM odoo.invoices; SELECT count(note) FROM odoo.sales");
        reads += 1;
    }
    assert!(reads > 5, "{reads} reads during the run");
    run.rows();
    reader.run("COMMIT");
    compare(&mut other, "odoo", &mut SampleTruth::new(&sample)).assert_equal();
}

#[test]
fn a_new_column_waits_for_a_reader_without_holding_up_the_others() {
    let (sample, database, _) = changed("new_column");
    sample.add_field("sale.order", FieldSpec::new("x_region", "char"));
    let mut reader = database.session();
    reader.run("BEGIN; SELECT count(*) FROM odoo.sales");
    let run = Background::start(database.session(), "SELECT odoo_sync.run('{sales}')");
    let mut other = database.session();
    let mut longest = Duration::ZERO;
    while !run.is_finished() {
        let start = Instant::now();
        other.run("SELECT count(*) FROM odoo.sales");
        longest = longest.max(start.elapsed());
    }
    assert!(longest < Duration::from_secs(1), "a reader waited {longest:?}");
    let error = of_server(&run.end().0.expect_err("the reader stays"));
    let detail = error.detail().unwrap_or_default();
    assert!(
        detail.contains("odoo.sales is locked by another session") && detail.contains("AccessShareLock"),
        "{detail}"
    );
    // a reader that goes in time is waited for
    let run = Background::start(database.session(), "SELECT odoo_sync.run('{sales}')");
    std::thread::sleep(Duration::from_secs(1));
    reader.run("COMMIT");
    run.rows();
    assert_equal_after_a_run(&mut other, &sample);
}

#[test]
fn no_lock_is_held_while_odoo_is_waited_for_at_any_page() {
    let (sample, database, _) = changed("no_lock");
    let mut session = database.session();
    session.run("SET odoo_sync.batch_size = 5; SET odoo_sync.concurrency = 1");
    let gate = Gate::before(&sample, is_page);
    let run = Background::start(session, "SELECT odoo_sync.run('{sales}', full => true)");
    let mut other = database.session();
    let worker = "FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                  WHERE a.datname = current_database() AND a.backend_type = 'odoo_sync'";
    // its own advisory lock aside, and that of the statement that a worker at work is in
    let held = format!("SELECT count(*) {worker} AND l.locktype <> 'advisory'");
    // the caller's own statement is all that it holds anything for
    let of_caller = format!(
        "SELECT count(*) FROM pg_locks WHERE pid = {} AND locktype = 'relation'
           AND relation IN (SELECT oid FROM pg_class WHERE relnamespace IN ('odoo'::regnamespace, 'odoo_sync'::regnamespace))",
        run.pid
    );
    let mut pages = 0;
    while !run.is_finished() && pages < 5 {
        gate.await_request();
        support::wait::until("no lock", crate::PATIENCE, || (other.number(&held) == 0).then_some(()));
        assert_eq!(other.number(&of_caller), 0, "page {pages}");
        gate.pass(1);
        gate.await_passes();
        pages += 1;
    }
    gate.open();
    run.rows();
    assert_eq!(pages, 5);
}

/// PostgreSQL ends the one that finds the deadlock, which here is the run's; it stores the page again.
#[test]
fn a_deadlock_with_another_session_is_got_over() {
    let (sample, database, _) = changed("deadlock");
    let orders: Vec<i64> = sample.records("sale.order").iter().filter_map(|order| order["id"].as_i64()).collect();
    sample.write("sale.order", &orders, json!({"client_order_ref": "all of them"}));
    let (first, last) = (orders[0], orders[orders.len() - 1]);
    let mut other = database.session();
    other.run("ALTER DATABASE deadlock SET log_lock_waits = on");
    other.run(&format!("SET deadlock_timeout = '60s'; BEGIN; UPDATE odoo.sales SET note = 'last' WHERE id = {last}"));
    let run = Background::start(database.session(), "SELECT status FROM odoo_sync.run('{sales}')");
    let is_waiting = "SELECT count(*) FROM pg_stat_activity
                      WHERE datname = current_database() AND backend_type = 'odoo_sync' AND wait_event_type = 'Lock'";
    let mut observer = database.session();
    wait::until("a run that waits for the row", PATIENT_ENOUGH, || (observer.number(is_waiting) == 1).then_some(()));
    // waits for the run, which waits for this one
    other.run(&format!("UPDATE odoo.sales SET note = 'first' WHERE id = {first}; COMMIT"));
    assert_eq!(run.rows()[0][0].as_deref(), Some("ok"));
    let log = database.cluster.log();
    assert!(log.contains("detected deadlock while waiting"), "{log}");
    compare(&mut observer, "odoo", &mut SampleTruth::new(&sample)).assert_equal();
}
