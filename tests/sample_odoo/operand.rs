//! The right side of a condition.

use serde_json::Value;

use super::Series;
use super::calendar::{DAY, parse_date, parse_datetime};
use super::datum::Datum;
use super::fault::Fault;
use super::field::{Field, Kind};
use super::table::Table;

/// The right side of a condition, and what it is held against.
pub struct Operand<'a> {
    pub series: Series,
    pub field: &'a Field,
    pub table: &'a Table,
    pub value: &'a Value,
}

impl Operand<'_> {
    /// The value as the field's column would hold it.
    pub fn datum(&self, value: &Value) -> Result<Datum, Fault> {
        let Operand { series, field, table, .. } = *self;
        Ok(match (field.kind, value) {
            (Kind::Boolean, value) => {
                Datum::Boolean(!matches!(value, Value::Null | Value::Bool(false)) && value.as_i64() != Some(0))
            }
            (Kind::Integer | Kind::Many2one | Kind::Many2oneReference, Value::Bool(true)) => Datum::Integer(1),
            (Kind::Integer | Kind::Many2one | Kind::Many2oneReference, Value::Number(number)) => {
                match number.as_i64() {
                    // 14 quotes the number, so that PostgreSQL takes it for an integer and finds it too large
                    Some(integer)
                        if series == Series::V14
                            && i32::try_from(integer).is_err()
                            && !(field.name == "id" && table.has_big_ids()) =>
                    {
                        let message = format!("value \"{integer}\" is out of range for type integer\n");
                        return Err(Fault::new("psycopg2.errors.NumericValueOutOfRange", message));
                    }
                    Some(integer) => Datum::Integer(integer),
                    None => Datum::Float(number.as_f64().unwrap_or_default()),
                }
            }
            (Kind::Integer | Kind::Many2one | Kind::Many2oneReference, value) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                return match text.parse() {
                    Ok(integer) => Ok(Datum::Integer(integer)),
                    Err(_) => Err(Fault::new(
                        "psycopg2.errors.InvalidTextRepresentation",
                        format!("invalid input syntax for type integer: \"{text}\"\n"),
                    )),
                };
            }
            (Kind::Float | Kind::Monetary, value) => {
                let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
                Datum::Float(number.ok_or_else(|| Fault::value(format!("could not convert string to float: {value}")))?)
            }
            (Kind::Date, value) => {
                let text = value.as_str().unwrap_or_default();
                let date = text.get(..10).and_then(parse_date);
                Datum::Date(date.ok_or_else(|| self.no_moment("date", value))?)
            }
            (Kind::Datetime, value) => {
                let text = value.as_str().unwrap_or_default();
                let day = parse_date(text).map(|day| i64::from(day) * DAY);
                Datum::Datetime(day.or_else(|| parse_datetime(text)).ok_or_else(|| self.no_moment("timestamp", value))?)
            }
            (_, Value::String(text)) => Datum::from(text.as_str()),
            (_, other) => Datum::from(other.to_string()),
        })
    }

    fn no_moment(&self, kind: &str, value: &Value) -> Fault {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match self.series {
            Series::V14 => Fault::new(
                "psycopg2.errors.InvalidDatetimeFormat",
                format!("invalid input syntax for type {kind}: \"{text}\"\n"),
            ),
            Series::V19 => Fault::value(format!("Invalid term '{text}' in expression date: '{text}'")),
        }
    }
}

/// What 19 takes an empty field of the kind for.
pub fn falsy(field: &Field) -> Option<Datum> {
    match field.kind {
        Kind::Integer if field.name != "id" => Some(Datum::Integer(0)),
        Kind::Float | Kind::Monetary => Some(Datum::Float(0.0)),
        Kind::Char | Kind::Text | Kind::Html => Some(Datum::from("")),
        Kind::Boolean => Some(Datum::Boolean(false)),
        _ => None,
    }
}
