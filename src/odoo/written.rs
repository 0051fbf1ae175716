//! When records were last written.

use crate::call::arguments;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use serde_json::{Map, Value, json};

/// When a record was last written.
#[derive(Debug, Clone)]
pub struct WrittenRecord {
    /// The record's id.
    pub id: i64,
    /// The field that was asked for, as `read` gives it.
    pub value: Value,
    /// As Odoo writes times.
    pub write_date: String,
}

impl Client {
    /// When the records of a domain were last written, with one field of theirs, as `read` gives it: for a few records.
    pub fn written(
        &self,
        model: &str,
        domain: Value,
        field: &str,
    ) -> Result<Vec<WrittenRecord>, Error> {
        let asked = arguments(json!({"domain": domain, "fields": [field, "write_date"]}));
        let rows: Vec<Map<String, Value>> = self.call(model, "search_read", asked)?;
        let written = |mut row: Map<String, Value>| {
            Some(WrittenRecord {
                id: row.get("id")?.as_i64()?,
                value: row.remove(field)?,
                write_date: row
                    .get("write_date")?
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
            })
        };
        let malformed = || {
            let message =
                format!("Odoo's answer to search_read on {model} lacks what was asked for.");
            Error::new(ErrorKind::Malformed, message)
        };
        rows.into_iter()
            .map(|row| written(row).ok_or_else(malformed))
            .collect()
    }
}
