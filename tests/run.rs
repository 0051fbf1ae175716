//! The course of a run: seen advancing, told, detached, skipped, stopped, due.

use std::time::Duration;

use support::access::Access;
use support::cluster::{Cluster, Database};
use support::sample_odoo::{SampleOdoo, Series};

#[path = "run/batch.rs"]
mod batch;
#[path = "run/due.rs"]
mod due;
#[path = "run/ending.rs"]
mod ending;
#[path = "run/limit.rs"]
mod limit;
#[path = "run/locks.rs"]
mod locks;
#[path = "run/progress.rs"]
mod progress;
#[path = "run/slots.rs"]
mod slots;
#[path = "run/together.rs"]
mod together;
#[path = "run/told.rs"]
mod told;

const PATIENCE: Duration = Duration::from_secs(20);

/// A sample Odoo and a database with a connection `odoo` to it.
fn connected(name: &str) -> (SampleOdoo, Database<'static>) {
    let sample = SampleOdoo::start(Series::V19);
    let database = Cluster::shared().database(name);
    database.session().connect(&Access::from(&sample), "odoo");
    (sample, database)
}
