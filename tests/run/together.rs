//! Runs beside other runs, and beside other sessions.

use support::access::Access;
use support::background::Background;
use support::compare::{SampleTruth, compare};
use support::gate::{Gate, is_page};
use support::sample_odoo::{SampleOdoo, Series};
use support::wait;

use crate::{PATIENCE, connected};

#[test]
fn a_second_run_of_the_same_type_is_skipped_and_waits_for_nobody() {
    let (sample, database) = connected("twice");
    let gate = Gate::before(&sample, |request| is_page(request) && request.model.as_deref() == Some("stock.quant"));
    let first = Background::start(database.session(), "SELECT type, status FROM odoo_sync.run('{inventory}')");
    gate.await_request();
    let mut session = database.session();
    let rows = session.rows("SELECT type, status, message FROM odoo_sync.run('{inventory,sales}') ORDER BY type");
    assert_eq!(rows[0][..2], ["inventory", "skipped"].map(|text| Some(text.to_owned())), "{rows:?}");
    assert!(rows[0][2].as_deref().is_some_and(|message| message.contains("Another run")), "{rows:?}");
    assert_eq!(rows[1], [Some("sales".to_owned()), Some("ok".to_owned()), None]);
    let state = "SELECT state FROM odoo_sync.status() WHERE type = 'inventory'";
    assert_eq!(session.value(state), "running", "the first one is not disturbed");
    gate.open();
    assert_eq!(first.rows()[0][1].as_deref(), Some("ok"));
    assert_eq!(session.value(state), "ok");
    assert_eq!(
        session.column("SELECT status FROM odoo_sync.history WHERE type = 'inventory' ORDER BY run_id"),
        ["ok", "skipped"]
    );
}

#[test]
fn connections_run_side_by_side() {
    let (first, database) = connected("side_by_side");
    let second = SampleOdoo::start(Series::V14);
    let mut session = database.session();
    session.connect(&Access::from(&second), "old");
    let gates = [Gate::before(&first, is_page), Gate::before(&second, is_page)];
    let run =
        Background::start(database.session(), "SELECT connection, type, status FROM odoo_sync.run('{inventory}')");
    // both are under way, neither waits for the other
    gates.iter().for_each(Gate::await_request);
    gates.iter().for_each(Gate::open);
    let rows = run.rows();
    let row = |name: &str| [name, "inventory", "ok"].map(|text| Some(text.to_owned())).to_vec();
    assert_eq!(rows, [row("odoo"), row("old")]);
    session.run("SELECT odoo_sync.run('{inventory}')");
    for connection in ["odoo", "old"] {
        let line = format!("{connection}: inventory.inventory: ");
        let notices = session.notices();
        assert!(notices.iter().any(|notice| notice.starts_with(&line)), "{notices:?}");
        session.run("SELECT odoo_sync.run('{inventory}')");
    }
    session.run("SELECT odoo_sync.run(connection => 'old')");
    compare(&mut session, "old", &mut SampleTruth::new(&second)).assert_equal();
}

#[test]
fn a_run_inside_a_transaction_is_kept_whatever_becomes_of_that() {
    let (sample, database) = connected("transaction");
    let mut session = database.session();
    session.run("BEGIN; SELECT odoo_sync.run('{inventory}'); ROLLBACK");
    assert_eq!(session.number("SELECT count(*) FROM odoo.inventory"), sample.records("stock.quant").len() as i64);
    assert_eq!(session.value("SELECT status FROM odoo_sync.history"), "ok");
}

#[test]
fn readers_are_not_blocked_while_odoo_is_silent() {
    let (sample, database) = connected("readers");
    let mut session = database.session();
    session.run("SELECT odoo_sync.run()");
    let gate = Gate::before(&sample, is_page);
    let run = Background::start(session, "SELECT odoo_sync.run(full => true)");
    gate.await_request();
    let mut other = database.session();
    let held = "
        SELECT (SELECT count(*) FROM pg_locks WHERE relation IN
                  (SELECT oid FROM pg_class WHERE relnamespace = 'odoo'::regnamespace))
             + (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                  AND backend_type = 'odoo_sync' AND xact_start IS NOT NULL)";
    // it makes its tables ready meanwhile, and then has nothing to do but to wait
    wait::until("no lock and no transaction while Odoo is waited for", PATIENCE, || {
        (other.number(held) == 0).then_some(())
    });
    other.run("SET lock_timeout = '1s'; TRUNCATE odoo.inventory");
    gate.open();
    run.rows();
    compare(&mut other, "odoo", &mut SampleTruth::new(&sample)).assert_equal();
}

/// As another first run does: what it makes is invisible until it commits, and there after that.
#[test]
fn a_schema_that_somebody_else_is_making_is_waited_for_and_used() {
    let (sample, database) = connected("schema");
    let mut other = database.session();
    other.run("BEGIN; CREATE SCHEMA odoo");
    let run = Background::start(database.session(), "SELECT status FROM odoo_sync.run('{inventory}')");
    let mut session = database.session();
    let waits = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                 WHERE NOT l.granted AND a.backend_type = 'odoo_sync' AND a.datname = current_database()";
    wait::until("a run that waits for the schema", PATIENCE, || (session.number(waits) > 0).then_some(()));
    other.run("COMMIT");
    assert_eq!(run.rows(), [[Some("ok".to_owned())]]);
    assert_eq!(session.number("SELECT count(*) FROM odoo.inventory"), sample.records("stock.quant").len() as i64);
}
