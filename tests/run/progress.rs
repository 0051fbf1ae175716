//! How far a run is, seen and told.

use std::time::{Duration, Instant};

use support::background::Background;
use support::gate::{Gate, is_page};
use support::sample_odoo::Reaction;
use support::wait;

use crate::{PATIENCE, connected};

#[test]
fn a_run_is_seen_advancing_from_another_session() {
    let (sample, database) = connected("advancing");
    let gate = Gate::before(&sample, is_page);
    let mut session = database.session();
    session.run("SET odoo_sync.batch_size = 5; SET odoo_sync.concurrency = 1");
    let run = Background::start(session, "SELECT odoo_sync.run('{purchases}')");
    let total = sample.records("purchase.order").len() + sample.records("purchase.order.line").len();

    let mut other = database.session();
    let status =
        "SELECT state, fetched, progress, last_run IS NOT NULL FROM odoo_sync.status() WHERE type = 'purchases'";
    gate.await_request();
    let row = other.rows(status).remove(0);
    assert_eq!(row[..2], ["running", "0"].map(|text| Some(text.to_owned())), "{row:?}");
    assert_eq!(row[3].as_deref(), Some("t"), "{row:?}");
    let mut seen = 0;
    while !run.is_finished() {
        gate.pass(1);
        let (fetched, progress) = wait::until("progress", PATIENCE, || {
            let row = other.rows(status).remove(0);
            let fetched: i64 = row[1].as_deref().unwrap_or_default().parse().expect("a number is shown");
            (fetched > seen || row[0].as_deref() != Some("running")).then(|| (fetched, row[2].clone()))
        });
        if let Some(progress) = &progress {
            assert!(fetched - seen <= 5, "page by page: {seen}, {fetched}");
            let (name, of) = progress.split_once(": ").expect("the mirror is named");
            assert!(name == "purchases.purchases" || name == "purchases.purchase_lines", "{progress}");
            assert!(of.contains(" of "), "{progress}");
            // what is told is stored already
            let rows = "SELECT (SELECT count(*) FROM odoo.purchases) + coalesce((SELECT count(*) FROM odoo.purchase_lines), 0)";
            if name == "purchases.purchase_lines" {
                assert!(other.number(rows) >= fetched);
            }
        }
        seen = fetched;
        if progress.is_none() {
            break;
        }
    }
    gate.open();
    run.rows();
    assert_eq!(seen, total as i64);
    let row = other
        .rows("SELECT state, fetched, progress, row_count FROM odoo_sync.status() WHERE type = 'purchases'")
        .remove(0);
    assert_eq!(row, [Some("ok".to_owned()), Some(total.to_string()), None, Some(total.to_string())]);
}

#[test]
fn notices_tell_each_mirror_once() {
    let (sample, database) = connected("notices");
    let mut session = database.session();
    session.run("SELECT odoo_sync.run()");
    let notices = session.notices();
    let mirrors =
        session.rows("SELECT type || '.' || table_name, model FROM odoo_sync.mirrors WHERE 19 BETWEEN since AND until");
    assert_eq!(notices.len(), mirrors.len(), "{notices:?}");
    for mirror in mirrors {
        let [name, model] = [&mirror[0], &mirror[1]].map(|text| text.as_deref().unwrap_or_default());
        let lines: Vec<&String> = notices.iter().filter(|line| line.starts_with(&format!("{name}: "))).collect();
        assert_eq!(lines.len(), 1, "{name} in {notices:?}");
        if !name.starts_with("invoices.") {
            let count = sample.records(model).len();
            assert!(lines[0].ends_with(&format!("{count} fetched, {count} inserted")), "{lines:?}");
        }
    }
}

#[test]
fn a_long_mirror_is_told_of_at_most_once_a_second() {
    let (sample, database) = connected("long_notices");
    sample.on_request(
        |request| {
            if is_page(request) { Reaction::Delay(Duration::from_millis(100)) } else { Reaction::Answer }
        },
    );
    let mut session = database.session();
    session.run("SET odoo_sync.batch_size = 2; SET odoo_sync.concurrency = 1");
    let start = Instant::now();
    session.run("SELECT odoo_sync.run('{purchases}')");
    let (notices, seconds) = (session.notices(), start.elapsed().as_secs() as usize);
    let within = notices.iter().filter(|line| line.contains(" of ")).count();
    assert!(seconds >= 2, "the run took long enough to tell: {seconds} s");
    assert!((1..=seconds + 1).contains(&within), "{within} in {seconds} s: {notices:?}");
}

#[test]
fn without_waiting_it_returns_at_once_and_goes_on() {
    let (sample, database) = connected("detached");
    let gate = Gate::before(&sample, is_page);
    let mut session = database.session();
    let rows =
        session.rows("SELECT type, status, mode, fetched FROM odoo_sync.run('{sales,inventory}', wait => false)");
    let started = |name: &str| vec![Some(name.to_owned()), Some("started".to_owned()), None, Some("0".to_owned())];
    assert_eq!(rows, [started("sales"), started("inventory")]);
    gate.await_request();
    // the caller may well be gone by now
    drop(session);
    let mut session = database.session();
    let running = "SELECT count(*) FROM odoo_sync.status() WHERE state = 'running'";
    assert_eq!(session.number(running), 2);
    gate.open();
    let ok = "SELECT count(*) FROM odoo_sync.history WHERE status = 'ok' AND finished_at IS NOT NULL";
    wait::until("the end of the run", PATIENCE, || (session.number(ok) == 2).then_some(()));
    assert_eq!(session.number("SELECT count(*) FROM odoo.inventory"), sample.records("stock.quant").len() as i64);
}

#[test]
fn history_tells_each_run_newest_first() {
    let (_sample, database) = connected("history");
    let mut session = database.session();
    session.run("SELECT odoo_sync.run('{inventory}'); SELECT odoo_sync.run('{inventory,sales}')");
    let rows = session.rows("SELECT run_id, type, mode, status, requests > 0, bytes > 0, retries, odoo_seconds >= 0, write_seconds >= 0, duration > '0', role FROM odoo_sync.history");
    let ids: Vec<i64> =
        rows.iter().map(|row| row[0].as_deref().unwrap_or_default().parse().expect("a number")).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids[0] == ids[1] && ids[1] > ids[2], "{ids:?}");
    for row in &rows {
        let mode = row[2].as_deref().unwrap_or_default();
        assert!(mode == "full" || mode == "incremental", "{row:?}");
        let told = ["ok", "t", "t", "0", "t", "t", "t", "postgres"].map(|text| Some(text.to_owned()));
        assert_eq!(row[3..], told, "{row:?}");
    }
    assert_eq!(rows[2][2].as_deref(), Some("full"), "the first run reads everything");
}
