//! A value, in a form in which a mirror's and Odoo's can be compared.

use serde_json::Value;
use std::fmt;

/// One value of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Boolean(bool),
    /// A decimal number, exact: no exponent, no zeros that say nothing.
    Number(String),
    /// Text; a date as `2026-11-25`; a moment as `2026-11-25 10:03:01.000000`, UTC.
    Text(String),
    /// The ids of an x2many, ascending.
    Ids(Vec<i64>),
    Json(Value),
}

/// What a mirror's column holds, by its PostgreSQL type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    Boolean,
    Number,
    Text,
    Date,
    Moment,
    Ids,
    Json,
}

impl CellKind {
    /// From a type as `format_type` spells it. Panics for one that no mirror has.
    pub fn of(sql_type: &str) -> CellKind {
        match sql_type {
            "boolean" => CellKind::Boolean,
            "bigint" | "numeric" => CellKind::Number,
            "text" => CellKind::Text,
            "date" => CellKind::Date,
            "timestamp with time zone" => CellKind::Moment,
            "bigint[]" => CellKind::Ids,
            "jsonb" => CellKind::Json,
            other => panic!("no mirror has a column of type {other}"),
        }
    }

    /// SQL that gives a mirror's column as text, for [`Cell::from_sql`].
    pub fn sql(self, column: &str) -> String {
        match self {
            CellKind::Moment => {
                format!("to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')")
            }
            CellKind::Date => format!("to_char({column}, 'YYYY-MM-DD')"),
            _ => format!("{column}::text"),
        }
    }
}

impl Cell {
    /// From what PostgreSQL shows: booleans as `true` and `false`, arrays as `{1,2}`.
    pub fn from_sql(kind: CellKind, text: Option<&str>) -> Cell {
        let Some(text) = text else { return Cell::Null };
        match kind {
            CellKind::Boolean => Cell::Boolean(text == "true"),
            CellKind::Number => Cell::Number(canonical(text)),
            CellKind::Text | CellKind::Date | CellKind::Moment => Cell::Text(text.to_owned()),
            CellKind::Ids => {
                let ids = text.trim_matches(['{', '}']).split(',').filter(|id| !id.is_empty());
                Cell::ids(ids.map(|id| id.parse().unwrap_or_else(|_| panic!("{text} are no ids"))).collect())
            }
            CellKind::Json => {
                Cell::Json(plain(serde_json::from_str(text).unwrap_or_else(|_| panic!("{text} is no JSON"))))
            }
        }
    }

    /// Whether the API may show this number so. Odoo 14 rounds what it reads by multiplying with the last digit, whose
    /// floating-point error it then shows: 415.84, exact in its database, as 415.84000000000003.
    pub fn shows_as(&self, shown: &Cell) -> bool {
        match (self, shown) {
            (Cell::Number(exact), Cell::Number(shown)) if exact != shown => {
                let float = |text: &str| text.parse::<f64>().unwrap_or_else(|_| panic!("{text:?} is no number"));
                let (exact, shown) = (float(exact), float(shown));
                (exact - shown).abs() <= 2.0 * f64::EPSILON * exact.abs()
            }
            _ => self == shown,
        }
    }

    pub fn ids(mut ids: Vec<i64>) -> Cell {
        ids.sort_unstable();
        Cell::Ids(ids)
    }

    /// JSON whose numbers can be compared: PostgreSQL's `jsonb` keeps `1.0` where others write `1`.
    pub fn json(value: Value) -> Cell {
        Cell::Json(plain(value))
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Null => f.write_str("NULL"),
            Cell::Boolean(value) => write!(f, "{value}"),
            Cell::Number(text) => f.write_str(text),
            Cell::Text(text) => write!(f, "{text:?}"),
            Cell::Ids(ids) => write!(f, "{ids:?}"),
            Cell::Json(value) => write!(f, "{value}"),
        }
    }
}

/// All numbers as floats.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Number(number), Value::from),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        other => other,
    }
}

/// A decimal number without its exponent and without zeros that say nothing: `-1.50e2` is `-150`. Panics for what is no
/// number.
pub fn canonical(text: &str) -> String {
    let bad = || panic!("{text:?} is no number");
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_else(|_| bad());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        bad();
    }
    let mut point = whole.len() as i32 + exponent;
    while point <= 0 {
        all.insert(0, '0');
        point += 1;
    }
    while (all.len() as i32) < point {
        all.push('0');
    }
    let (whole, fraction) = all.split_at(point as usize);
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    match (negative, whole, fraction) {
        (_, "0", "") => "0".to_owned(),
        (true, whole, "") => format!("-{whole}"),
        (false, whole, "") => whole.to_owned(),
        (true, whole, fraction) => format!("-{whole}.{fraction}"),
        (false, whole, fraction) => format!("{whole}.{fraction}"),
    }
}
