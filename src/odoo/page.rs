//! Reading records: what is asked for, how Odoo is asked, and what comes back.

use crate::call::arguments;
use crate::client::Client;
use crate::column::Column;
use crate::decode::{Batch, ColumnsAnswer, RowsAnswer};
use crate::domain::Domain;
use crate::error::Error;
use crate::field::Field;
use serde_json::json;

/// Which records and which of their fields to read. `id` comes along by itself and is in neither list.
#[derive(Debug, Clone, Copy)]
pub struct Read<'a> {
    /// The model's name: `account.move`.
    pub model: &'a str,
    /// Which of its records.
    pub domain: &'a Domain,
    /// The fields to read by columns.
    pub columns: &'a [Field],
    /// The fields that need a row read; may be empty.
    pub rows: &'a [Field],
}

/// The records that were read, by columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The records' ids, ascending.
    pub ids: Vec<i64>,
    /// One column per field, those of [`Read::columns`] first, then those of [`Read::rows`].
    pub columns: Vec<Column>,
    /// How many NUL characters were taken out, since PostgreSQL cannot store them.
    pub nul_characters: u64,
    /// Bytes of the answers' bodies.
    pub bytes: u64,
}

impl Client {
    /// Reads the records that match: the columns by one columnar read, the rows, if any, by a row read of the same
    /// domain. A record that is in only one of the two was created or deleted in between, and is left out.
    ///
    /// # Errors
    /// [`crate::ErrorKind::UnknownModel`], [`crate::ErrorKind::AccessDenied`]; [`crate::ErrorKind::Refused`] for a
    /// field that this server lacks or cannot read by columns; [`crate::ErrorKind::Malformed`] where an answer is not
    /// what was asked for, with the field.
    pub fn read(&self, request: &Read<'_>) -> Result<Page, Error> {
        let Read {
            model,
            domain,
            columns,
            rows,
        } = *request;
        // A field that no column can hold is refused before Odoo is asked.
        for fields in [columns, rows] {
            Batch::new(model, fields)?;
        }
        if columns.is_empty() && !rows.is_empty() {
            let (batch, bytes) = self.read_rows(model, domain, rows, None)?;
            return Ok(Page::new(batch, bytes));
        }
        let (mut batch, mut bytes) = self.read_columns(model, domain, columns)?;
        if !rows.is_empty() {
            // Of no records there are no rows to ask for.
            let (by_rows, more) = match batch.ids.is_empty() {
                true => (Batch::new(model, rows)?, 0),
                false => self.read_rows(model, domain, rows, Some(&batch.ids))?,
            };
            batch.join(by_rows);
            bytes += more;
        }
        Ok(Page::new(batch, bytes))
    }

    /// One array per field, straight from Odoo's SQL.
    pub(crate) fn read_columns(
        &self,
        model: &str,
        domain: &Domain,
        fields: &[Field],
    ) -> Result<(Batch, u64), Error> {
        // The order matters: with the ids first, the columns know how long they will be.
        let names = std::iter::once("id").chain(fields.iter().map(|field| field.name.as_str()));
        let aggregates: Vec<String> = names.map(|name| format!("{name}:array_agg")).collect();
        let (method, named) = if self.session().has_formatted_read_group() {
            (
                "formatted_read_group",
                json!({"domain": domain.to_value(), "groupby": [], "aggregates": aggregates}),
            )
        } else {
            (
                "read_group",
                json!({"domain": domain.to_value(), "fields": aggregates, "groupby": []}),
            )
        };
        self.call_with(
            model,
            method,
            arguments(named),
            ColumnsAnswer { model, fields },
        )
    }

    /// One object per record. `ids` are those that match the domain, where they are known already.
    fn read_rows(
        &self,
        model: &str,
        domain: &Domain,
        fields: &[Field],
        ids: Option<&[i64]>,
    ) -> Result<(Batch, u64), Error> {
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        let seed = RowsAnswer { model, fields };
        // search_read reads without our context, so that lists would lack the archived records in them
        if self.session().search_read_takes_load() && !fields.iter().any(Field::is_list) {
            let named = arguments(json!({
                "domain": domain.to_value(),
                "fields": names,
                "order": "id",
                "load": "",
            }));
            return self.call_with(model, "search_read", named, seed);
        }
        let found;
        let ids = match ids {
            Some(ids) => ids,
            None => {
                found = self.search(model, domain, None)?;
                &found
            }
        };
        let named = arguments(json!({"ids": ids, "fields": names, "load": ""}));
        self.call_with(model, "read", named, seed)
    }
}

impl Page {
    fn new(batch: Batch, bytes: u64) -> Page {
        let Batch {
            ids,
            columns,
            nul_characters,
        } = batch;
        Page {
            ids,
            columns,
            nul_characters,
            bytes,
        }
    }
}
