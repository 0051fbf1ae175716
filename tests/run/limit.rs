//! A run's total time.

use std::time::{Duration, Instant};

use support::background::Background;
use support::compare::{SampleTruth, compare};
use support::gate::{Gate, is_page};
use support::session::of_server;

use crate::connected;

const MESSAGE: &str = "the run was stopped after 1 s, the longest time that odoo_sync.run_timeout allows";

#[test]
fn a_run_is_stopped_when_its_time_is_over_and_what_it_has_stored_stays() {
    let (sample, database) = connected("limited");
    let mut session = database.session();
    session.run("SELECT FROM odoo_sync.status()");
    assert_eq!(session.value("SHOW odoo_sync.run_timeout"), "0");
    session.run("SET odoo_sync.batch_size = 5; SET odoo_sync.concurrency = 1; SET odoo_sync.run_timeout = '1s'");
    let gate = Gate::before(&sample, is_page);
    gate.pass(2);
    let start = Instant::now();
    let run = Background::start(session, "SELECT odoo_sync.run('{sales,inventory}')");
    let (result, mut session) = run.end();
    let took = start.elapsed();
    let error = of_server(&result.expect_err("its time was over"));
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(3), "{took:?}");
    assert_eq!(error.code().code(), "53400", "{error:?}");
    assert_eq!(error.message(), "2 of 2 types failed: sales, inventory");
    let detail = error.detail().unwrap_or_default();
    assert!(
        detail.contains(&format!("sales: failed (10 fetched, 10 inserted): connection odoo: {MESSAGE}")),
        "{detail}"
    );
    let told = "SELECT count(*) FROM odoo_sync.history WHERE status = 'failed' AND message LIKE '%' || $$";
    assert_eq!(session.number(&format!("{told}{MESSAGE}$$ || '%'")), 2);
    assert_eq!(session.number("SELECT count(*) FROM odoo.sales"), 10);
    gate.open();
    session.run("RESET odoo_sync.run_timeout; SELECT odoo_sync.run()");
    compare(&mut session, "odoo", &mut SampleTruth::new(&sample)).assert_equal();
}

#[test]
fn its_time_is_over_while_it_waits_for_a_lock() {
    let (sample, database) = connected("limited_lock");
    let mut session = database.session();
    session.run("SELECT odoo_sync.run('{sales}')");
    let mut other = database.session();
    other.run("BEGIN; LOCK TABLE odoo.sales IN SHARE MODE");
    session.run("UPDATE odoo_sync.mirror_state SET full_at = NULL; SET odoo_sync.run_timeout = '1s'");
    let order = sample.records("sale.order")[0]["id"].as_i64().expect("a number");
    sample.write("sale.order", &[order], serde_json::json!({"client_order_ref": "new"}));
    let start = Instant::now();
    let error = session.error("SELECT odoo_sync.run('{sales}')");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert!(error.detail().is_some_and(|detail| detail.contains(MESSAGE)), "{error:?}");
}

#[test]
fn a_run_within_its_time_ends_well() {
    let (_sample, database) = connected("unlimited");
    let mut session = database.session();
    session.run("SET odoo_sync.run_timeout = '1min'");
    assert_eq!(session.value("SHOW odoo_sync.run_timeout"), "1min");
    let rows = session.rows("SELECT status FROM odoo_sync.run()");
    assert!(rows.iter().all(|row| row[0].as_deref() == Some("ok")), "{rows:?}");
    let error = session.error("SET odoo_sync.run_timeout = '-1s'");
    assert_eq!(error.code().code(), "22023", "{error:?}");
}
