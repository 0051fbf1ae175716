//! Values as Odoo's own API shows them, read record by record: for what no table of Odoo's holds.

use std::collections::HashMap;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::cell::{Cell, CellKind, canonical};
use super::truth::{MirrorColumn, empty};
use odoo::{Client, FieldKind};

/// Records in one request.
const PAGE: usize = 500;

/// The values of the columns for the ids, a list per column. Panics where Odoo does not give them all.
pub fn read(
    client: &Client,
    model: &str,
    ids: &[i64],
    columns: &[MirrorColumn],
    kinds: &HashMap<String, FieldKind>,
) -> Vec<Vec<Cell>> {
    let mut cells = vec![Vec::with_capacity(ids.len()); columns.len()];
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    for page in ids.chunks(PAGE) {
        let Value::Object(arguments) = json!({"ids": page, "fields": names, "load": ""}) else {
            unreachable!("it is an object")
        };
        let records: Vec<HashMap<String, Box<RawValue>>> =
            client.call(model, "read", arguments).unwrap_or_else(|error| panic!("read on {model}: {error}"));
        let by_id: HashMap<i64, &HashMap<String, Box<RawValue>>> =
            records.iter().map(|record| (record["id"].get().parse().expect("an id is a number"), record)).collect();
        for id in page {
            let record = by_id.get(id).unwrap_or_else(|| panic!("Odoo does not give {model} {id}"));
            for (column, cells) in columns.iter().zip(&mut cells) {
                let raw =
                    record.get(&column.name).unwrap_or_else(|| panic!("Odoo does not give {model}.{}", column.name));
                cells.push(cell(column, &kinds[&column.name], raw.get()));
            }
        }
    }
    cells
}

/// From JSON as it came over the wire, so that a number keeps its digits.
fn cell(column: &MirrorColumn, kind: &FieldKind, raw: &str) -> Cell {
    if matches!(raw, "null" | "false") {
        return empty(kind);
    }
    let value = || -> Value { serde_json::from_str(raw).expect("the client has read it as JSON") };
    match (column.kind, value()) {
        (CellKind::Boolean, Value::Bool(value)) => Cell::Boolean(value),
        (CellKind::Number, Value::Number(_)) => Cell::Number(canonical(raw)),
        (CellKind::Text | CellKind::Date, Value::String(text)) => Cell::Text(text),
        (CellKind::Moment, Value::String(text)) => Cell::Text(format!("{text}.000000")),
        (CellKind::Ids, Value::Array(ids)) => Cell::ids(ids.iter().filter_map(Value::as_i64).collect()),
        (CellKind::Json, value) => Cell::json(value),
        (wanted, value) => panic!("Odoo gives {value} for {}, a {wanted:?}", column.name),
    }
}
