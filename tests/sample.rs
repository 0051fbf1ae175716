//! The mirrors equal the sample Odoo, whatever it holds, lacks, refuses or changes.

use serde_json::{Value, json};
use support::access::Access;
use support::cluster::Cluster;
use support::compare::{SampleTruth, compare};
use support::sample_odoo::{SampleOdoo, Series};
use support::session::{Session, TextRow};

#[path = "sample/changes.rs"]
mod changes;
#[path = "sample/comparison.rs"]
mod comparison;
#[path = "sample/content.rs"]
mod content;
#[path = "sample/lacking.rs"]
mod lacking;

const BOTH: [Series; 2] = [Series::V14, Series::V19];

/// A sample Odoo and a database with a connection `odoo` to it.
fn connected(name: &str, series: Series) -> (SampleOdoo, Session) {
    let sample = SampleOdoo::start(series);
    let database = Cluster::shared().database(&format!("{name}_{series:?}").to_lowercase());
    let mut session = database.session();
    session.connect(&Access::from(&sample), "odoo");
    (sample, session)
}

fn assert_equal(session: &mut Session, sample: &SampleOdoo) {
    compare(session, "odoo", &mut SampleTruth::new(sample)).assert_equal();
}

/// Runs everything once more in full: status, inserted, updated, deleted, failed and message of each type.
fn run(session: &mut Session) -> Vec<TextRow> {
    session.rows("SELECT type, status, inserted, updated, deleted, failed, message FROM odoo_sync.run(full => true)")
}

/// The row of a type.
fn of<'r>(rows: &'r [TextRow], name: &str) -> Vec<&'r str> {
    let row = rows
        .iter()
        .find(|row| row[0].as_deref() == Some(name))
        .unwrap_or_else(|| panic!("there is no {name} in {rows:?}"));
    row[1..].iter().map(|text| text.as_deref().unwrap_or_default()).collect()
}

/// Makes a partner with the names that Odoo would compute.
fn partner(sample: &SampleOdoo, series: Series, name: &str, more: Value) -> i64 {
    let computed = if series == Series::V14 { "display_name" } else { "complete_name" };
    let mut values = json!({ "name": name, computed: name });
    if let (Value::Object(values), Value::Object(more)) = (&mut values, more) {
        values.extend(more);
    }
    sample.create("res.partner", values)
}

/// The invoices in the mirrors, by id.
fn posted_invoices(sample: &SampleOdoo) -> Vec<i64> {
    let records = sample.records("account.move");
    let posted = records.iter().filter(|record| record["state"] == "posted" && record["move_type"] != "entry");
    posted.filter_map(|record| record["id"].as_i64()).collect()
}
