//! Odoo that goes away in the middle of a run.

use std::time::Duration;

use support::gate::is_page;
use support::wait;

use crate::{PATIENCE, assert_next_run_equal, connected, halfway};

#[test]
fn a_restart_of_odoo_is_waited_for() {
    let (mut sample, database) = connected("odoo_restarted");
    let mut session = database.session();
    session.run("SET odoo_sync.batch_size = 5");
    let (run, gate) = halfway(&sample, session, "SELECT status FROM odoo_sync.run()", is_page);
    // the requests that stand before the gate are let through to connections that are closed by then
    gate.open();
    sample.stop();
    let mut other = database.session();
    std::thread::sleep(Duration::from_millis(300));
    assert!(!run.is_finished(), "the run waits for Odoo");
    sample.resume();
    let rows = run.rows();
    assert!(rows.iter().all(|row| row[0].as_deref() == Some("ok")), "{rows:?}");
    let retries = "SELECT sum(retries) FROM odoo_sync.history";
    assert!(other.number(retries) > 0, "the history tells of it");
    assert_next_run_equal(&mut other, &sample);
}

#[test]
fn an_odoo_that_stays_away_fails_the_run_and_what_was_stored_stays() {
    let (mut sample, database) = connected("odoo_away");
    let mut session = database.session();
    session.run("SET odoo_sync.batch_size = 5; SET odoo_sync.max_retries = 1; SET odoo_sync.concurrency = 1");
    let (run, gate) = halfway(&sample, session, "SELECT odoo_sync.run('{purchases}')", is_page);
    let mut other = database.session();
    let rows = "SELECT count(*) FROM odoo.purchases";
    let stored = wait::until("stored pages", PATIENCE, || Some(other.number(rows)).filter(|rows| *rows > 0));
    gate.open();
    sample.stop();
    let error = run.end().0.expect_err("there is no Odoo");
    let error = support::session::of_server(&error);
    assert_eq!(error.message(), "1 of 1 type failed: purchases");
    let detail = error.detail().unwrap_or_default();
    assert!(detail.contains("connection odoo"), "{detail}");
    assert!(other.number(rows) >= stored);
    let state = "SELECT state FROM odoo_sync.status() WHERE type = 'purchases'";
    assert_eq!(other.value(state), "failed");
    sample.resume();
    assert_next_run_equal(&mut other, &sample);
    wait::until("the state", PATIENCE, || (other.value(state) == "ok").then_some(()));
}
