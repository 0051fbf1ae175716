//! A database that is dropped or renamed while a run is on.

use std::time::{Duration, Instant};

use support::background::Background;
use support::cluster::{Cluster, Database};
use support::gate::{Gate, is_page};
use support::wait;

use crate::{PATIENCE, assert_next_run_equal, connected, halfway};

/// PostgreSQL itself waits 5 s for others to leave the database.
const AT_ONCE: Duration = Duration::from_secs(4);

fn administrator() -> support::session::Session {
    Cluster::shared().session("postgres", "postgres")
}

/// Starts a run that goes on alone, and waits until Odoo is asked.
fn detached(database: &Database, gate: &Gate) {
    database.session().run("SELECT odoo_sync.run('{sales}', wait => false)");
    gate.await_request();
    // the session is gone as well
    let mut administrator = administrator();
    let sessions = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND backend_type = 'client backend'",
        database.name
    );
    wait::until("the end of the caller", PATIENCE, || (administrator.number(&sessions) == 0).then_some(()));
}

#[test]
fn a_run_that_nobody_waits_for_gives_way_to_drop_database() {
    let (sample, database) = connected("dropped_plainly");
    let gate = Gate::before(&sample, is_page);
    detached(&database, &gate);
    let start = Instant::now();
    administrator().run(&format!("DROP DATABASE {}", database.name));
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
}

#[test]
fn a_run_whose_odoo_is_silent_does_not_hold_up_the_drop_of_another_database() {
    let (sample, database) = connected("silent");
    Cluster::shared().empty_database("another");
    let gate = Gate::before(&sample, is_page);
    let run = Background::start(database.session(), "SELECT status FROM odoo_sync.run('{sales}')");
    gate.await_request();
    let mut administrator = administrator();
    administrator.run("SET statement_timeout = '4s'");
    administrator.run("DROP DATABASE another");
    assert!(!run.is_finished());
    gate.open();
    assert_eq!(run.rows()[0][0].as_deref(), Some("ok"));
}

#[test]
fn a_run_that_nobody_waits_for_gives_way_to_a_rename_and_says_so() {
    let (sample, database) = connected("renamed");
    let gate = Gate::before(&sample, is_page);
    detached(&database, &gate);
    administrator().run("ALTER DATABASE renamed RENAME TO renamed_1");
    let database = Database { name: "renamed_1".to_owned(), ..database };
    let mut session = database.session();
    let told = session.rows("SELECT status, message FROM odoo_sync.history").remove(0);
    assert_eq!(told[0].as_deref(), Some("interrupted"));
    assert_eq!(
        told[1].as_deref(),
        Some("the run was cancelled, since the database is about to be dropped, renamed or moved")
    );
    gate.open();
    assert_next_run_equal(&mut session, &sample);
}

#[test]
fn drop_database_with_force_ends_a_run_and_its_caller() {
    let (sample, database) = connected("dropped_by_force");
    let (run, _gate) =
        halfway(&sample, database.session(), "SET odoo_sync.batch_size = 5; SELECT odoo_sync.run()", is_page);
    let start = Instant::now();
    administrator().run(&format!("DROP DATABASE {} WITH (FORCE)", database.name));
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    let error = run.end().0.expect_err("its caller was terminated");
    assert!(error.is_closed() || error.code().is_some_and(|code| code.code() == "57P01"), "{error:?}");
}

#[test]
fn drop_database_does_not_stop_a_run_that_a_session_waits_for() {
    let (sample, database) = connected("not_dropped");
    let gate = Gate::before(&sample, is_page);
    let run = Background::start(database.session(), "SELECT status FROM odoo_sync.run('{sales}')");
    gate.await_request();
    // the session is in the way in any case
    let error = administrator().error("DROP DATABASE not_dropped");
    assert_eq!(error.code().code(), "55006", "{error:?}");
    gate.open();
    assert_eq!(run.rows()[0][0].as_deref(), Some("ok"));
}
