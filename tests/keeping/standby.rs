//! On a standby: what writes says that it cannot, and the rest works.

use std::collections::BTreeSet;

use support::access::Access;
use support::cluster::Cluster;
use support::sample_odoo::{SampleOdoo, Series};
use support::session::all_of;

/// Every function that somebody calls and that writes, with arguments that are right.
const WRITING: [&str; 8] = [
    "run()",
    "run_due()",
    "cancel()",
    "schedule()",
    "unschedule()",
    "connect('https://erp.example.com', 'erp', 'admin', 'secret')",
    "disconnect('odoo')",
    "adopt('odoo.sales', 'sales')",
];

/// The others; tests/verify has more of what they say there.
const READING: [&str; 7] = [
    "status()",
    "check()",
    "verify()",
    "is_running('odoo', 'sales')",
    "lock_key('odoo', 'sales')",
    "due_after(now(), '1 hour')",
    "validate_options('{url=https://erp.example.com,database=erp}', 'pg_foreign_server'::regclass)",
];

/// What only PostgreSQL itself calls.
const INTERNAL: [&str; 4] = ["add_type", "check_table", "load_catalogue", "prefer_own"];

#[test]
fn each_function_works_or_says_that_it_cannot_write_there() {
    let primary = Cluster::start(&[]);
    let sample = SampleOdoo::start(Series::V19);
    let mut session = primary.database("shipped").session();
    session.connect(&Access::from(&sample), "odoo");
    session.run("SELECT odoo_sync.run()");
    let standby = primary.standby();
    standby.await_replay(&primary);
    let mut there = standby.session("shipped", "postgres");

    let name = |call: &&'static str| call.split('(').next().expect("it has a name");
    let known: BTreeSet<&str> = WRITING.iter().chain(&READING).chain(&INTERNAL).map(name).collect();
    let functions = there.column("SELECT proname FROM pg_proc WHERE pronamespace = 'odoo_sync'::regnamespace");
    let functions: BTreeSet<&str> = functions.iter().map(String::as_str).collect();
    assert_eq!(functions, known, "this test knows every function");

    for call in READING {
        there.rows(&format!("SELECT * FROM odoo_sync.{call}"));
    }
    for call in WRITING {
        let error = there.error(&format!("SELECT * FROM odoo_sync.{call}"));
        let told = all_of(&error);
        let cannot = format!("odoo_sync.{}() cannot run on a standby", name(&call));
        assert_eq!(error.message(), cannot, "{told}");
        assert_eq!(error.code().code(), "25006", "{told}");
        assert!(error.hint().is_some_and(|hint| hint.contains("primary")), "{told}");
    }
    let well = "SELECT count(*) FROM odoo_sync.status() WHERE state = 'ok'";
    assert_eq!(there.number(well), 6);
    assert_eq!(there.number("SELECT count(*) FROM odoo_sync.history"), 6);
}
