//! The records of one model.

use std::collections::{BTreeMap, HashMap};

use super::datum::Datum;
use super::field::{Decimals, Field};

/// A record: one value per field of its table, `id` first.
pub type Row = Vec<Datum>;

/// The place of `id` in each row.
pub const ID: usize = 0;

/// A model's fields and its records by id.
#[derive(Clone, Debug)]
pub struct Table {
    /// What users call the model.
    pub label: String,
    /// All fields there ever were; a dropped one keeps its place.
    pub fields: Vec<Field>,
    positions: HashMap<String, usize>,
    pub rows: BTreeMap<i64, Row>,
    next: i64,
}

impl Table {
    pub fn new(label: &str, fields: impl Iterator<Item = Field>) -> Table {
        let mut fields: Vec<Field> = fields.collect();
        fields.sort_by_key(|field| (field.name != "id", field.name.clone()));
        assert!(fields.first().is_some_and(|field| field.name == "id"), "{label}: each model has an id");
        let positions = fields.iter().enumerate().map(|(at, field)| (field.name.clone(), at)).collect();
        Table { label: label.to_owned(), fields, positions, rows: BTreeMap::new(), next: 1 }
    }

    /// The place of a field in each row; None where the model lacks it.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    pub fn field(&self, name: &str) -> Option<&Field> {
        self.position(name).map(|at| &self.fields[at])
    }

    /// The fields that there are now, with their places, by name.
    pub fn live(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| self.positions.contains_key(&field.name))
    }

    pub fn add(&mut self, field: Field) {
        assert!(self.position(&field.name).is_none(), "{} has a field {} already", self.label, field.name);
        self.positions.insert(field.name.clone(), self.fields.len());
        self.fields.push(field);
        for row in self.rows.values_mut() {
            row.push(Datum::Null);
        }
    }

    pub fn drop_field(&mut self, name: &str) {
        let at = self.positions.remove(name).unwrap_or_else(|| panic!("{} has no field {name}", self.label));
        for row in self.rows.values_mut() {
            row[at] = Datum::Null;
        }
        // a later field of the same name has a place of its own
        self.fields[at].name.push_str(" (dropped)");
    }

    /// Adds an empty record under that id, or the next free one.
    pub fn insert(&mut self, id: Option<i64>) -> i64 {
        let id = id.unwrap_or(self.next);
        assert!(!self.rows.contains_key(&id), "{}({id}) exists already", self.label);
        // one record with an id far off must not carry the following ones along
        if id < i64::from(i32::MAX) {
            self.next = self.next.max(id + 1);
        }
        let mut row = vec![Datum::Null; self.fields.len()];
        row[ID] = Datum::Integer(id);
        self.rows.insert(id, row);
        id
    }

    /// The record that a many2one's value names.
    pub fn row(&self, many2one: &Datum) -> Option<&Row> {
        many2one.as_id().and_then(|id| self.rows.get(&id))
    }

    pub fn get(&self, id: i64, field: &str) -> Option<&Datum> {
        self.rows.get(&id).zip(self.position(field)).map(|(row, at)| &row[at])
    }

    /// The id column holds more than an `integer` can.
    pub fn has_big_ids(&self) -> bool {
        self.rows.last_key_value().is_some_and(|(id, _)| *id > i64::from(i32::MAX))
    }
}

/// A number as its column rounds it. `currency` is the decimals of the record's currency.
pub fn rounded(field: &Field, value: Datum, currency: usize) -> Datum {
    let scale = match field.decimals {
        Decimals::Fixed(scale) => scale,
        Decimals::Currency(_) => currency,
        Decimals::Double | Decimals::Free => return value,
    };
    match value {
        // the text is how Odoo itself rounds for the column
        Datum::Float(number) => Datum::Float(format!("{number:.scale$}").parse().unwrap_or(number)),
        other => other,
    }
}
