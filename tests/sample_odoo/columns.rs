//! Records as `read_group` and `formatted_read_group` give them without a grouping: an array per field.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use super::Series;
use super::comparison::compare;
use super::computed::Source;
use super::database::Database;
use super::datum::Datum;
use super::fault::Fault;
use super::field::{Decimals, Field};
use super::json_text::JsonText;
use super::rows::write_datum;
use super::table::{ID, Row, Table};

/// One thing asked of the records.
pub struct Aggregate<'a> {
    /// The key in the answer.
    key: String,
    function: Function,
    source: Source<'a>,
    field: &'a Field,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    ArrayAgg,
    Sum,
    Avg,
    Min,
    Max,
    Count,
    CountDistinct,
    BoolAnd,
    BoolOr,
}

impl Function {
    fn parse(name: &str) -> Option<Function> {
        Some(match name {
            "array_agg" => Function::ArrayAgg,
            "sum" => Function::Sum,
            "avg" => Function::Avg,
            "min" => Function::Min,
            "max" => Function::Max,
            "count" => Function::Count,
            "count_distinct" => Function::CountDistinct,
            "bool_and" => Function::BoolAnd,
            "bool_or" => Function::BoolOr,
            _ => return None,
        })
    }
}

impl<'a> Aggregate<'a> {
    /// 19's `field:function`, as `formatted_read_group` takes it; `key` is what to call the answer.
    pub fn parse_19(database: &'a Database, model: &str, text: &str, key: &str) -> Result<Aggregate<'a>, Fault> {
        let Some((name, function)) = text.split_once(':') else {
            return Err(Fault::value(format!("Aggregate method is mandatory for '{text}'")));
        };
        let field = database
            .expect(model)
            .field(name)
            .ok_or_else(|| Fault::value(format!("Invalid field '{name}' on model '{model}' for '{text}'.")))?;
        let function = Function::parse(function)
            .ok_or_else(|| Fault::value(format!("Invalid aggregate method '{function}' for '{text}'.")))?;
        if !field.columnar {
            let owner = if field.inherited_from(model).is_some() { inherited_model(model) } else { model };
            return Err(Fault::value(format!("Cannot convert {owner}.{name} to SQL because it is not stored")));
        }
        Ok(Aggregate { key: key.to_owned(), function, source: Source::new(database, model, field), field })
    }

    /// What `read_group` takes: `field:function`, or `key:function(field)`. A field alone is summed where Odoo sums it,
    /// and left out otherwise.
    pub fn parse_read_group(database: &'a Database, model: &str, text: &str) -> Result<Option<Aggregate<'a>>, Fault> {
        let table = database.expect(model);
        let (key, rest) = text.split_once(':').map_or((text, None), |(key, rest)| (key, Some(rest)));
        let (function, name) = match rest {
            None => (None, key),
            Some(rest) => match rest.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
                Some((function, name)) => (Some(function), name),
                None => (Some(rest), key),
            },
        };
        if database.series >= Series::V19 {
            let function = function
                .or_else(|| table.field(name)?.attributes.get("aggregator")?.as_str())
                .filter(|_| name != "id" || rest.is_some());
            let Some(function) = function else {
                return Ok(None);
            };
            return Aggregate::parse_19(database, model, &format!("{name}:{function}"), key).map(Some);
        }
        let field =
            table.field(name).ok_or_else(|| Fault::value(format!("Invalid field '{name}' on model '{model}'")))?;
        let function = function.or_else(|| field.attributes.get("group_operator")?.as_str().filter(|_| field.stored()));
        let Some(function) = function else {
            return Ok(None);
        };
        if !field.columnar {
            return Err(Fault::user(format!("Cannot aggregate field '{name}'.")));
        }
        let function = Function::parse(function)
            .ok_or_else(|| Fault::user(format!("Invalid aggregation function '{function}'.")))?;
        Ok(Some(Aggregate { key: key.to_owned(), function, source: Source::new(database, model, field), field }))
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// Writes the answer's value, without its key.
    pub fn write(&self, out: &mut JsonText, database: &Database, table: &Table, records: &[&Row]) {
        let values = || records.iter().map(|row| self.source.get(row)).filter(|datum| !datum.is_null());
        let empty = if database.series >= Series::V19 { "false" } else { "null" };
        match self.function {
            Function::ArrayAgg => self.write_array(out, database, table, records),
            Function::Count => out.integer(values().count() as i64),
            Function::CountDistinct => {
                let mut distinct: Vec<String> = values().map(|datum| datum.to_json().to_string()).collect();
                distinct.sort_unstable();
                distinct.dedup();
                out.integer(distinct.len() as i64);
            }
            _ if values().next().is_none() => out.raw(empty),
            Function::Sum if matches!(values().next().as_deref(), Some(Datum::Integer(_))) => {
                out.integer(values().filter_map(|datum| datum.as_id()).sum())
            }
            Function::Sum => out.float(self.sum(values())),
            Function::Avg => out.float(self.sum(values()) / values().count() as f64),
            Function::Min | Function::Max => {
                let order =
                    |left: &Cow<Datum>, right: &Cow<Datum>| compare(left, right).unwrap_or(std::cmp::Ordering::Equal);
                let found =
                    if self.function == Function::Min { values().min_by(order) } else { values().max_by(order) };
                write_datum(out, found.as_deref().unwrap_or(&Datum::Null));
            }
            Function::BoolAnd => out.boolean(values().all(|datum| *datum == Datum::Boolean(true))),
            Function::BoolOr => out.boolean(values().any(|datum| *datum == Datum::Boolean(true))),
        }
    }

    /// PostgreSQL adds `numeric` exactly: so does this, in the decimals that the values are written with.
    fn sum<'d>(&self, values: impl Iterator<Item = Cow<'d, Datum>>) -> f64 {
        if self.field.decimals == Decimals::Double {
            return values.map(|datum| datum.as_number()).sum();
        }
        let total: i128 = values.map(|datum| scaled(datum.as_number())).sum();
        let text = format!("{total}e-{SCALE}");
        text.parse().expect("it is a number")
    }

    fn write_array(&self, out: &mut JsonText, database: &Database, table: &Table, records: &[&Row]) {
        if records.is_empty() {
            // 14 hands SQL's null through
            return out.raw(if database.series >= Series::V19 { "[]" } else { "null" });
        }
        let decimals = NumericText::new(database, table, self.field);
        out.raw("[");
        for (at, row) in records.iter().enumerate() {
            if at > 0 {
                out.raw(", ");
            }
            match (&*self.source.get(row), &decimals) {
                (Datum::Float(value), Some(decimals)) => decimals.write(out, row, *value),
                (datum, _) => write_datum(out, datum),
            }
        }
        out.raw("]");
    }
}

/// How many decimals a sum has.
const SCALE: usize = 20;

/// A number's own decimal digits as a whole number, [`SCALE`] of them behind the point.
fn scaled(value: f64) -> i128 {
    let text = format!("{value}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = &fraction[..fraction.len().min(SCALE)];
    let digits = format!("{whole}{fraction:0<SCALE$}");
    digits.parse().expect("a sum has fewer than 18 digits before the point")
}

/// The model whose field an inherited one is.
fn inherited_model(model: &str) -> &'static str {
    if model == "product.product" { "product.template" } else { "res.partner" }
}

/// How 14 writes a `numeric` column: as a text with the column's decimals.
enum NumericText {
    Fixed(usize),
    Free,
    Currency { at: Option<usize>, decimals: HashMap<i64, usize> },
}

impl NumericText {
    /// None where the number comes as a JSON number.
    fn new(database: &Database, table: &Table, field: &Field) -> Option<NumericText> {
        if database.series != Series::V14 {
            return None;
        }
        match &field.decimals {
            Decimals::Double => None,
            Decimals::Free => Some(NumericText::Free),
            Decimals::Fixed(scale) => Some(NumericText::Fixed(*scale)),
            Decimals::Currency(currency) => {
                let currencies = database.table("res.currency");
                let places =
                    |id: &i64| currencies?.get(*id, "decimal_places")?.as_id().map(|places| (*id, places as usize));
                let decimals =
                    currencies.map(|table| table.rows.keys().filter_map(places).collect()).unwrap_or_default();
                Some(NumericText::Currency { at: table.position(currency), decimals })
            }
        }
    }

    fn write(&self, out: &mut JsonText, row: &Row, value: f64) {
        let scale = match self {
            NumericText::Free => {
                return out.raw(&format!("\"{}\"", super::json_text::float_repr(value)));
            }
            NumericText::Fixed(scale) => *scale,
            NumericText::Currency { at, decimals } => {
                at.and_then(|at| row[at].as_id()).and_then(|id| decimals.get(&id)).copied().unwrap_or(2)
            }
        };
        out.raw("\"");
        out.fixed(value, scale);
        out.raw("\"");
    }
}

/// The order of the arrays of one answer: by id since 17; before, whatever PostgreSQL makes of it, the same for all
/// arrays.
pub fn arranged(series: Series, mut records: Vec<&Row>) -> Vec<&Row> {
    let id = |row: &&Row| row[ID].as_id().unwrap_or_default();
    match series {
        Series::V14 => records.sort_by_key(|row| (id(row).wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as i64) as u64) >> 40),
        Series::V19 => records.sort_by_key(id),
    }
    records
}

/// Refuses what this server does not group by.
pub fn no_grouping(groupby: &Value) -> Result<(), Fault> {
    match groupby {
        Value::Array(fields) if fields.is_empty() => Ok(()),
        Value::Null | Value::Bool(false) => Ok(()),
        other => Err(Fault::new("builtins.NotImplementedError", format!("the sample Odoo does not group by {other}"))),
    }
}
