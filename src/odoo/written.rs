//! The write dates of records.

use crate::call::arguments;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use serde_json::{Map, Value, json};

/// The write date of a record, with the value of one of its fields.
#[derive(Debug, Clone)]
pub struct WrittenRecord {
    /// The record's id.
    pub id: i64,
    /// The value of the field, as Odoo's `read` returns it.
    pub value: Value,
    /// The write date, as Odoo formats times.
    pub write_date: String,
}

impl Client {
    /// The write dates of the records that match, with one of their fields; meant for a few records.
    ///
    /// # Errors
    /// Those of [`Client::search`].
    pub fn written(&self, model: &str, domain: Value, field: &str) -> Result<Vec<WrittenRecord>, Error> {
        let asked = arguments(json!({"domain": domain, "fields": [field, "write_date"]}));
        let rows: Vec<Map<String, Value>> = self.call(model, "search_read", asked)?;
        let written = |mut row: Map<String, Value>| {
            Some(WrittenRecord {
                id: row.get("id")?.as_i64()?,
                value: row.remove(field)?,
                write_date: row.get("write_date")?.as_str().unwrap_or_default().to_owned(),
            })
        };
        let malformed = || {
            let message = format!("Odoo's answer to search_read on {model} lacks id, {field} or write_date.");
            Error::new(ErrorKind::Malformed, message)
        };
        rows.into_iter().map(|row| written(row).ok_or_else(malformed)).collect()
    }
}
