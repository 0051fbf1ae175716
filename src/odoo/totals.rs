//! How many records there are, and what their numbers add up to, by one request.

use super::client::Client;
use super::column::Texts;
use super::decode::push_numeric;
use super::domain::Domain;
use super::error::{Error, ErrorKind};
use super::field::Field;
use super::login::object;
use super::page::FORMATTED_READ_GROUP_SINCE;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// The records of a domain, counted and added up by Odoo's SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// How many records match.
    pub count: u64,
    /// The sum of each field that was asked for, in decimal digits; empty values count as 0.
    pub sums: Texts,
}

impl Client {
    /// Counts the records that match and sums the numeric `fields` over them.
    ///
    /// Odoo adds up in SQL and hands the sum over as a double: of amounts it is exact to 15 digits, of numbers that are
    /// doubles in Odoo too it depends on the order of adding. \[seen on 14 and 19\]
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`], [`ErrorKind::AccessDenied`]; [`ErrorKind::Refused`] for a field that this server
    /// lacks or cannot sum; [`ErrorKind::Malformed`] where a sum is missing or is no number.
    pub fn totals(&self, model: &str, domain: &Domain, fields: &[Field]) -> Result<Totals, Error> {
        let is_formatted = self.session().series >= FORMATTED_READ_GROUP_SINCE;
        let sums = fields.iter().map(|field| format!("{}:sum", field.name));
        let (method, arguments) = if is_formatted {
            let aggregates: Vec<String> = std::iter::once(COUNT.to_owned()).chain(sums).collect();
            (
                "formatted_read_group",
                json!({"domain": domain.to_value(), "groupby": [], "aggregates": aggregates}),
            )
        } else {
            let fields: Vec<String> = sums.collect();
            (
                "read_group",
                json!({"domain": domain.to_value(), "fields": fields, "groupby": []}),
            )
        };
        let groups: Vec<HashMap<String, Box<RawValue>>> =
            self.call(model, method, object(arguments))?;
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
        let mut sums = Texts::default();
        for field in fields {
            let key = if is_formatted {
                format!("{}:sum", field.name)
            } else {
                field.name.clone()
            };
            let raw = group
                .get(&key)
                .ok_or_else(|| malformed(format!("has no sum of {}", field.name)))?;
            push_numeric(&mut sums, raw.get())
                .map_err(|error| malformed(format!("has no sum of {}: {error}", field.name)))?;
        }
        Ok(Totals { count, sums })
    }
}

/// How both methods call the number of records.
const COUNT: &str = "__count";
