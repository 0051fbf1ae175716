//! Reading records: what is asked for, how Odoo is asked, and what comes back.

use super::client::Client;
use super::column::Column;
use super::decode::{Batch, ColumnsAnswer, RowsAnswer};
use super::domain::Domain;
use super::error::Error;
use super::field::Field;
use super::login::object;
use serde_json::{Map, Value, json};

/// The first series whose columnar read is `formatted_read_group`; before, it is `read_group`.
pub(super) const FORMATTED_READ_GROUP_SINCE: u32 = 19;
/// The first series whose `search_read` takes `load`, which leaves out the names of the records pointed to.
const SEARCH_READ_LOAD_SINCE: u32 = 15;

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
    /// [`super::ErrorKind::UnknownModel`], [`super::ErrorKind::AccessDenied`]; [`super::ErrorKind::Refused`] for a
    /// field that this server lacks or cannot read by columns; [`super::ErrorKind::Malformed`] where an answer is not
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
        let (batch, bytes) = self.read_columns(model, domain, columns)?;
        let mut page = Page::new(batch, bytes);
        if !rows.is_empty() {
            // Of no records there are no rows to ask for.
            let (batch, bytes) = match page.ids.is_empty() {
                true => (Batch::new(model, rows)?, 0),
                false => self.read_rows(model, domain, rows, Some(&page.ids))?,
            };
            page.join(Page::new(batch, bytes));
        }
        Ok(page)
    }

    /// One array per field, straight from Odoo's SQL.
    pub(super) fn read_columns(
        &self,
        model: &str,
        domain: &Domain,
        fields: &[Field],
    ) -> Result<(Batch, u64), Error> {
        // The order matters: with the ids first, the columns know how long they will be.
        let names = std::iter::once("id").chain(fields.iter().map(|field| field.name.as_str()));
        let aggregates: Vec<String> = names.map(|name| format!("{name}:array_agg")).collect();
        let (method, arguments) = if self.session().series >= FORMATTED_READ_GROUP_SINCE {
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
            object(arguments),
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
        if self.session().series >= SEARCH_READ_LOAD_SINCE && !fields.iter().any(Field::is_list) {
            let arguments = json!({
                "domain": domain.to_value(),
                "fields": names,
                "order": "id",
                "load": "",
            });
            return self.call_with(model, "search_read", object(arguments), seed);
        }
        let found;
        let ids = match ids {
            Some(ids) => ids,
            None => {
                found = self.search(model, domain, None)?;
                &found
            }
        };
        let arguments: Map<String, Value> =
            object(json!({"ids": ids, "fields": names, "load": ""}));
        self.call_with(model, "read", arguments, seed)
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

    /// Adds the columns of another page, for the records that both have.
    fn join(&mut self, mut other: Page) {
        if self.ids != other.ids {
            let (mine, theirs) = common(&self.ids, &other.ids);
            self.select(&mine);
            other.select(&theirs);
        }
        self.columns.append(&mut other.columns);
        self.nul_characters += other.nul_characters;
        self.bytes += other.bytes;
    }

    /// Keeps just the records at these positions, in this order.
    fn select(&mut self, positions: &[u32]) {
        self.ids = positions
            .iter()
            .map(|&position| self.ids[position as usize])
            .collect();
        for column in &mut self.columns {
            *column = column.select(positions);
        }
    }
}

/// The positions of the ids that two ascending lists have in common.
fn common(left: &[i64], right: &[i64]) -> (Vec<u32>, Vec<u32>) {
    let (mut lefts, mut rights) = (Vec::new(), Vec::new());
    let (mut l, mut r) = (0, 0);
    while let (Some(a), Some(b)) = (left.get(l), right.get(r)) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => l += 1,
            std::cmp::Ordering::Greater => r += 1,
            std::cmp::Ordering::Equal => {
                lefts.push(l as u32);
                rights.push(r as u32);
                l += 1;
                r += 1;
            }
        }
    }
    (lefts, rights)
}
