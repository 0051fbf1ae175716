//! Domains: what a request says which records it means.

use serde_json::Value;

use super::Series;
use super::fault::Fault;
use super::json_text::{repr, repr_tuple};

/// A domain as a tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Domain {
    Constant(bool),
    All(Vec<Domain>),
    Any(Vec<Domain>),
    Not(Box<Domain>),
    Condition(Condition),
}

/// `(field, operator, value)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// A field, or a dotted path.
    pub field: String,
    pub operator: Operator,
    pub value: Value,
    /// The operator as it was written.
    pub written: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    In,
    NotIn,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like(Pattern),
    /// 19: `any`, `not any`: the value is a domain on the related records.
    Related {
        negated: bool,
    },
}

/// The variants of `like`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub negated: bool,
    pub any_case: bool,
    /// `=like`: without wildcards around the value.
    pub whole: bool,
}

impl Operator {
    fn parse(series: Series, text: &str) -> Option<Operator> {
        let like = |negated, any_case, whole| Operator::Like(Pattern { negated, any_case, whole });
        let lower = text.to_lowercase();
        // 14 knows the lower-case forms alone
        let text = if series >= Series::V19 { lower.as_str() } else { text };
        Some(match text {
            "=" => Operator::Equal,
            "!=" | "<>" => Operator::NotEqual,
            "in" => Operator::In,
            "not in" => Operator::NotIn,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            "like" => like(false, false, false),
            "ilike" => like(false, true, false),
            "not like" => like(true, false, false),
            "not ilike" => like(true, true, false),
            "=like" => like(false, false, true),
            "=ilike" => like(false, true, true),
            "not =like" if series >= Series::V19 => like(true, false, true),
            "not =ilike" if series >= Series::V19 => like(true, true, true),
            "any" if series >= Series::V19 => Operator::Related { negated: false },
            "not any" if series >= Series::V19 => Operator::Related { negated: true },
            _ => return None,
        })
    }
}

impl Domain {
    /// Reads a domain in Odoo's prefix notation; conditions that no operator joins are all meant.
    pub fn parse(series: Series, value: &Value) -> Result<Domain, Fault> {
        let items = match value {
            Value::Array(items) => items,
            _ if series == Series::V14 => {
                let message = "Domains to normalize must have a 'domain' form: a list or tuple of domain components";
                return Err(Fault::new("builtins.AssertionError", message));
            }
            _ => {
                return Err(Fault::type_error(format!("Domain() invalid argument type for domain: {}", repr(value))));
            }
        };
        let malformed = || match series {
            Series::V14 => Fault::new(
                "builtins.AssertionError",
                format!("This domain is syntactically not correct: {}", repr(value)),
            ),
            Series::V19 => Fault::value(format!("Domain() malformed domain {}", repr(value))),
        };
        let mut stack: Vec<Domain> = Vec::new();
        // from the back, so that an operator finds its operands on the stack
        for item in items.iter().rev() {
            let domain = match item {
                Value::String(token) if token == "&" || token == "|" => {
                    let (Some(left), Some(right)) = (stack.pop(), stack.pop()) else {
                        return Err(malformed());
                    };
                    if token == "&" { Domain::All(vec![left, right]) } else { Domain::Any(vec![left, right]) }
                }
                Value::String(token) if token == "!" => Domain::Not(Box::new(stack.pop().ok_or_else(malformed)?)),
                item => Domain::condition(series, item)?,
            };
            stack.push(domain);
        }
        stack.reverse();
        Ok(match stack.len() {
            0 => Domain::Constant(true),
            1 => stack.remove(0),
            _ => Domain::All(stack),
        })
    }

    fn condition(series: Series, item: &Value) -> Result<Domain, Fault> {
        let invalid = || match (series, item) {
            (Series::V14, Value::Array(parts)) => Fault::value(format!("Invalid leaf {}", repr_tuple(parts))),
            (Series::V14, item) => Fault::value(format!("Invalid leaf {}", repr(item))),
            (Series::V19, item) => Fault::value(format!("Domain() invalid item in domain: {}", repr(item))),
        };
        let Value::Array(parts) = item else {
            return Err(invalid());
        };
        let [field, operator, value] = parts.as_slice() else {
            return Err(invalid());
        };
        if let (Some(constant), Some("="), Some(1)) = (field.as_i64(), operator.as_str(), value.as_i64()) {
            return Ok(Domain::Constant(constant == 1));
        }
        let (Some(field), Some(text)) = (field.as_str(), operator.as_str()) else {
            return Err(invalid());
        };
        if matches!(text, "child_of" | "parent_of") {
            return Err(Fault::new(
                "builtins.NotImplementedError",
                format!("the sample Odoo does not evaluate {text}"),
            ));
        }
        let operator = match Operator::parse(series, text) {
            Some(operator) => operator,
            None if series == Series::V14 => return Err(invalid()),
            None => {
                return Err(Fault::value(format!("Invalid operator in condition {}", repr_tuple(parts))));
            }
        };
        // both versions take the one for the other where the value says so
        let operator = match (operator, value) {
            (Operator::Equal, Value::Array(_)) => Operator::In,
            (Operator::NotEqual, Value::Array(_)) => Operator::NotIn,
            (Operator::In, Value::Array(_)) | (Operator::NotIn, Value::Array(_)) => operator,
            (Operator::In, _) => Operator::Equal,
            (Operator::NotIn, _) => Operator::NotEqual,
            (operator, _) => operator,
        };
        Ok(Domain::Condition(Condition {
            field: field.to_owned(),
            operator,
            value: value.clone(),
            written: text.to_owned(),
        }))
    }

    /// A condition of the domain itself, not of a path's end, names the field.
    pub fn mentions(&self, field: &str) -> bool {
        match self {
            Domain::Constant(_) => false,
            Domain::All(parts) | Domain::Any(parts) => parts.iter().any(|part| part.mentions(field)),
            Domain::Not(part) => part.mentions(field),
            Domain::Condition(condition) => condition.field == field,
        }
    }

    /// The conditions that every record must meet.
    pub fn required(&self) -> Vec<&Condition> {
        match self {
            Domain::Condition(condition) => vec![condition],
            Domain::All(parts) => parts.iter().flat_map(Domain::required).collect(),
            _ => Vec::new(),
        }
    }
}

impl Condition {
    /// The condition on the rest of the path, as it applies to the related record.
    pub fn on(&self, field: &str) -> Condition {
        Condition { field: field.to_owned(), ..self.clone() }
    }

    /// The condition as Odoo's messages show it.
    pub fn repr(&self) -> String {
        repr_tuple(&[Value::from(self.field.as_str()), Value::from(self.written.as_str()), self.value.clone()])
    }
}
