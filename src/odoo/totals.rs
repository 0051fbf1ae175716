//! Aggregates over records: count, sums and maxima, by one request.

use crate::call::arguments;
use crate::client::Client;
use crate::column::Texts;
use crate::decode::push_numeric;
use crate::domain::Domain;
use crate::error::{Error, ErrorKind};
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// An aggregate of a field over all records; one a field at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aggregate {
    /// The sum of the numbers.
    Sum(String),
    /// The greatest value.
    Max(String),
}

impl Aggregate {
    /// The field that it aggregates.
    pub fn field(&self) -> &str {
        match self {
            Aggregate::Sum(field) | Aggregate::Max(field) => field,
        }
    }

    /// The aggregate as both methods take it: `amount_total:sum`.
    fn specification(&self) -> String {
        let function = match self {
            Aggregate::Sum(_) => "sum",
            Aggregate::Max(_) => "max",
        };
        format!("{}:{function}", self.field())
    }
}

/// The count and the aggregates of records, computed by Odoo's SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// The number of records that match.
    pub count: u64,
    /// The aggregates that were asked for, as decimal numbers; of no records they are 0. Empty where Odoo answers `false`:
    /// the values are all empty, or it does not say, as 18 does of `amount_currency` of journal items unless they are
    /// grouped by currency \[seen\].
    pub values: Texts,
}

impl Totals {
    /// The value at `index`, where it is an integer: `7` or `7.0`. 0 where all values are empty: of integers and ids Odoo
    /// always says what they add up to.
    pub fn whole_number(&self, index: usize) -> Option<i64> {
        let Some(digits) = self.values.get(index) else { return Some(0) };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        whole.parse().ok().filter(|_| fraction.bytes().all(|digit| digit == b'0'))
    }
}

impl Client {
    /// Counts the records that match and aggregates fields over them.
    ///
    /// Odoo sums in SQL and sends the result as a double: a sum of amounts is exact to 15 digits; one of numbers that
    /// are doubles in Odoo too depends on the order of the additions. \[seen on 14 and 19\]
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`], [`ErrorKind::AccessDenied`]; [`ErrorKind::Refused`] for a field that this server
    /// lacks or cannot aggregate; [`ErrorKind::Malformed`] where a value is missing or not a number.
    pub fn totals(&self, model: &str, domain: &Domain, aggregates: &[Aggregate]) -> Result<Totals, Error> {
        let is_formatted = self.session().has_formatted_read_group();
        let specifications = aggregates.iter().map(Aggregate::specification);
        let (method, named) = if is_formatted {
            let asked: Vec<String> = std::iter::once(COUNT.to_owned()).chain(specifications).collect();
            ("formatted_read_group", json!({"domain": domain.to_value(), "groupby": [], "aggregates": asked}))
        } else {
            let fields: Vec<String> = specifications.collect();
            ("read_group", json!({"domain": domain.to_value(), "fields": fields, "groupby": []}))
        };
        let groups: Vec<HashMap<String, Box<RawValue>>> = self.call(model, method, arguments(named))?;
        let malformed =
            |what: String| Error::new(ErrorKind::Malformed, format!("Odoo's answer to {method} on {model} {what}."));
        let [group] = groups.as_slice() else {
            return Err(malformed(format!("has {} groups instead of one", groups.len())));
        };
        let count = group
            .get(COUNT)
            .and_then(|raw| raw.get().parse().ok())
            .ok_or_else(|| malformed(format!("lacks {COUNT}")))?;
        let mut values = Texts::default();
        for aggregate in aggregates {
            let asked = aggregate.specification();
            let key = if is_formatted { &asked } else { aggregate.field() };
            let raw = group.get(key).ok_or_else(|| malformed(format!("lacks {asked}")))?;
            if count > 0 && matches!(raw.get(), "false" | "null") {
                values.push(None);
                continue;
            }
            push_numeric(&mut values, raw.get())
                .map_err(|error| malformed(format!("has no number for {asked}: {error}")))?;
        }
        Ok(Totals { count, values })
    }
}

/// The key of the number of records in the answers of both methods.
const COUNT: &str = "__count";
