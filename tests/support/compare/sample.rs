//! The sample Odoo's truth: its raw records.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::cell::{Cell, CellKind};
use super::truth::{Expected, Mirror, MirrorColumn, Truth, empty};
use crate::access::Access;
use crate::sample_odoo::SampleOdoo;
use odoo::{Client, FieldKind};

/// The truth of a sample Odoo.
pub struct SampleTruth<'s> {
    sample: &'s SampleOdoo,
    client: Client,
}

impl SampleTruth<'_> {
    pub fn new(sample: &SampleOdoo) -> SampleTruth<'_> {
        SampleTruth { sample, client: Access::from(sample).client() }
    }

    /// The records that a mirror's domain selects, by hand: nothing of the sample's own reading of domains is believed.
    pub(super) fn records(&self, mirror: &Mirror) -> Vec<Map<String, Value>> {
        let mut records = self.sample.records(&mirror.model);
        match mirror.table.as_str() {
            "invoices" => records.retain(is_invoice),
            "invoice_lines" => {
                let moves = self.sample.records("account.move");
                let invoices: Vec<&Value> =
                    moves.iter().filter(|record| is_invoice(record)).map(|record| &record["id"]).collect();
                let shown = |line: &Map<String, Value>| match line.get("exclude_from_invoice_tab") {
                    Some(excluded) => excluded != true,
                    None => {
                        line["display_type"].as_str().is_some_and(|kind| kind == "product" || kind.starts_with("line_"))
                    }
                };
                records.retain(|line| shown(line) && invoices.contains(&&line["move_id"]));
            }
            table => {
                assert_eq!(mirror.domain, Value::Array(Vec::new()), "{table} has a domain that this test does not know")
            }
        }
        records
    }
}

fn is_invoice(record: &Map<String, Value>) -> bool {
    record["state"] == "posted" && record["move_type"] != "entry"
}

impl Truth for SampleTruth<'_> {
    fn series(&self) -> u32 {
        self.client.session().series
    }

    fn client(&self) -> &Client {
        &self.client
    }

    fn ids(&mut self, mirror: &Mirror) -> Option<Vec<i64>> {
        // the sample panics where it lacks the model
        self.client.fields(&mirror.model).ok()?;
        Some(self.records(mirror).iter().map(|record| record["id"].as_i64().expect("an id is a number")).collect())
    }

    fn values(&mut self, mirror: &Mirror, ids: &[i64], columns: &[MirrorColumn]) -> Vec<Option<Expected>> {
        let records = self.records(mirror);
        assert_eq!(records.len(), ids.len(), "{}: the ids are those of the records", mirror.table);
        let fields = self.client.fields(&mirror.model).expect("the caller knows that the model is there");
        let kinds: HashMap<String, FieldKind> = fields.into_iter().map(|field| (field.name, field.kind)).collect();
        let value = |record: &Map<String, Value>, column: &MirrorColumn| {
            Some(cell(column, &kinds[&column.name], record.get(&column.name)?))
        };
        let values = |column: &MirrorColumn| {
            let cells: Option<Vec<Cell>> = records.iter().map(|record| value(record, column)).collect();
            cells.map(|cells| Expected { how: "the sample's".to_owned(), cells })
        };
        columns.iter().map(|column| if kinds.contains_key(&column.name) { values(column) } else { None }).collect()
    }
}

pub(super) fn cell(column: &MirrorColumn, kind: &FieldKind, value: &Value) -> Cell {
    match (column.kind, value) {
        (_, Value::Null) => empty(kind),
        (CellKind::Boolean, Value::Bool(value)) => Cell::Boolean(*value),
        (CellKind::Number, Value::Number(number)) => Cell::Number(super::cell::canonical(&number.to_string())),
        (CellKind::Text | CellKind::Date, Value::String(text)) => Cell::Text(text.replace('\0', "")),
        (CellKind::Moment, Value::String(text)) => {
            let (seconds, _) = text.split_once('.').expect("the sample's moments have microseconds");
            Cell::Text(format!("{seconds}.000000"))
        }
        (CellKind::Ids, Value::Array(ids)) => Cell::ids(ids.iter().filter_map(Value::as_i64).collect()),
        (CellKind::Json, value) => Cell::json(value.clone()),
        (wanted, value) => panic!("the sample has {value} for {}, a {wanted:?}", column.name),
    }
}
