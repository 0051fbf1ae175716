//! One stored value.

use serde_json::{Value, json};

use super::calendar;
use super::field::{Field, Kind};

/// A value as Odoo's own table would hold it.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(Box<str>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970, UTC.
    Datetime(i64),
    /// The ids of a many2many.
    Ids(Box<[i64]>),
    Json(Box<Value>),
}

impl Datum {
    /// The stored form of a value as somebody would write it through Odoo: `false` and null are empty, many2ones are
    /// ids, dates and datetimes are text.
    pub fn from_json(field: &Field, value: &Value) -> Result<Datum, String> {
        let wrong = || format!("{value} is no value for the {} field {}", field.kind.name(), field.name);
        Ok(match (field.kind, value) {
            (_, Value::Null) => Datum::Null,
            (Kind::Boolean, Value::Bool(value)) => Datum::Boolean(*value),
            (_, Value::Bool(false)) => Datum::Null,
            // account.root has texts for ids since 18
            (Kind::Many2one, Value::String(text)) => Datum::Text(text.as_str().into()),
            (Kind::Integer | Kind::Many2one | Kind::Many2oneReference, value) => {
                Datum::Integer(value.as_i64().ok_or_else(wrong)?)
            }
            (Kind::Float | Kind::Monetary, value) => Datum::Float(value.as_f64().ok_or_else(wrong)?),
            (Kind::Date, Value::String(text)) => Datum::Date(calendar::parse_date(text).ok_or_else(wrong)?),
            (Kind::Datetime, Value::String(text)) => Datum::Datetime(calendar::parse_datetime(text).ok_or_else(wrong)?),
            (Kind::One2many | Kind::Many2many, Value::Array(ids)) => {
                let mut ids =
                    ids.iter().map(|id| id.as_i64().ok_or_else(wrong)).collect::<Result<Vec<i64>, String>>()?;
                ids.sort_unstable();
                Datum::Ids(ids.into())
            }
            (Kind::Json | Kind::Properties, value) => Datum::Json(Box::new(value.clone())),
            (_, Value::String(text)) => Datum::Text(text.as_str().into()),
            _ => return Err(wrong()),
        })
    }

    /// The value for a comparison with a mirror: nulls are nulls, datetimes have their microseconds.
    pub fn to_json(&self) -> Value {
        match self {
            Datum::Null => Value::Null,
            Datum::Boolean(value) => json!(value),
            Datum::Integer(value) => json!(value),
            Datum::Float(value) => json!(value),
            Datum::Text(value) => json!(value),
            Datum::Date(value) => json!(text(|out| calendar::write_date(out, *value))),
            Datum::Datetime(value) => {
                let fraction = value.rem_euclid(calendar::SECOND);
                json!(format!("{}.{fraction:06}", text(|out| calendar::write_datetime(out, *value))))
            }
            Datum::Ids(ids) => json!(ids),
            Datum::Json(value) => (**value).clone(),
        }
    }

    pub fn is_null(&self) -> bool {
        *self == Datum::Null
    }

    pub fn as_id(&self) -> Option<i64> {
        match self {
            Datum::Integer(id) => Some(*id),
            _ => None,
        }
    }

    pub fn as_number(&self) -> f64 {
        match self {
            Datum::Integer(value) => *value as f64,
            Datum::Float(value) => *value,
            _ => 0.0,
        }
    }
}

fn text(write: impl Fn(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

impl From<bool> for Datum {
    fn from(value: bool) -> Datum {
        Datum::Boolean(value)
    }
}

impl From<i32> for Datum {
    fn from(value: i32) -> Datum {
        Datum::Integer(value.into())
    }
}

impl From<i64> for Datum {
    fn from(value: i64) -> Datum {
        Datum::Integer(value)
    }
}

impl From<f64> for Datum {
    fn from(value: f64) -> Datum {
        Datum::Float(value)
    }
}

impl From<&str> for Datum {
    fn from(value: &str) -> Datum {
        Datum::Text(value.into())
    }
}

impl From<String> for Datum {
    fn from(value: String) -> Datum {
        Datum::Text(value.into())
    }
}

impl From<Vec<i64>> for Datum {
    fn from(value: Vec<i64>) -> Datum {
        Datum::Ids(value.into())
    }
}

impl From<Value> for Datum {
    fn from(value: Value) -> Datum {
        Datum::Json(Box::new(value))
    }
}

impl<T: Into<Datum>> From<Option<T>> for Datum {
    fn from(value: Option<T>) -> Datum {
        value.map_or(Datum::Null, Into::into)
    }
}
