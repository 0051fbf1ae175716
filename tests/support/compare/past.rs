//! What a sample Odoo ever had: so that a row that it never had can be told.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::cell::Cell;
use super::sample::{SampleTruth, cell};
use super::truth::{Mirror, Truth};
use crate::sample_odoo::SampleOdoo;
use crate::session::Session;
use odoo::FieldKind;

type Record = Map<String, Value>;

/// All versions of all records of a sample's mirrors, as far as they were noted.
#[derive(Default)]
pub struct Past {
    versions: HashMap<String, HashMap<i64, Vec<Record>>>,
    /// The records that each mirror must have now.
    present: HashMap<String, BTreeSet<i64>>,
}

/// The ids that each mirror had at a moment.
pub type Ids = HashMap<String, BTreeSet<i64>>;

impl Past {
    /// Notes what the sample has now; to be called after each change and before a run sees the next.
    pub fn note(&mut self, session: &mut Session, sample: &SampleOdoo) {
        let truth = SampleTruth::new(sample);
        for mirror in Mirror::of_catalogue(session, truth.series()) {
            let known = self.versions.entry(mirror.table.clone()).or_default();
            let present = self.present.entry(mirror.table.clone()).or_default();
            present.clear();
            for record in truth.records(&mirror) {
                let id = record["id"].as_i64().expect("an id is a number");
                present.insert(id);
                let versions = known.entry(id).or_default();
                if versions.last() != Some(&record) {
                    versions.push(record);
                }
            }
        }
    }

    /// Panics where a mirror has a row that Odoo never had, or where one of `before` that Odoo still has is no more.
    /// Gives the ids that there are.
    pub fn assert_whole(&self, session: &mut Session, connection: &str, sample: &SampleOdoo, before: &Ids) -> Ids {
        let truth = SampleTruth::new(sample);
        let mut ids = Ids::new();
        for mirror in Mirror::of_catalogue(session, truth.series()) {
            let table = &mirror.table;
            let columns = super::columns(session, connection, table);
            if columns.is_empty() {
                continue;
            }
            let fields =
                truth.client().fields(&mirror.model).unwrap_or_else(|error| panic!("{}: {error}", mirror.model));
            let kinds: HashMap<String, FieldKind> = fields.into_iter().map(|field| (field.name, field.kind)).collect();
            let rows = super::rows(session, connection, table, &columns);
            for (id, row) in &rows {
                let versions = self.versions.get(table).and_then(|known| known.get(id));
                let versions = versions.unwrap_or_else(|| panic!("{table}: Odoo never had {id}"));
                let is_version = |record: &Record| {
                    let expected: Vec<Cell> = columns
                        .iter()
                        .map(|column| cell(column, &kinds[&column.name], &record[&column.name]))
                        .collect();
                    expected == *row
                };
                assert!(versions.iter().any(is_version), "{table}: Odoo never had {id} like this: {row:?}");
            }
            let here: BTreeSet<i64> = rows.keys().copied().collect();
            let present = &self.present[table];
            if let Some(before) = before.get(table) {
                let lost: Vec<&i64> = before.iter().filter(|id| present.contains(id) && !here.contains(id)).collect();
                assert!(lost.is_empty(), "{table}: {lost:?} were there, and are in Odoo");
            }
            ids.insert(table.clone(), here);
        }
        ids
    }
}
