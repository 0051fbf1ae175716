//! Odoo domains: filters on the records of a model.

use crate::error::{Error, ErrorKind};
use serde_json::{Value, json};
use std::fmt;

/// An Odoo domain: a JSON array of `[field, operator, value]` leaves and the prefix operators `'&'`, `'|'`, `'!'`.
///
/// Between operands without an operator, `'&'` is implied.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain(Vec<Value>);

impl Domain {
    /// Parses a domain, checking leaves and operators; whether fields and operators exist is for Odoo to say.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidDomain`], with the position of the offending element.
    pub fn parse(value: &Value) -> Result<Domain, Error> {
        let Value::Array(terms) = value else {
            return Err(invalid("A domain is a JSON array."));
        };
        // How many operands the operators so far still lack.
        let mut owed = 0_usize;
        for (index, term) in terms.iter().enumerate() {
            let nth = index + 1;
            match term {
                Value::String(operator) => match operator.as_str() {
                    "&" | "|" => owed = owed.max(1) + 1,
                    "!" => owed = owed.max(1),
                    _ => {
                        return Err(invalid(format!(
                            "Element {nth} of the domain is \"{operator}\", which is neither '&', '|' nor '!'."
                        )));
                    }
                },
                Value::Array(leaf) => {
                    check_leaf(leaf, nth)?;
                    owed = owed.saturating_sub(1);
                }
                _ => {
                    return Err(invalid(format!(
                        "Element {nth} of the domain is neither an operator nor a [field, operator, value]."
                    )));
                }
            }
        }
        if owed > 0 {
            return Err(invalid(format!(
                "The domain ends too early: its operators lack {owed} operand{}.",
                if owed == 1 { "" } else { "s" }
            )));
        }
        Ok(Domain(terms.clone()))
    }

    /// The domain that matches all records.
    pub fn all() -> Domain {
        Domain(Vec::new())
    }

    /// The conjunction of both. Every `'&'` is written out, so that a `'|'` in either keeps to its own operands.
    pub fn and(&self, other: &Domain) -> Domain {
        match (self.0.is_empty(), other.0.is_empty()) {
            (true, _) => other.clone(),
            (_, true) => self.clone(),
            _ => {
                let mut terms = vec![json!("&")];
                terms.extend(self.normalised());
                terms.extend(other.normalised());
                Domain(terms)
            }
        }
    }

    /// Records with ids from `lo` to `hi`, inclusive; a bound that is `None` is open.
    pub fn id_range(lo: Option<i64>, hi: Option<i64>) -> Domain {
        let leaf = |operator: &str, id: i64| Domain(vec![json!(["id", operator, id])]);
        let lo = lo.map_or_else(Domain::all, |id| leaf(">=", id));
        let hi = hi.map_or_else(Domain::all, |id| leaf("<=", id));
        lo.and(&hi)
    }

    /// Records with these ids.
    pub fn ids(ids: &[i64]) -> Domain {
        Domain(vec![json!(["id", "in", ids])])
    }

    /// The records that match, except those with these ids.
    pub fn without(&self, ids: &[i64]) -> Domain {
        if ids.is_empty() {
            return self.clone();
        }
        self.and(&Domain(vec![json!(["id", "not in", ids])]))
    }

    /// The disjunction of both.
    pub fn or(&self, other: &Domain) -> Domain {
        if self.0.is_empty() || other.0.is_empty() {
            return Domain::all();
        }
        let mut terms = vec![json!("|")];
        terms.extend(self.normalised());
        terms.extend(other.normalised());
        Domain(terms)
    }

    /// Records written at this time or later, or related by one of the `paths` to a record that was.
    ///
    /// A path is one of relations, such as `line_ids` or `child_ids.invoice_ids`. The time is a whole second of UTC, as
    /// `YYYY-MM-DD HH:MM:SS`: `>=` such a time means the same on all versions of Odoo, while `>` and `=` do not.
    pub fn written_since(time: &str, paths: &[String]) -> Domain {
        let leaf = |field: String| Domain(vec![json!([field, ">=", time])]);
        paths.iter().fold(leaf("write_date".to_owned()), |domain, path| domain.or(&leaf(format!("{path}.write_date"))))
    }

    /// The domain applied to the record that a many2one points to: `company_id` becomes `move_id.company_id`.
    pub fn through(&self, many2one: &str) -> Domain {
        let terms = self.0.iter().map(|term| match term {
            Value::Array(leaf) => match leaf.as_slice() {
                [Value::String(field), operator, value] => {
                    json!([format!("{many2one}.{field}"), operator, value])
                }
                _ => term.clone(),
            },
            _ => term.clone(),
        });
        Domain(terms.collect())
    }

    /// A domain that matches no record and that Odoo does not optimize away: it still builds and runs the whole query.
    ///
    /// `["id", "in", []]` it answers without SQL, and ids below 0 exist in some views.
    pub(crate) fn nothing() -> Domain {
        Domain(vec![json!("&"), json!(["id", "<", 0]), json!(["id", ">", 0])])
    }

    /// The domain as the JSON array that Odoo takes.
    pub fn to_value(&self) -> Value {
        Value::Array(self.0.clone())
    }

    /// The terms as a single operand: every implied `'&'` written out in front.
    fn normalised(&self) -> Vec<Value> {
        let mut operands = 0_usize;
        let mut owed = 0_usize;
        for term in &self.0 {
            if owed == 0 {
                operands += 1;
                owed = 1;
            }
            owed = match term.as_str() {
                Some("!") => owed,
                Some(_) => owed + 1,
                None => owed - 1,
            };
        }
        let mut terms = vec![json!("&"); operands.saturating_sub(1)];
        terms.extend(self.0.iter().cloned());
        terms
    }
}

/// Checks a leaf: `[field, operator, value]`, or Odoo's constants for true and false, `[1, '=', 1]` and `[0, '=', 1]`.
fn check_leaf(leaf: &[Value], nth: usize) -> Result<(), Error> {
    let fits = match leaf {
        [Value::String(field), Value::String(operator), _] => !field.is_empty() && !operator.is_empty(),
        [Value::Number(constant), Value::String(operator), Value::Number(one)] => {
            matches!(constant.as_i64(), Some(0 | 1)) && operator == "=" && one.as_i64() == Some(1)
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(invalid(format!("Element {nth} of the domain is not a [field, operator, value]."))) }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidDomain, message).with_hint(
        "A domain looks like [[\"state\", \"=\", \"posted\"], [\"move_type\", \"!=\", \"entry\"]]; \
         '&', '|' and '!' stand before their operands.",
    )
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_value())
    }
}
