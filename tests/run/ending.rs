//! Each way to end a run, while Odoo is silent.

use std::time::{Duration, Instant};

use support::background::Background;
use support::compare::{SampleTruth, compare};
use support::gate::{Gate, is_page};
use support::sample_odoo::{Reaction, RecordedRequest};
use support::session::Session;
use support::wait;

use crate::{PATIENCE, connected};

/// How soon a run must have ended once it was told to.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A way to end a run, and what its caller is then told: a SQLSTATE, or nothing where the caller is no more.
struct Ending {
    name: &'static str,
    end: fn(&Background, &mut Session),
    sqlstates: &'static [&'static str],
    /// Set in the caller's session beforehand.
    setting: &'static str,
}

/// In place of a SQLSTATE.
const CLOSED: &str = "closed";

const ENDINGS: [Ending; 6] = [
    Ending {
        name: "cancel",
        end: |_, other| assert_eq!(other.value("SELECT odoo_sync.cancel()"), "1"),
        sqlstates: &["57014"],
        setting: "",
    },
    Ending {
        name: "cancel_of_a_connection",
        end: |_, other| assert_eq!(other.value("SELECT odoo_sync.cancel('odoo')"), "1"),
        sqlstates: &["57014"],
        setting: "",
    },
    Ending { name: "ctrl_c", end: |run, _| run.cancel(), sqlstates: &["57014"], setting: "" },
    Ending {
        name: "statement_timeout",
        // it comes by itself, a second after the statement began; the run has to be seen waiting before that
        end: |run, _| wait::until("the timeout", Duration::from_secs(3), || run.is_finished().then_some(())),
        sqlstates: &["57014"],
        setting: "SET statement_timeout = '1s'",
    },
    Ending {
        name: "terminated_caller",
        end: |run, other| other.run(&format!("SELECT pg_terminate_backend({})", run.pid)),
        sqlstates: &["57P01", CLOSED],
        setting: "",
    },
    Ending {
        name: "terminated_worker",
        end: |_, other| {
            let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                       WHERE backend_type = 'odoo_sync' AND datname = current_database()";
            assert_eq!(other.value(sql), "1");
        },
        sqlstates: &["57014", "57P01"],
        setting: "",
    },
];

#[test]
fn each_way_to_end_a_run_works_while_odoo_is_silent() {
    for ending in &ENDINGS {
        ends(ending, "pages", is_page);
    }
}

#[test]
fn each_way_to_end_a_run_works_while_the_login_is_unanswered() {
    for ending in &ENDINGS {
        ends(ending, "login", |_| true);
    }
}

fn ends(ending: &Ending, stage: &str, is_silent: fn(&RecordedRequest) -> bool) {
    let name = format!("{}_{stage}", ending.name);
    let (sample, database) = connected(&name);
    sample.forget_requests();
    sample.on_request(move |request| if is_silent(request) { Reaction::Stall } else { Reaction::Answer });
    let mut session = database.session();
    session.run(ending.setting);
    let run = Background::start(session, "SELECT odoo_sync.run('{inventory,sales}')");
    let mut other = database.session();
    let is_stalled = || sample.requests().iter().any(is_silent).then_some(());
    wait::until("silence", PATIENCE, is_stalled);
    let state = "SELECT string_agg(DISTINCT state, ',') FROM odoo_sync.status() WHERE type IN ('inventory', 'sales')";
    assert_eq!(other.value(state), "running", "{name}");

    let start = Instant::now();
    (ending.end)(&run, &mut other);
    let start = if ending.setting.is_empty() { start } else { Instant::now() };
    // no lock is left, and no worker
    let left = "SELECT (SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                        WHERE d.datname = current_database() AND l.locktype = 'advisory')
                     + (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'odoo_sync')";
    wait::until(&format!("{name}: the end of the run"), PATIENCE, || {
        (run.is_finished() && other.number(left) == 0).then_some(())
    });
    let took = start.elapsed();
    assert_eq!(other.value(state), "interrupted", "{name}");
    let recorded = "SELECT string_agg(DISTINCT status, ',') FROM odoo_sync.history";
    assert_eq!(other.value(recorded), "interrupted", "{name}");
    assert!(took < AT_ONCE, "{name}: it took {took:?}");

    let error = run.end().0.err().unwrap_or_else(|| panic!("{name}: the caller was told that all is well"));
    // the connection of a caller that is terminated may be closed before its error is read
    let sqlstate = error.code().map_or(if error.is_closed() { CLOSED } else { "" }, |code| code.code());
    assert!(ending.sqlstates.contains(&sqlstate), "{name}: {error:?}");

    sample.on_request(|_| Reaction::Answer);
    let rows = other.rows("SELECT status FROM odoo_sync.run()");
    assert!(rows.iter().all(|row| row[0].as_deref() == Some("ok")), "{name}: {rows:?}");
    compare(&mut other, "odoo", &mut SampleTruth::new(&sample)).assert_equal();
    assert_eq!(
        other.number("SELECT count(*) FROM odoo_sync.history WHERE status NOT IN ('ok', 'interrupted')"),
        0,
        "{name}"
    );
}

#[test]
fn what_was_committed_before_a_cancel_stays() {
    let (sample, database) = connected("kept");
    let gate = Gate::before(&sample, is_page);
    let mut session = database.session();
    session.run("SET odoo_sync.batch_size = 5; SET odoo_sync.concurrency = 1");
    let run = Background::start(session, "SELECT odoo_sync.run('{sales}')");
    gate.pass(2);
    let mut other = database.session();
    let fetched = "SELECT fetched FROM odoo_sync.status() WHERE type = 'sales'";
    wait::until("two pages", PATIENCE, || (other.value(fetched) == "10").then_some(()));
    other.run("SELECT odoo_sync.cancel()");
    assert!(run.end().0.is_err());
    assert_eq!(other.number("SELECT count(*) FROM odoo.sales"), 10);
    gate.open();
    other.run("SELECT odoo_sync.run('{sales}')");
    assert_eq!(other.number("SELECT count(*) FROM odoo.sales"), sample.records("sale.order").len() as i64);
}

#[test]
fn cancel_without_a_run_stops_none() {
    let (_sample, database) = connected("none");
    assert_eq!(database.session().value("SELECT odoo_sync.cancel()"), "0");
}
