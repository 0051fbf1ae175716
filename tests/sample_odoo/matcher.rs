//! A domain made ready to be held against the records of one model.

use std::collections::HashSet;

use serde_json::Value;

use super::Series;
use super::comparison::Comparison;
use super::computed::Source;
use super::database::Database;
use super::datum::Datum;
use super::domain::{Condition, Domain, Operator, Pattern};
use super::fault::Fault;
use super::field::{Field, Kind};
use super::operand::Operand;
use super::table::{Row, Table};

/// What a record must be like. Borrows the database that it was made for.
pub enum Matcher<'a> {
    Constant(bool),
    All(Vec<Matcher<'a>>),
    Any(Vec<Matcher<'a>>),
    Not(Box<Matcher<'a>>),
    /// A field's value, against a value.
    Value(Source<'a>, Comparison),
    /// The record that a many2one names, against a matcher of its own model. Without a record: no match.
    Through(Source<'a>, &'a Table, Box<Matcher<'a>>),
    /// One of the ids of an x2many is in the set; with `None`, there are none.
    Overlaps(Source<'a>, Option<HashSet<i64>>),
}

impl Matcher<'_> {
    pub fn matches(&self, row: &Row) -> bool {
        match self {
            Matcher::Constant(constant) => *constant,
            Matcher::All(parts) => parts.iter().all(|part| part.matches(row)),
            Matcher::Any(parts) => parts.iter().any(|part| part.matches(row)),
            Matcher::Not(part) => !part.matches(row),
            Matcher::Value(source, comparison) => comparison.holds(&source.get(row)),
            Matcher::Through(source, table, matcher) => source
                .get(row)
                .as_id()
                .and_then(|id| table.rows.get(&id))
                .is_some_and(|related| matcher.matches(related)),
            Matcher::Overlaps(source, wanted) => {
                let ids = source.ids(row);
                match wanted {
                    Some(wanted) => ids.iter().any(|id| wanted.contains(id)),
                    None => ids.is_empty(),
                }
            }
        }
    }
}

impl<'a> Matcher<'a> {
    /// Makes the matcher of a domain on a model.
    pub fn new(database: &'a Database, model: &str, domain: &Domain) -> Result<Matcher<'a>, Fault> {
        let many = |parts: &[Domain]| {
            parts.iter().map(|part| Matcher::new(database, model, part)).collect::<Result<Vec<_>, Fault>>()
        };
        Ok(match domain {
            Domain::Constant(constant) => Matcher::Constant(*constant),
            Domain::All(parts) => Matcher::All(many(parts)?),
            Domain::Any(parts) => Matcher::Any(many(parts)?),
            Domain::Not(part) => Matcher::Not(Box::new(Matcher::new(database, model, part)?)),
            Domain::Condition(condition) => Matcher::condition(database, model, condition)?,
        })
    }

    /// The record is not archived.
    pub fn active(at: usize) -> Matcher<'a> {
        let values = vec![Datum::Boolean(true)];
        Matcher::Value(
            Source::Stored(at),
            Comparison::OneOf { ids: HashSet::new(), values, null: false, negated: false },
        )
    }

    fn condition(database: &'a Database, model: &str, condition: &Condition) -> Result<Matcher<'a>, Fault> {
        let table = database.expect(model);
        let (name, rest) =
            condition.field.split_once('.').map_or((condition.field.as_str(), None), |(name, rest)| (name, Some(rest)));
        let series = database.series;
        let Some(field) = table.field(name) else {
            let what = if series == Series::V14 { "leaf" } else { "condition" };
            return Err(Fault::value(format!("Invalid field {model}.{name} in {what} {}", condition.repr())));
        };
        if !field.stored() && !field.searchable() && name != "display_name" {
            // 14 logs the error and takes the condition for true
            return match series {
                Series::V14 => Ok(Matcher::Constant(true)),
                Series::V19 => {
                    Err(Fault::value(format!("Cannot convert {model}.{name} to SQL because it is not stored")))
                }
            };
        }
        if let Some(rest) = rest {
            if !field.kind.is_relational() {
                return Err(match series {
                    Series::V14 => {
                        let class = python_class(field.kind);
                        Fault::new("builtins.AttributeError", format!("'{class}' object has no attribute 'auto_join'"))
                    }
                    Series::V19 => Fault::value(format!("Invalid field property '{rest}' on {model}.{name}")),
                });
            }
            return Matcher::related(database, model, field, &Domain::Condition(condition.on(rest)));
        }
        match condition.operator {
            Operator::Related { negated } => {
                let inner = Domain::parse(series, &condition.value)?;
                let matcher = Matcher::related(database, model, field, &inner)?;
                Ok(if negated { Matcher::Not(Box::new(matcher)) } else { matcher })
            }
            _ if field.kind.is_relational() && by_name(condition) => {
                // a text beside a relation means the related record's name; the negation holds for none at all too
                let (negated, operator) = positive(condition.operator);
                let by_name = Domain::Condition(Condition { operator, ..condition.on("display_name") });
                let matcher = Matcher::related(database, model, field, &by_name)?;
                Ok(if negated { Matcher::Not(Box::new(matcher)) } else { matcher })
            }
            _ if field.kind.is_multiple() => Ok(Matcher::overlap(database, model, field, condition)),
            operator => {
                let operand = Operand { series, field, table, value: &condition.value };
                Ok(Matcher::Value(Source::new(database, model, field), Comparison::new(operator, &operand)?))
            }
        }
    }

    /// The records that a relational field leads to, one of which must match.
    fn related(database: &'a Database, model: &str, field: &Field, domain: &Domain) -> Result<Matcher<'a>, Fault> {
        let relation = field.relation.as_deref().unwrap_or_default();
        let Some(table) = database.table(relation) else {
            return Err(Fault::new(
                "builtins.NotImplementedError",
                format!("the sample Odoo has no {relation} to search by {}", field.name),
            ));
        };
        if database.denied.contains(relation) {
            return Err(Fault::access(relation, &table.label));
        }
        let matcher = Matcher::new(database, relation, domain)?;
        let source = Source::new(database, model, field);
        if !field.kind.is_multiple() {
            return Ok(Matcher::Through(source, table, Box::new(matcher)));
        }
        let wanted = table.rows.iter().filter(|(_, row)| matcher.matches(row)).map(|(id, _)| *id).collect();
        Ok(Matcher::Overlaps(source, Some(wanted)))
    }

    /// An x2many against ids; `false` stands for none.
    fn overlap(database: &'a Database, model: &str, field: &Field, condition: &Condition) -> Matcher<'a> {
        let values = match &condition.value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        let wanted: HashSet<i64> = values.iter().filter_map(Value::as_i64).collect();
        let source = || Source::new(database, model, field);
        let mut parts = vec![Matcher::Overlaps(source(), Some(wanted))];
        if values.iter().any(|value| matches!(value, Value::Bool(false) | Value::Null)) {
            parts.push(Matcher::Overlaps(source(), None));
        }
        let (negated, _) = positive(condition.operator);
        let matcher = Matcher::Any(parts);
        if negated { Matcher::Not(Box::new(matcher)) } else { matcher }
    }
}

/// The condition compares with a text, or with texts.
fn by_name(condition: &Condition) -> bool {
    match &condition.value {
        Value::String(_) => true,
        Value::Array(values) => values.first().is_some_and(Value::is_string),
        _ => matches!(condition.operator, Operator::Like(_)),
    }
}

/// Whether the operator is a negation, and the operator that it negates.
fn positive(operator: Operator) -> (bool, Operator) {
    match operator {
        Operator::NotEqual => (true, Operator::Equal),
        Operator::NotIn => (true, Operator::In),
        Operator::Like(pattern) => (pattern.negated, Operator::Like(Pattern { negated: false, ..pattern })),
        other => (false, other),
    }
}

/// The class of a field in Odoo's source, as one message of 14 names it.
fn python_class(kind: Kind) -> String {
    let mut name = kind.name().to_owned();
    name[..1].make_ascii_uppercase();
    name
}
