//! All models and records.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Series;
use super::computed::Source;
use super::fault::Fault;
use super::field::{Decimals, Field, Fixture};
use super::table::{Row, Table};

/// The user that everything is done as.
pub const USER: i64 = 2;

/// The records that a field cannot be read of, or all; and what is raised.
pub type BrokenField = (Option<Vec<i64>>, Fault);

/// A company's whole Odoo.
pub struct Database {
    pub series: Series,
    tables: BTreeMap<String, Table>,
    /// Models that the user may not read.
    pub denied: BTreeSet<String>,
    /// Records that a record rule keeps from the user.
    pub hidden: BTreeSet<(String, i64)>,
    /// Records that cannot be read, and the error that reading them gives.
    pub broken: BTreeMap<(String, i64), Fault>,
    /// Fields that raise when they are read, of these records, or of all.
    pub broken_fields: BTreeMap<(String, String), BrokenField>,
    /// For a model's field: the stored related fields that follow it.
    pub followers: HashMap<(String, String), Vec<(String, String)>>,
}

impl Database {
    pub fn new(series: Series) -> Database {
        let mut database = Database {
            series,
            tables: BTreeMap::new(),
            denied: BTreeSet::new(),
            hidden: BTreeSet::new(),
            broken: BTreeMap::new(),
            broken_fields: BTreeMap::new(),
            followers: HashMap::new(),
        };
        for (model, described) in &Fixture::of(series).models {
            database.tables.insert(model.clone(), Table::new(&described.name, described.fields()));
        }
        database.find_followers();
        database
    }

    fn find_followers(&mut self) {
        let mut followers: HashMap<(String, String), Vec<(String, String)>> = HashMap::new();
        for (model, table) in &self.tables {
            for (_, field) in table.live().filter(|(_, field)| field.is_stored_related()) {
                let mut source = model.clone();
                for (depth, step) in field.related.iter().enumerate() {
                    followers
                        .entry((source.clone(), step.clone()))
                        .or_default()
                        .push((model.clone(), field.name.clone()));
                    if depth + 1 < field.related.len() {
                        match self.tables.get(&source).and_then(|table| table.field(step)?.relation.clone()) {
                            Some(next) => source = next,
                            None => break,
                        }
                    }
                }
            }
        }
        self.followers = followers;
    }

    pub fn has(&self, model: &str) -> bool {
        self.tables.contains_key(model)
    }

    pub fn table(&self, model: &str) -> Option<&Table> {
        self.tables.get(model)
    }

    /// The model's table, for callers who know that it is there.
    pub fn expect(&self, model: &str) -> &Table {
        self.tables.get(model).unwrap_or_else(|| panic!("the sample Odoo has no model {model}"))
    }

    pub fn expect_mut(&mut self, model: &str) -> &mut Table {
        self.tables.get_mut(model).unwrap_or_else(|| panic!("the sample Odoo has no model {model}"))
    }

    pub fn drop_model(&mut self, model: &str) {
        assert!(self.tables.remove(model).is_some(), "the sample Odoo has no model {model}");
        self.find_followers();
    }

    pub fn add_field(&mut self, model: &str, field: Field) {
        self.expect_mut(model).add(field);
    }

    pub fn drop_field(&mut self, model: &str, field: &str) {
        self.expect_mut(model).drop_field(field);
        self.find_followers();
    }

    /// The records of a model whose many2one names that id, ascending.
    pub fn referring(&self, model: &str, many2one: &str, id: i64) -> Vec<i64> {
        let table = self.expect(model);
        let Some(at) = table.position(many2one) else {
            return Vec::new();
        };
        table.rows.iter().filter(|(_, row)| row[at].as_id() == Some(id)).map(|(id, _)| *id).collect()
    }

    /// The decimals of the currency that a monetary field of the record is in.
    pub fn currency_decimals(&self, model: &str, row: &Row, field: &Field) -> usize {
        let Decimals::Currency(currency) = &field.decimals else {
            return 2;
        };
        let places = || {
            let currency = Source::path(self, model, std::slice::from_ref(currency))?;
            let id = currency.get(row).as_id()?;
            self.table("res.currency")?.get(id, "decimal_places")?.as_id()
        };
        places().map_or(2, |places| places as usize)
    }
}
