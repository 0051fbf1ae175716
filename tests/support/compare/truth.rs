//! What an Odoo has, as far as a comparison wants to know.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cell::{Cell, CellKind};
use crate::session::Session;
use odoo::{Client, Field, FieldKind};

/// One mirror of the catalogue.
#[derive(Clone, Debug)]
pub struct Mirror {
    pub r#type: String,
    pub table: String,
    pub model: String,
    pub domain: Value,
    /// `a|b`: the first of the two that the server has.
    pub fields: Vec<String>,
}

/// A mirror's column.
#[derive(Clone, Debug)]
pub struct MirrorColumn {
    pub name: String,
    pub kind: CellKind,
}

/// A column's values in Odoo, in the order of the ids that they were asked for, and how they were got.
pub struct Expected {
    pub how: String,
    pub cells: Vec<Cell>,
}

/// Where the expected values come from.
pub trait Truth {
    /// Odoo's major version.
    fn series(&self) -> u32;

    /// A client of the user that the mirror was filled by.
    fn client(&self) -> &Client;

    /// The ids that the mirror must have, ascending; None where Odoo lacks the model.
    fn ids(&mut self, mirror: &Mirror) -> Option<Vec<i64>>;

    /// The values of each column for the ids; None for a column that cannot be told.
    fn values(&mut self, mirror: &Mirror, ids: &[i64], columns: &[MirrorColumn]) -> Vec<Option<Expected>>;
}

impl Mirror {
    /// The mirrors that the catalogue has for an Odoo of that version.
    pub fn of_catalogue(session: &mut Session, series: u32) -> Vec<Mirror> {
        let sql = format!(
            "SELECT type, table_name, model, domain, to_json(fields) FROM odoo_sync.mirrors
             WHERE {series} BETWEEN since AND until ORDER BY position, table_name"
        );
        let json = |text: &str| -> Value { serde_json::from_str(text).expect("PostgreSQL writes JSON") };
        let mirror = |row: Vec<Option<String>>| {
            let texts: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
            let [r#type, table, model, domain, fields] =
                <[String; 5]>::try_from(texts).expect("five columns were asked for");
            let fields = serde_json::from_value(json(&fields)).expect("fields are texts");
            Mirror { r#type, table, model, domain: json(&domain), fields }
        };
        session.rows(&sql).into_iter().map(mirror).collect()
    }

    /// The columns that the mirror must have, beside `id`, in an Odoo whose model has these fields.
    pub fn columns_for(&self, fields: &[Field]) -> BTreeSet<String> {
        let has = |name: &&str| fields.iter().any(|field| field.name == **name && field.kind.column_kind().is_some());
        let listed = self.fields.iter().filter_map(|field| field.split('|').find(has)).map(str::to_owned);
        let custom = fields.iter().map(|field| field.name.clone()).filter(|name| name.starts_with("x_"));
        listed.chain(custom.filter(|name| has(&name.as_str()))).collect()
    }
}

/// What a mirror shows for "empty": numbers 0, booleans false, x2many no ids, the rest NULL.
pub fn empty(kind: &FieldKind) -> Cell {
    match kind {
        FieldKind::Integer | FieldKind::Float | FieldKind::Monetary | FieldKind::Many2oneReference => {
            Cell::Number("0".to_owned())
        }
        FieldKind::Boolean => Cell::Boolean(false),
        FieldKind::One2many | FieldKind::Many2many => Cell::Ids(Vec::new()),
        _ => Cell::Null,
    }
}
