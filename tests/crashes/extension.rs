//! The extension that is dropped or upgraded while a run is on.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use support::access::Access;
use support::background::Background;
use support::cluster::Cluster;
use support::gate::{Gate, is_page};
use support::session::of_server;
use support::wait;

use crate::{PATIENCE, assert_next_run_equal, connected, halfway};

const SOME_PAGES: &str =
    "SET odoo_sync.batch_size = 5; SET odoo_sync.concurrency = 1; SELECT odoo_sync.run('{sales,purchases}')";

#[test]
fn a_run_whose_extension_is_dropped_fails_and_the_mirrors_stay() {
    let (sample, database) = connected("extension_dropped");
    let (run, gate) = halfway(&sample, database.session(), SOME_PAGES, is_page);
    let mut other = database.session();
    let orders = "SELECT count(*) FROM odoo.purchases";
    let stored = wait::until("stored pages", PATIENCE, || Some(other.number(orders)).filter(|rows| *rows == 20));
    // nothing of the run is in its way
    other.run("SET lock_timeout = '1s'; DROP EXTENSION odoo_sync CASCADE");
    gate.open();
    let error = of_server(&run.end().0.expect_err("there is no extension"));
    assert_eq!(error.message(), "2 of 2 types failed: sales, purchases", "{error:?}");
    let detail = error.detail().unwrap_or_default();
    assert!(detail.contains("the extension odoo_sync is not installed in this database"), "{detail}");
    assert_eq!(other.number(orders), stored, "the mirrors stay as they were");

    other.run("CREATE EXTENSION odoo_sync");
    other.connect(&Access::from(&sample), "odoo");
    assert_next_run_equal(&mut other, &sample);
}

#[test]
fn a_run_whose_extension_is_made_anew_fails_and_says_so() {
    let (sample, database) = connected("extension_anew");
    let (run, gate) = halfway(&sample, database.session(), SOME_PAGES, is_page);
    let mut other = database.session();
    other.run("DROP EXTENSION odoo_sync CASCADE; CREATE EXTENSION odoo_sync");
    other.connect(&Access::from(&sample), "odoo");
    gate.open();
    let error = of_server(&run.end().0.expect_err("its row is gone"));
    let detail = error.detail().unwrap_or_default();
    assert!(detail.contains("the run is no longer known here"), "{detail}");
    let left = "SELECT (SELECT count(*) FROM odoo_sync.runs) + (SELECT count(*) FROM odoo_sync.mirror_state)";
    assert_eq!(other.number(left), 0, "it leaves nothing in the new one's state");
    assert_next_run_equal(&mut other, &sample);
}

#[test]
fn a_connection_of_a_run_cannot_be_disconnected_but_dropped() {
    let (sample, database) = connected("server_dropped");
    let (run, gate) = halfway(&sample, database.session(), SOME_PAGES, is_page);
    let mut other = database.session();
    let error = other.error("SELECT odoo_sync.disconnect('odoo')");
    assert_eq!(error.code().code(), "55006", "{error:?}");
    // which is PostgreSQL's own: the run, which has logged in, ends well
    other.run("DROP SERVER odoo CASCADE");
    gate.open();
    run.rows();
    other.connect(&Access::from(&sample), "odoo");
    assert_next_run_equal(&mut other, &sample);
}

/// An upgrade to a version that is there for as long as this lives.
struct Upgrade {
    script: PathBuf,
    before: String,
    version: String,
}

impl Upgrade {
    fn new(version: &str, sql: &str) -> Upgrade {
        let program = std::env::var("PG_CONFIG").unwrap_or_else(|_| "/usr/lib/postgresql/15/bin/pg_config".to_owned());
        let output = Command::new(program).arg("--sharedir").output().expect("pg_config starts");
        let directory = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).join("extension");
        let control = fs::read_to_string(directory.join("odoo_sync.control")).expect("the extension is installed");
        let default = control
            .lines()
            .find_map(|line| line.strip_prefix("default_version = "))
            .expect("it has a version")
            .trim_matches('\'');
        let script = directory.join(format!("odoo_sync--{default}--{version}.sql"));
        fs::write(&script, sql).expect("the extension can be installed there");
        Upgrade { script, before: default.to_owned(), version: version.to_owned() }
    }
}

impl Drop for Upgrade {
    fn drop(&mut self) {
        fs::remove_file(&self.script).expect("it was made a moment ago");
    }
}

#[test]
fn a_run_goes_on_after_an_upgrade_that_it_has_waited_for() {
    let (sample, database) = connected("upgraded");
    let upgrade = Upgrade::new(
        "crashes-test",
        "ALTER TABLE odoo_sync.runs ADD COLUMN one_more text DEFAULT 'value';
         ALTER TABLE odoo_sync.mirror_state ADD COLUMN one_more text;",
    );
    let (run, gate) = halfway(&sample, database.session(), SOME_PAGES, is_page);
    let mut other = database.session();
    other.run(&format!("SET lock_timeout = '1s'; BEGIN; ALTER EXTENSION odoo_sync UPDATE TO '{}'", upgrade.version));
    gate.open();
    let pages = wait_for_a_lock(&database.name);
    assert!(pages > 0, "the run waits for the upgrade");
    other.run("COMMIT");
    run.rows();
    // the library that belongs to the new version is the one that is here
    other.run(&format!("UPDATE pg_extension SET extversion = '{}' WHERE extname = 'odoo_sync'", upgrade.before));
    assert_next_run_equal(&mut other, &sample);
}

#[test]
fn a_run_fails_where_an_upgrade_takes_too_long_and_the_next_one_does_its_work() {
    let (sample, database) = connected("upgraded_slowly");
    let gate = Gate::before(&sample, is_page);
    let run = Background::start(database.session(), "SELECT odoo_sync.run('{sales}')");
    gate.await_request();
    let mut other = database.session();
    other.run("BEGIN; LOCK TABLE odoo_sync.runs");
    gate.open();
    let error = of_server(&run.end().0.expect_err("it cannot be recorded"));
    let detail = error.detail().unwrap_or_default();
    assert!(detail.contains("odoo_sync.runs is locked by another session"), "{detail}");
    other.run("COMMIT");
    let state = "SELECT state FROM odoo_sync.status() WHERE type = 'sales'";
    assert_ne!(other.value(state), "running");
    assert_next_run_equal(&mut other, &sample);
}

/// How many workers wait for a lock in that database, once there are any.
fn wait_for_a_lock(database: &str) -> i64 {
    let mut session = Cluster::shared().session("postgres", "postgres");
    let waiting = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND backend_type = 'odoo_sync' AND wait_event_type = 'Lock'"
    );
    wait::until("a wait for a lock", PATIENCE, || Some(session.number(&waiting)).filter(|count| *count > 0))
}
