//! Reading records by columns.

use crate::call::arguments;
use crate::client::Client;
use crate::column::Column;
use crate::decode::{Batch, ColumnsAnswer, RowsAnswer};
use crate::domain::Domain;
use crate::error::Error;
use crate::field::Field;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Which records and which of their fields to read; `id` is always read and is in neither list.
#[derive(Debug, Clone, Copy)]
pub struct Read<'a> {
    /// The model: `account.move`.
    pub model: &'a str,
    /// The records.
    pub domain: &'a Domain,
    /// The fields that a columnar read fetches.
    pub columns: &'a [Field],
    /// The fields that need a row read.
    pub rows: &'a [Field],
}

/// Records, by columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The records' ids, ascending.
    pub ids: Vec<i64>,
    /// One column per field, those of [`Read::columns`] first, then those of [`Read::rows`].
    pub columns: Vec<Column>,
    /// The number of NUL characters that were removed, since PostgreSQL cannot store them.
    pub nul_characters: u64,
    /// The size of the answers' bodies, in bytes.
    pub bytes: u64,
}

impl Client {
    /// Reads the records that match, with one columnar read and, where there are such fields, one row read.
    ///
    /// A record that only one of the two returns was created or deleted in between, and is left out.
    ///
    /// # Errors
    /// [`crate::ErrorKind::UnknownModel`], [`crate::ErrorKind::AccessDenied`]; [`crate::ErrorKind::Refused`] for a
    /// field that this server lacks or cannot read by columns; [`crate::ErrorKind::Malformed`], with the field, where
    /// an answer does not have the expected form.
    pub fn read(&self, request: &Read<'_>) -> Result<Page, Error> {
        let Read { model, domain, columns, rows } = *request;
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
            // Without records there is no row read.
            let (by_rows, more) = match batch.ids.is_empty() {
                true => (Batch::new(model, rows)?, 0),
                false => self.read_rows(model, domain, rows, Some(&batch.ids))?,
            };
            batch.join(by_rows);
            bytes += more;
        }
        Ok(Page::new(batch, bytes))
    }

    /// Reads the records that match by one row read, also of no field but `id`.
    ///
    /// # Errors
    /// Those of [`Client::read`].
    pub fn read_by_rows(&self, model: &str, domain: &Domain, fields: &[Field]) -> Result<Page, Error> {
        let (batch, bytes) = self.read_rows(model, domain, fields, None)?;
        Ok(Page::new(batch, bytes))
    }

    /// Reads one array per field, straight from Odoo's SQL.
    pub(crate) fn read_columns(&self, model: &str, domain: &Domain, fields: &[Field]) -> Result<(Batch, u64), Error> {
        // With the ids first, the size of the columns is known when they are decoded.
        let names = std::iter::once("id").chain(fields.iter().map(|field| field.name.as_str()));
        let aggregates: Vec<String> = names.map(|name| format!("{name}:array_agg")).collect();
        let (method, named) = if self.session().has_formatted_read_group() {
            ("formatted_read_group", json!({"domain": domain.to_value(), "groupby": [], "aggregates": aggregates}))
        } else {
            ("read_group", json!({"domain": domain.to_value(), "fields": aggregates, "groupby": []}))
        };
        self.call_with(model, method, arguments(named), ColumnsAnswer { model, fields })
    }

    /// Reads one object per record; `ids` are those of the domain, where they are known already.
    fn read_rows(
        &self,
        model: &str,
        domain: &Domain,
        fields: &[Field],
        ids: Option<&[i64]>,
    ) -> Result<(Batch, u64), Error> {
        // `read` takes an empty list of fields for all of them.
        let names: Vec<&str> = match fields {
            [] => vec!["id"],
            fields => fields.iter().map(|field| field.name.as_str()).collect(),
        };
        let seed = RowsAnswer { model, fields };
        // `search_read` does not read with our context, so that x2many fields would lack archived records.
        if self.session().search_read_takes_load()
            && !fields.iter().any(Field::is_list)
            && self.search_read_is_refused(model) != Some(true)
        {
            let named = search_read_arguments(domain, &names);
            match self.call_with(model, "search_read", named, seed) {
                Err(error) if error.kind.is_refusal() && self.finds_search_read_refused(model)? => {}
                answered => return answered,
            }
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

impl Client {
    /// Whether the model's `search_read` refuses the arguments that row reads use, which it does where a module overrides
    /// it, such as `account.move.line` on 16 \[seen\]. Asked once a model, of no record: so that neither a record nor a
    /// field can be the reason.
    fn finds_search_read_refused(&self, model: &str) -> Result<bool, Error> {
        if let Some(known) = self.search_read_is_refused(model) {
            return Ok(known);
        }
        let named = search_read_arguments(&Domain::nothing(), &["id"]);
        let is_refused = match self.call_with(model, "search_read", named, RowsAnswer { model, fields: &[] }) {
            Ok(_) => false,
            Err(error) if error.kind.is_refusal() => true,
            Err(error) => return Err(error),
        };
        self.note_search_read(model, is_refused);
        Ok(is_refused)
    }
}

fn search_read_arguments(domain: &Domain, names: &[&str]) -> Map<String, Value> {
    arguments(json!({"domain": domain.to_value(), "fields": names, "order": "id", "load": ""}))
}

impl Page {
    /// Appends a column for a field that was read of some of the records only, each of `parts` with that field alone. It is
    /// empty for the other records.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Refused`] for a field of a type that has no column.
    pub fn append_partial(&mut self, model: &str, field: &Field, parts: &[Page]) -> Result<(), Error> {
        let mut read = HashMap::new();
        for part in parts {
            for (at, id) in part.ids.iter().enumerate() {
                read.insert(*id, (&part.columns[0], at));
            }
            self.nul_characters += part.nul_characters;
            self.bytes += part.bytes;
        }
        let Batch { mut columns, .. } = Batch::new(model, std::slice::from_ref(field))?;
        for id in &self.ids {
            columns[0].push_from(read.get(id).copied());
        }
        self.columns.append(&mut columns);
        Ok(())
    }

    fn new(batch: Batch, bytes: u64) -> Page {
        let Batch { ids, columns, nul_characters } = batch;
        Page { ids, columns, nul_characters, bytes }
    }
}
