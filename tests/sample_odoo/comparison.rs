//! One value against one condition, as the SQL of each version compares them.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::Value;

use super::Series;
use super::calendar::{DAY, SECOND};
use super::datum::Datum;
use super::domain::{Operator, Pattern};
use super::fault::Fault;
use super::field::Kind;
use super::json_text::float_repr;
use super::operand::{Operand, falsy};

/// A test of one value.
pub enum Comparison {
    Constant(bool),
    /// The value is one of these; `null`: or empty.
    OneOf {
        ids: HashSet<i64>,
        values: Vec<Datum>,
        null: bool,
        negated: bool,
    },
    /// A datetime within one of these seconds (19).
    Seconds {
        seconds: Vec<i64>,
        null: bool,
        negated: bool,
    },
    /// The value compares so; `null`: an empty one does too.
    Ordered {
        ordering: fn(Ordering) -> bool,
        with: Datum,
        null: bool,
    },
    /// The text looks so.
    Like {
        pattern: Vec<char>,
        any_case: bool,
        negated: bool,
        null: bool,
    },
}

impl Comparison {
    /// Makes the test for an operator with a single value or a list.
    pub fn new(operator: Operator, operand: &Operand) -> Result<Comparison, Fault> {
        let one = std::slice::from_ref(operand.value);
        let many = operand.value.as_array().map_or(one, Vec::as_slice);
        match operator {
            Operator::Equal => Comparison::one_of(one, false, operand, false),
            Operator::NotEqual => Comparison::one_of(one, false, operand, true),
            Operator::In => Comparison::one_of(many, true, operand, false),
            Operator::NotIn => Comparison::one_of(many, true, operand, true),
            Operator::Less => Comparison::ordered(operand, Ordering::is_lt, "<"),
            Operator::LessOrEqual => Comparison::ordered(operand, Ordering::is_le, "<="),
            Operator::Greater => Comparison::ordered(operand, Ordering::is_gt, ">"),
            Operator::GreaterOrEqual => Comparison::ordered(operand, Ordering::is_ge, ">="),
            Operator::Like(pattern) => Comparison::like(operand, pattern),
            Operator::Related { .. } => Err(Fault::value("Cannot use 'any' with non-relational fields")),
        }
    }

    pub fn holds(&self, datum: &Datum) -> bool {
        match self {
            Comparison::Constant(constant) => *constant,
            Comparison::OneOf { ids, values, null, negated } => {
                let found = match datum {
                    Datum::Null => *null,
                    Datum::Integer(id) => ids.contains(id),
                    datum => values.contains(datum),
                };
                found != *negated
            }
            Comparison::Seconds { seconds, null, negated } => {
                let found = match datum {
                    Datum::Datetime(micros) => seconds.contains(&micros.div_euclid(SECOND)),
                    _ => *null,
                };
                found != *negated
            }
            Comparison::Ordered { ordering, with, null } => match datum {
                Datum::Null => *null,
                datum => compare(datum, with).is_some_and(ordering),
            },
            Comparison::Like { pattern, any_case, negated, null } => {
                if datum.is_null() {
                    return *null;
                }
                let text = like_text(datum);
                let text = if *any_case { text.to_lowercase() } else { text };
                like(pattern, &text.chars().collect::<Vec<_>>()) != *negated
            }
        }
    }

    fn one_of(values: &[Value], listed: bool, operand: &Operand, negated: bool) -> Result<Comparison, Fault> {
        let Operand { series, field, .. } = *operand;
        if values.is_empty() {
            return Ok(Comparison::Constant(negated));
        }
        // 14 drops what equals False from a list, as 0 does in Python
        let is_empty = |value: &&Value| match value {
            Value::Null | Value::Bool(false) => true,
            Value::Number(number) if series == Series::V14 && listed => number.as_f64() == Some(0.0),
            _ => false,
        };
        let mut null = values.iter().any(|value| is_empty(&value));
        let mut data: Vec<Datum> = Vec::new();
        for value in values.iter().filter(|value| !is_empty(value)) {
            data.push(operand.datum(value)?);
        }
        match series {
            _ if field.kind == Kind::Boolean => {
                if null {
                    data.push(Datum::Boolean(false));
                }
            }
            // 19 takes empty and zero, empty and '' for the same
            Series::V19 => {
                if let Some(falsy) = falsy(field) {
                    // for a monetary field it compares texts: "0.0" is empty, "0" is not
                    let meant = |value: &Value| field.kind != Kind::Monetary || value.is_f64();
                    if null {
                        data.push(falsy);
                    } else {
                        null = data.contains(&falsy) && values.iter().any(meant);
                    }
                }
            }
            // 14: `!= 0` and `!= ''` leave the empty ones out
            Series::V14 => {
                let zero = |value: &Value| value.as_f64() == Some(0.0) || value.as_str() == Some("");
                null |= negated && !listed && values.iter().any(zero);
            }
        }
        if series == Series::V19 && field.kind == Kind::Datetime && !data.is_empty() {
            let seconds = data.iter().filter_map(|datum| {
                if let Datum::Datetime(micros) = datum { Some(micros.div_euclid(SECOND)) } else { None }
            });
            return Ok(Comparison::Seconds { seconds: seconds.collect(), null, negated });
        }
        let ids = data.iter().filter_map(Datum::as_id).collect();
        Ok(Comparison::OneOf { ids, values: data, null, negated })
    }

    fn ordered(operand: &Operand, ordering: fn(Ordering) -> bool, operator: &str) -> Result<Comparison, Fault> {
        let Operand { series, field, value, .. } = *operand;
        let falsy = falsy(field).filter(|_| series == Series::V19);
        let with = match value {
            Value::Null | Value::Bool(false) => match &falsy {
                Some(falsy) => falsy.clone(),
                None => return Ok(Comparison::Constant(false)),
            },
            value => operand.datum(value)?,
        };
        let null = falsy.is_some_and(|falsy| compare(&falsy, &with).is_some_and(ordering));
        let with = match with {
            Datum::Datetime(moment) => {
                let whole = value.as_str().is_some_and(|text| text.len() == 10);
                let end = if whole { DAY } else { SECOND };
                let moment = match (series, operator) {
                    // a day stands for its last second where that is meant
                    (Series::V14, ">" | "<=") if whole => moment + DAY - SECOND,
                    (Series::V14, _) => moment,
                    // all of the second is compared: > T is >= T + 1 s, <= T is < T + 1 s
                    (Series::V19, ">" | "<=") => moment - moment.rem_euclid(SECOND) + end - 1,
                    (Series::V19, _) => moment - moment.rem_euclid(SECOND),
                };
                Datum::Datetime(moment)
            }
            other => other,
        };
        Ok(Comparison::Ordered { ordering, with, null })
    }

    fn like(operand: &Operand, pattern: Pattern) -> Result<Comparison, Fault> {
        let value = match operand.value {
            Value::String(text) => text.clone(),
            Value::Null | Value::Bool(false) => String::new(),
            other => other.to_string(),
        };
        if value.is_empty() && operand.series == Series::V19 {
            return match pattern.whole {
                true => Comparison::one_of(&[Value::Bool(false)], false, operand, pattern.negated),
                false => Ok(Comparison::Constant(!pattern.negated)),
            };
        }
        let null = pattern.negated || (value.is_empty() && !pattern.whole);
        let text = if pattern.whole { value } else { format!("%{value}%") };
        let text = if pattern.any_case { text.to_lowercase() } else { text };
        let (any_case, negated) = (pattern.any_case, pattern.negated);
        Ok(Comparison::Like { pattern: text.chars().collect(), any_case, negated, null })
    }
}

/// How two values of one kind compare; None where they cannot be.
pub fn compare(left: &Datum, right: &Datum) -> Option<Ordering> {
    match (left, right) {
        (Datum::Integer(left), Datum::Integer(right)) => Some(left.cmp(right)),
        (Datum::Integer(_) | Datum::Float(_), Datum::Integer(_) | Datum::Float(_)) => {
            left.as_number().partial_cmp(&right.as_number())
        }
        (Datum::Text(left), Datum::Text(right)) => Some(left.cmp(right)),
        (Datum::Date(left), Datum::Date(right)) => Some(left.cmp(right)),
        (Datum::Datetime(left), Datum::Datetime(right)) => Some(left.cmp(right)),
        (Datum::Boolean(left), Datum::Boolean(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// The text that a `like` sees.
fn like_text(datum: &Datum) -> String {
    match datum {
        Datum::Text(text) => text.to_string(),
        Datum::Integer(value) => value.to_string(),
        Datum::Float(value) => float_repr(*value),
        other => other.to_json().as_str().unwrap_or_default().to_owned(),
    }
}

/// SQL's `LIKE`: `%` for any characters, `_` for one, a backslash before a literal one.
fn like(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|skipped| like(rest, &text[skipped..])),
        ['_', rest @ ..] => !text.is_empty() && like(rest, &text[1..]),
        ['\\', literal, rest @ ..] | [literal, rest @ ..] => text.first() == Some(literal) && like(rest, &text[1..]),
    }
}
