//! Other models, and definitions of custom fields, that a run keeps track of: what changes there changes a mirror's
//! records although neither they nor what they depend on are written.

use odoo::{Aggregate, Client, Domain, Error, ErrorKind, Field, FieldKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How much two sums of the same numbers may differ that Odoo's database adds up in another order.
const ROUNDING: f64 = 5e-4;

/// What was seen of another model, or of a custom field's definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Tracked {
    /// How many records there were, and the greatest id that was ever given.
    Records { count: u64, last_id: i64 },
    /// What a field of theirs added up to.
    Sum { sum: f64 },
    /// Which custom field has the name, and when its definition was last changed: another one's values are others, and
    /// Odoo renames a selection's by raw SQL.
    Definition { field_id: i64, written: String },
}

/// What a mirror keeps track of, by what the catalogue calls it: `stock.move`, `stock.quant:quantity`. A custom field
/// is its name after a `=`, which no model has in its name.
pub type TrackedModels = BTreeMap<String, Tracked>;

/// What these models, and the definitions of the model's custom fields, are like now, and whether that tells of changes
/// since `before`. A model that is not installed, or not the user's to look at, is left out.
pub fn follow(
    client: &Client,
    names: &BTreeSet<&str>,
    model: &str,
    custom: &[&Field],
    before: &TrackedModels,
) -> Result<(TrackedModels, bool), Error> {
    let mut now = TrackedModels::new();
    let mut has_changed = false;
    for name in names {
        let before = before.get(*name);
        let looked = match name.split_once(':') {
            Some((model, field)) => sum(client, model, field, before),
            None => records(client, name, before).map(Some),
        };
        if let Some(Some((tracked, changed))) = if_there(looked)? {
            now.insert((*name).to_owned(), tracked);
            has_changed |= changed;
        }
    }
    if !custom.is_empty() {
        let definitions = if_there(definitions(client, model, custom))?.unwrap_or_default();
        let is_other = |(name, now): (&String, &Tracked)| before.get(name).is_some_and(|it| it != now);
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
fn definitions(client: &Client, model: &str, custom: &[&Field]) -> Result<TrackedModels, Error> {
    let names: Vec<&str> = custom.iter().map(|field| field.name.as_str()).collect();
    let of_model = json!([["model", "=", model], ["name", "in", names]]);
    let mut found: BTreeMap<i64, (String, String)> = BTreeMap::new();
    for row in client.written("ir.model.fields", of_model, "name")? {
        let name = row.value.as_str().unwrap_or_default().to_owned();
        found.insert(row.id, (name, row.write_date));
    }
    if custom.iter().any(|field| field.kind == FieldKind::Selection) {
        let of_fields = json!([["field_id", "in", found.keys().collect::<Vec<_>>()]]);
        let values = client.written("ir.model.fields.selection", of_fields, "field_id");
        for row in if_there(values)?.unwrap_or_default() {
            let field_id = row.value.get(0).and_then(Value::as_i64);
            if let Some((_, written)) = field_id.and_then(|id| found.get_mut(&id)) {
                *written = written.clone().max(row.write_date);
            }
        }
    }
    let tracked = |(field_id, (name, written))| (format!("={name}"), Tracked::Definition { field_id, written });
    Ok(found.into_iter().map(tracked).collect())
}

/// One request; two where records came or went.
fn records(client: &Client, model: &str, before: Option<&Tracked>) -> Result<(Tracked, bool), Error> {
    let totals = client.totals(model, &Domain::all(), &[Aggregate::Max("id".to_owned())])?;
    let last_id = totals.whole_number(0).unwrap_or(0);
    let Some(&Tracked::Records { count: count_before, last_id: last_before }) = before else {
        let count = totals.count;
        return Ok((Tracked::Records { count, last_id }, false));
    };
    let now = Tracked::Records { count: totals.count, last_id: last_id.max(last_before) };
    let has_lost = Some(&now) != before && {
        let known = Domain::id_range(None, Some(last_before));
        client.count(model, &known)? < count_before
    };
    Ok((now, has_lost))
}

/// One request. None where Odoo does not say what the field adds up to.
fn sum(client: &Client, model: &str, field: &str, before: Option<&Tracked>) -> Result<Option<(Tracked, bool)>, Error> {
    let totals = client.totals(model, &Domain::all(), &[Aggregate::Sum(field.to_owned())])?;
    let Some(sum) = totals.values.get(0).and_then(|sum| sum.parse::<f64>().ok()) else {
        return Ok(None);
    };
    let has_changed = match before {
        Some(Tracked::Sum { sum: before }) => (sum - before).abs() > ROUNDING,
        _ => false,
    };
    Ok(Some((Tracked::Sum { sum }, has_changed)))
}
