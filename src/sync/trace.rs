//! What tells that a mirror's records changed although neither they nor what they depend on were written: other models'
//! records that were deleted, or numbers of theirs that went with them. Calls nothing of PostgreSQL.

use odoo::{Aggregate, Client, Domain, Error, ErrorKind, Field, FieldKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How much two sums of the same numbers may differ that Odoo's database adds up in another order.
const ROUNDING: f64 = 5e-4;

/// What another model was like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Trace {
    /// How many records there were, and the greatest id that was ever given.
    Records { count: u64, last_id: i64 },
    /// What a field of theirs added up to.
    Sum { sum: f64 },
    /// Which custom field has the name, and when its definition was last changed: another one's values are others, and
    /// Odoo renames a selection's by raw SQL.
    Definition { field_id: i64, written: String },
}

/// The traces of a mirror, by what the catalogue calls them: `stock.move`, `stock.quant:quantity`. A custom field's is its
/// name after a `=`, which no model has in its name.
pub type Traces = BTreeMap<String, Trace>;

/// What the traces are like now, and whether they tell of changes since `before`: those of these names, and those of custom
/// fields of the model. Where a model is not installed, or not the user's to look at, there is none.
pub fn follow(
    client: &Client,
    names: &BTreeSet<&str>,
    model: &str,
    custom: &[&Field],
    before: &Traces,
) -> Result<(Traces, bool), Error> {
    let mut now = Traces::new();
    let mut has_changed = false;
    for name in names {
        let before = before.get(*name);
        let looked = match name.split_once(':') {
            Some((model, field)) => sum(client, model, field, before),
            None => records(client, name, before),
        };
        if let Some((trace, changed)) = if_there(looked)? {
            now.insert((*name).to_owned(), trace);
            has_changed |= changed;
        }
    }
    if !custom.is_empty() {
        let definitions = if_there(definitions(client, model, custom))?.unwrap_or_default();
        let is_other =
            |(name, now): (&String, &Trace)| before.get(name).is_some_and(|it| it != now);
        has_changed |= definitions.iter().any(is_other);
        now.extend(definitions);
    }
    Ok((now, has_changed))
}

fn if_there<T>(looked: Result<T, Error>) -> Result<Option<T>, Error> {
    match looked {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == ErrorKind::UnknownModel || error.kind.is_refusal() => Ok(None),
        Err(error) => Err(error),
    }
}

/// One request; two where one of the fields is a selection.
fn definitions(client: &Client, model: &str, custom: &[&Field]) -> Result<Traces, Error> {
    let names: Vec<&str> = custom.iter().map(|field| field.name.as_str()).collect();
    let of_model = json!([["model", "=", model], ["name", "in", names]]);
    let mut found: BTreeMap<i64, (String, String)> = BTreeMap::new();
    for row in client.written("ir.model.fields", of_model, "name")? {
        let name = row.value.as_str().unwrap_or_default().to_owned();
        found.insert(row.id, (name, row.write_date));
    }
    if custom
        .iter()
        .any(|field| field.kind == FieldKind::Selection)
    {
        let of_fields = json!([["field_id", "in", found.keys().collect::<Vec<_>>()]]);
        let values = client.written("ir.model.fields.selection", of_fields, "field_id");
        for row in if_there(values)?.unwrap_or_default() {
            let field_id = row.value.get(0).and_then(Value::as_i64);
            if let Some((_, written)) = field_id.and_then(|id| found.get_mut(&id)) {
                *written = written.clone().max(row.write_date);
            }
        }
    }
    let trace =
        |(field_id, (name, written))| (format!("={name}"), Trace::Definition { field_id, written });
    Ok(found.into_iter().map(trace).collect())
}

/// One request; two where records came or went.
fn records(client: &Client, model: &str, before: Option<&Trace>) -> Result<(Trace, bool), Error> {
    let totals = client.totals(model, &Domain::all(), &[Aggregate::Max("id".to_owned())])?;
    let last_id = totals.whole_number(0).unwrap_or(0);
    let Some(&Trace::Records {
        count: count_before,
        last_id: last_before,
    }) = before
    else {
        let count = totals.count;
        return Ok((Trace::Records { count, last_id }, false));
    };
    let now = Trace::Records {
        count: totals.count,
        last_id: last_id.max(last_before),
    };
    let has_lost = Some(&now) != before && {
        let known = Domain::id_range(None, Some(last_before));
        client.count(model, &known)? < count_before
    };
    Ok((now, has_lost))
}

fn sum(
    client: &Client,
    model: &str,
    field: &str,
    before: Option<&Trace>,
) -> Result<(Trace, bool), Error> {
    let totals = client.totals(model, &Domain::all(), &[Aggregate::Sum(field.to_owned())])?;
    let sum = totals.values.get(0).and_then(|sum| sum.parse().ok());
    let sum: f64 = sum.unwrap_or_default();
    let has_changed = match before {
        Some(Trace::Sum { sum: before }) => (sum - before).abs() > ROUNDING,
        _ => false,
    };
    Ok((Trace::Sum { sum }, has_changed))
}
