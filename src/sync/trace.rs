//! What tells that a mirror's records changed although neither they nor what they depend on were written: other models'
//! records that were deleted, or numbers of theirs that went with them. Calls nothing of PostgreSQL.

use crate::odoo::{Aggregate, Client, Domain, Error, ErrorKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How much two sums of the same numbers may differ that Odoo's database adds up in another order.
const ROUNDING: f64 = 5e-4;

/// What another model was like.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Trace {
    /// How many records there were, and the greatest id that was ever given.
    Records { count: u64, last_id: i64 },
    /// What a field of theirs added up to.
    Sum { sum: f64 },
}

/// The traces of a mirror, by what the catalogue calls them: `stock.move`, `stock.quant:quantity`.
pub type Traces = BTreeMap<String, Trace>;

/// What the traces are like now, and whether they tell of changes since `before`. Where a model is not installed, or not
/// the user's to look at, there is none.
pub fn follow(client: &Client, names: &[String], before: &Traces) -> Result<(Traces, bool), Error> {
    let mut now = Traces::new();
    let mut has_changed = false;
    for name in names {
        let before = before.get(name);
        let looked = match name.split_once(':') {
            Some((model, field)) => sum(client, model, field, before),
            None => records(client, name, before),
        };
        match looked {
            Ok((trace, changed)) => {
                now.insert(name.clone(), trace);
                has_changed |= changed;
            }
            Err(error) if error.kind == ErrorKind::UnknownModel || error.kind.is_refusal() => {}
            Err(error) => return Err(error),
        }
    }
    Ok((now, has_changed))
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
