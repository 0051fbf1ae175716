//! What is left when a run is cut off: by a crash, by a full disk, by its Odoo, its database or its extension going
//! away.

use std::time::Duration;

use support::access::Access;
use support::background::Background;
use support::cluster::{Cluster, Database};
use support::compare::{SampleTruth, compare};
use support::gate::Gate;
use support::sample_odoo::{RecordedRequest, SampleOdoo, Series};
use support::session::Session;

#[path = "crashes/database.rs"]
mod database;
#[path = "crashes/disk.rs"]
mod disk;
#[path = "crashes/extension.rs"]
mod extension;
#[path = "crashes/moments.rs"]
mod moments;
#[path = "crashes/odoo.rs"]
mod odoo;

const PATIENCE: Duration = Duration::from_secs(20);

/// A sample Odoo and a database with a connection `odoo` to it.
fn connected(name: &str) -> (SampleOdoo, Database<'static>) {
    let sample = SampleOdoo::start(Series::V19);
    let database = Cluster::shared().database(name);
    database.session().connect(&Access::from(&sample), "odoo");
    (sample, database)
}

/// A run that has stored its first pages, and stands before the gate with the next one.
fn halfway(
    sample: &SampleOdoo,
    session: Session,
    call: &str,
    holds: fn(&RecordedRequest) -> bool,
) -> (Background, Gate) {
    let gate = Gate::before(sample, holds);
    gate.pass(4);
    let run = Background::start(session, call);
    gate.await_passes();
    gate.await_request();
    (run, gate)
}

/// Runs everything, which must end well, and compares.
fn assert_next_run_equal(session: &mut Session, sample: &SampleOdoo) {
    let rows = session.rows("SELECT type, status, message FROM odoo_sync.run()");
    assert!(rows.iter().all(|row| row[1].as_deref() == Some("ok")), "{rows:?}");
    compare(session, "odoo", &mut SampleTruth::new(sample)).assert_equal();
}
