//! How many records there are, and what their values come to, by one request.

use crate::call::arguments;
use crate::client::Client;
use crate::column::Texts;
use crate::decode::push_numeric;
use crate::domain::Domain;
use crate::error::{Error, ErrorKind};
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// What is asked of a field's values over all records; one of each field at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aggregate {
    /// What the numbers add up to.
    Sum(String),
    /// The greatest value.
    Max(String),
}

impl Aggregate {
    /// The field that it is about.
    pub fn field(&self) -> &str {
        match self {
            Aggregate::Sum(field) | Aggregate::Max(field) => field,
        }
    }

    /// As both methods take it: `amount_total:sum`.
    fn specification(&self) -> String {
        let function = match self {
            Aggregate::Sum(_) => "sum",
            Aggregate::Max(_) => "max",
        };
        format!("{}:{function}", self.field())
    }
}

/// The records of a domain, counted and added up by Odoo's SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// How many records match.
    pub count: u64,
    /// The aggregates that were asked for, in decimal digits; of no records they are 0.
    pub values: Texts,
}

impl Totals {
    /// The value at `index`, where it is a whole number: `7` or `7.0`.
    pub fn whole_number(&self, index: usize) -> Option<i64> {
        let digits = self.values.get(index)?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        whole
            .parse()
            .ok()
            .filter(|_| fraction.bytes().all(|digit| digit == b'0'))
    }
}

impl Client {
    /// Counts the records that match and aggregates fields over them.
    ///
    /// Odoo adds up in SQL and hands the sum over as a double: of amounts it is exact to 15 digits, of numbers that are
    /// doubles in Odoo too it depends on the order of adding. \[seen on 14 and 19\]
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`], [`ErrorKind::AccessDenied`]; [`ErrorKind::Refused`] for a field that this server
    /// lacks or cannot aggregate; [`ErrorKind::Malformed`] where a value is missing or is no number.
    pub fn totals(
        &self,
        model: &str,
        domain: &Domain,
        aggregates: &[Aggregate],
    ) -> Result<Totals, Error> {
        let is_formatted = self.session().has_formatted_read_group();
        let specifications = aggregates.iter().map(Aggregate::specification);
        let (method, named) = if is_formatted {
            let asked: Vec<String> = std::iter::once(COUNT.to_owned())
                .chain(specifications)
                .collect();
            (
                "formatted_read_group",
                json!({"domain": domain.to_value(), "groupby": [], "aggregates": asked}),
            )
        } else {
            let fields: Vec<String> = specifications.collect();
            (
                "read_group",
                json!({"domain": domain.to_value(), "fields": fields, "groupby": []}),
            )
        };
        let groups: Vec<HashMap<String, Box<RawValue>>> =
            self.call(model, method, arguments(named))?;
        let malformed = |what: String| {
            Error::new(
                ErrorKind::Malformed,
                format!("Odoo's answer to {method} on {model} {what}."),
            )
        };
        let [group] = groups.as_slice() else {
            return Err(malformed(format!("has {} groups, not one", groups.len())));
        };
        let count = group
            .get(COUNT)
            .and_then(|raw| raw.get().parse().ok())
            .ok_or_else(|| malformed("does not count the records".to_owned()))?;
        let mut values = Texts::default();
        for aggregate in aggregates {
            let asked = aggregate.specification();
            let key = if is_formatted {
                &asked
            } else {
                aggregate.field()
            };
            let raw = group
                .get(key)
                .ok_or_else(|| malformed(format!("lacks {asked}")))?;
            push_numeric(&mut values, raw.get())
                .map_err(|error| malformed(format!("has no number for {asked}: {error}")))?;
        }
        Ok(Totals { count, values })
    }
}

/// How both methods call the number of records.
const COUNT: &str = "__count";
