//! How a run's end is told to those who do not wait for it: the server's log, and whoever listens.

use std::time::Duration;

use postgres::fallible_iterator::FallibleIterator;
use serde_json::Value;
use support::access::Access;
use support::background::Background;
use support::cluster::{Cluster, Database};
use support::gate::{Gate, is_page};
use support::sample_odoo::{SampleOdoo, Series};
use support::session::{Session, of_server};
use support::wait;

use crate::PATIENCE;

/// A database with a connection of its own name, by which its lines in the log are known.
fn connected(name: &str) -> (SampleOdoo, Database<'static>) {
    let sample = SampleOdoo::start(Series::V19);
    let database = Cluster::shared().database(name);
    database.session().connect(&Access::from(&sample), name);
    (sample, database)
}

fn log_lines(connection: &str) -> Vec<String> {
    let log = Cluster::shared().log();
    let lines = log.lines().filter(|line| line.contains(connection));
    lines.map(str::to_owned).collect()
}

fn listener(database: &Database) -> Session {
    let mut session = database.session();
    session.run("LISTEN odoo_sync");
    session
}

/// The next notification's payload.
fn heard(listener: &mut Session) -> Value {
    let mut notifications = listener.client.notifications();
    let next = notifications.timeout_iter(PATIENCE).next();
    let notification = next.expect("the session stands").expect("a notification");
    assert_eq!(notification.channel(), "odoo_sync");
    let payload = notification.payload();
    assert!(payload.len() < 8000, "{} bytes", payload.len());
    serde_json::from_str(payload).unwrap_or_else(|error| panic!("{payload}: {error}"))
}

/// How each type ended, by name.
fn statuses(payload: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let types = payload["types"].as_array().expect("there are types");
    types.iter().map(|told| (text(&told["type"]), text(&told["status"]))).collect()
}

fn pair(name: &str, status: &str) -> (String, String) {
    (name.to_owned(), status.to_owned())
}

#[test]
fn a_failed_type_is_told_everywhere_and_once_in_the_log() {
    let (sample, database) = connected("told_everywhere");
    sample.deny_model("stock.quant");
    let mut session = database.session();
    let rows = session.rows("SELECT status FROM odoo_sync.run('{inventory,sales}', wait => false)");
    assert_eq!(rows.len(), 2);
    let ended = "SELECT count(*) FROM odoo_sync.history WHERE status IN ('ok', 'failed')";
    wait::until("the end of the run", PATIENCE, || (session.number(ended) == 2).then_some(()));
    let reason = "You are not allowed to access";
    let lines = wait::until("a line in the log", PATIENCE, || {
        Some(log_lines("told_everywhere")).filter(|lines| !lines.is_empty())
    });
    let [line] = lines.as_slice() else { panic!("one line is expected: {lines:#?}") };
    assert!(line.contains("LOG:  odoo_sync: run 1 of connection told_everywhere: inventory failed: "), "{line}");
    assert!(line.contains(reason), "{line}");
    assert!(!line.contains(&sample.secret), "{line}");

    let error = session.error("SELECT odoo_sync.run('{inventory,sales}')");
    assert_eq!(error.message(), "1 of 2 types failed: inventory");
    assert!(error.detail().is_some_and(|detail| detail.contains(reason)));
    let by_worker = |line: &&String| line.contains("LOG:  odoo_sync: run 2 ");
    let lines = log_lines("told_everywhere");
    assert_eq!(lines.iter().filter(by_worker).count(), 1, "{lines:#?}");
    for told in [
        "SELECT state, message FROM odoo_sync.status() WHERE type = 'inventory'",
        "SELECT status, message FROM odoo_sync.history WHERE type = 'inventory' LIMIT 1",
    ] {
        let row = session.rows(told).remove(0);
        assert_eq!(row[0].as_deref(), Some("failed"), "{told}");
        assert!(row[1].as_deref().is_some_and(|text| text.contains(reason)), "{row:?}");
    }
}

#[test]
fn whoever_listens_hears_of_each_runs_end_once_it_is_committed() {
    let (sample, database) = connected("listened");
    let mut listener = listener(&database);
    sample.deny_model("stock.quant");
    let gate = Gate::before(&sample, |request| request.model.as_deref() == Some("stock.quant"));
    let asked = "BEGIN; SELECT odoo_sync.run('{inventory,sales}')";
    let run = Background::start(database.session(), asked);
    let sales_ended = "SELECT count(*) FROM odoo_sync.history WHERE type = 'sales' AND status = 'ok'";
    let mut session = database.session();
    wait::until("the end of sales", PATIENCE, || (session.number(sales_ended) == 1).then_some(()));
    gate.open();
    let error = run.end().0.expect_err("inventory cannot be read");
    assert_eq!(of_server(&error).message(), "1 of 2 types failed: inventory");
    let payload = heard(&mut listener);
    assert_eq!(payload["connection"], "listened");
    // in the order that was asked for, whichever ends first
    assert_eq!(statuses(&payload), [pair("inventory", "failed"), pair("sales", "ok")]);
    // by then it is there to be read
    let history = format!(
        "SELECT type, status, fetched FROM odoo_sync.history WHERE run_id = {} ORDER BY type",
        payload["run_id"]
    );
    let sales = listener.rows(&history).remove(1);
    assert_eq!(sales[1].as_deref(), Some("ok"));
    let told = &payload["types"][1];
    assert_eq!(sales[2], Some(told["fetched"].to_string()));
    assert_eq!(told["inserted"], told["fetched"]);
    assert_eq!(told["mode"], "full");
    assert_eq!([&told["updated"], &told["deleted"], &told["failed"]], [0, 0, 0]);
}

#[test]
fn whoever_listens_hears_of_what_was_cancelled_and_of_what_was_skipped() {
    let (sample, database) = connected("listened_to_the_end");
    let mut listener = listener(&database);
    let gate = Gate::before(&sample, is_page);
    let run = Background::start(database.session(), "SELECT odoo_sync.run('{sales}')");
    gate.await_request();
    let mut session = database.session();
    session.run("SELECT odoo_sync.run('{sales}')");
    assert_eq!(statuses(&heard(&mut listener)), [pair("sales", "skipped")]);
    session.run("SELECT odoo_sync.cancel()");
    assert!(run.end().0.is_err());
    assert_eq!(statuses(&heard(&mut listener)), [pair("sales", "interrupted")]);
}

#[test]
fn a_payload_is_never_too_long_however_many_types_there_are() {
    let (_sample, database) = connected("many_types");
    let mut listener = listener(&database);
    let mut session = database.session();
    session.run(
        "INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields)
         SELECT 'one_of_many_types_' || repeat('\"', 20) || lpad(n::text, 20, '0'), 'many_' || n, 'no.such.model', 100 + n, '{name}'
         FROM generate_series(1, 150) AS n",
    );
    let error = session.try_rows("SELECT odoo_sync.run()");
    let _ended_either_way = error.is_ok();
    let payload = heard(&mut listener);
    let told = payload["types"].as_array().expect("there are types").len();
    assert!(told > 20, "{told}");
    assert_eq!(payload["types_left_out"], 156 - told as i64);
    let quiet = listener.client.notifications().timeout_iter(Duration::from_millis(200)).next();
    assert!(quiet.expect("the session stands").is_none(), "it is told once");
}
