//! Writes to a mirror: upserts of pages, deletes of records that Odoo no longer has.

use crate::encode::page::EncodedPage;
use crate::failure::Failure;
use crate::mirror::names::{DELETED_AT, SYNCED_AT};
use crate::mirror::table::Table;
use crate::pg::identity::contained;
use crate::pg::rowset::Rowset;
use crate::pg::savepoint::undone;
use crate::pg::sql;
use odoo::ColumnKind;
use pgrx::prelude::*;
use pgrx::spi::quote_identifier;
use std::ops::Range;

/// The rows that a page inserted and updated; the others were equal and stayed untouched.
#[derive(Debug, Clone, Copy, Default)]
pub struct Written {
    pub inserted: u64,
    pub updated: u64,
}

impl Table {
    /// Inserts the records that the mirror lacks and updates those that differ.
    pub fn upsert(&self, page: &EncodedPage, rows: Range<usize>) -> Result<Written, Failure> {
        let statement = format!(
            "WITH written AS ({} RETURNING (xmax = 0) AS inserted)
             SELECT count(*) FILTER (WHERE inserted), count(*) FILTER (WHERE NOT inserted) FROM written",
            self.upsert_statement()
        );
        let rowset = self.rowset(page, rows)?;
        Spi::connect_mut(|client| {
            rowset.register();
            let (inserted, updated) =
                contained(|| client.update(statement.as_str(), None, &[])?.first().get_two::<i64, i64>())?;
            Ok(Written { inserted: inserted.unwrap_or(0) as u64, updated: updated.unwrap_or(0) as u64 })
        })
    }

    /// Inserts records that are known to be new, without ON CONFLICT.
    pub fn insert(&self, page: &EncodedPage, rows: Range<usize>) -> Result<Written, Failure> {
        let rowset = self.rowset(page, rows)?;
        Spi::connect_mut(|client| {
            rowset.register();
            let statement = self.insert_statement();
            let inserted = contained(|| client.update(statement.as_str(), None, &[]))?.len();
            Ok(Written { inserted: inserted as u64, updated: 0 })
        })
    }

    /// One record of a page as JSON, for whoever looks into why it could not be stored.
    pub fn as_json(&self, page: &EncodedPage, row: usize) -> Result<Option<pgrx::JsonB>, Failure> {
        let rowset = self.rowset(page, row..row + 1)?;
        Spi::connect_mut(|client| {
            rowset.register();
            let query = "SELECT pg_catalog.to_jsonb(page) FROM page";
            Ok(client.update(query, None, &[])?.first().get_one::<pgrx::JsonB>()?)
        })
    }

    /// The rows of a page, each value under the name of its field.
    fn rowset<'a>(&'a self, page: &'a EncodedPage, rows: Range<usize>) -> Result<Rowset<'a>, Failure> {
        let mut columns = vec![("id", &page.id_cells)];
        for column in &self.columns {
            let cells = page.column(&column.field).ok_or_else(|| {
                Failure::new(
                    PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
                    format!("internal error: a page lacks the field {}", column.field),
                )
            })?;
            columns.push((&column.field, cells));
        }
        Ok(Rowset { columns, rows })
    }

    fn insert_statement(&self) -> String {
        let names: String = self.columns.iter().map(|column| format!("{}, ", quote_identifier(&column.name))).collect();
        let values: String = self
            .columns
            .iter()
            .map(|column| {
                let cast = if column.kind == ColumnKind::Json { "::jsonb" } else { "" };
                format!("{}{cast}, ", quote_identifier(&column.field))
            })
            .collect();
        format!(
            "INSERT INTO {} AS mirror (id, {names}{SYNCED_AT}) SELECT id, {values}pg_catalog.now() FROM page",
            self.qualified()
        )
    }

    fn upsert_statement(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quote_identifier(&column.name)).collect();
        let set: String = names.iter().map(|name| format!("{name} = EXCLUDED.{name}, ")).collect();
        let mirror: Vec<String> = names.iter().map(|name| format!("mirror.{name}")).collect();
        let excluded: Vec<String> = names.iter().map(|name| format!("EXCLUDED.{name}")).collect();
        // ROW, since a single column in parentheses would be a value
        let mut differs = format!("ROW({}) IS DISTINCT FROM ROW({})", mirror.join(", "), excluded.join(", "));
        if names.is_empty() {
            differs = "false".to_string();
        }
        let mut unmark = "";
        if self.has_marks {
            unmark = ", _deleted_at = NULL";
            differs.push_str(" OR mirror._deleted_at IS NOT NULL");
        }
        format!(
            "{} ON CONFLICT (id) DO UPDATE SET {set}{SYNCED_AT} = EXCLUDED.{SYNCED_AT}{unmark} WHERE {differs}",
            self.insert_statement()
        )
    }

    /// Narrows to the rows whose records are in Odoo, as far as is known.
    pub(super) fn present(&self, alias: &str) -> String {
        if self.has_marks { format!("{alias}.{DELETED_AT} IS NULL") } else { "true".to_string() }
    }

    /// The ids of the mirror's rows that are not among `ids`.
    pub fn ids_beyond(&self, ids: &[i64]) -> Result<Vec<i64>, Failure> {
        let query = format!(
            "SELECT coalesce(array_agg(mirror.id ORDER BY mirror.id), '{{}}') FROM {} AS mirror
             LEFT JOIN pg_catalog.unnest($1::bigint[]) AS odoo (id) USING (id) WHERE odoo.id IS NULL AND {}",
            self.qualified(),
            self.present("mirror")
        );
        Ok(Spi::get_one_with_args::<Vec<i64>>(&query, &[ids.to_vec().into()])?.unwrap_or_default())
    }

    /// The ids among `ids` that the mirror lacks.
    pub fn lacking(&self, ids: &[i64]) -> Result<Vec<i64>, Failure> {
        let query = format!(
            "SELECT coalesce(array_agg(odoo.id ORDER BY odoo.id), '{{}}') FROM pg_catalog.unnest($1::bigint[]) AS odoo (id)
             LEFT JOIN {} AS mirror ON mirror.id = odoo.id AND {} WHERE mirror.id IS NULL",
            self.qualified(),
            self.present("mirror")
        );
        Ok(Spi::get_one_with_args::<Vec<i64>>(&query, &[ids.to_vec().into()])?.unwrap_or_default())
    }

    /// Removes the rows of records that are gone, or marks them; how many there were.
    pub fn delete(&self, ids: &[i64], marks: bool) -> Result<u64, Failure> {
        let table = self.qualified();
        let statement = if marks {
            format!(
                "UPDATE {table} SET {DELETED_AT} = pg_catalog.now(), {SYNCED_AT} = pg_catalog.now()
                 WHERE id = ANY ($1) AND {DELETED_AT} IS NULL"
            )
        } else {
            format!("DELETE FROM {table} WHERE id = ANY ($1)")
        };
        Spi::connect_mut(|client| {
            let changed = contained(|| client.update(statement.as_str(), None, &[ids.to_vec().into()]));
            Ok(changed?.len() as u64)
        })
    }

    /// The ids of the rows whose list in `field` has one of `others` in it.
    pub fn listing(&self, field: &str, others: &[i64]) -> Result<Vec<i64>, Failure> {
        let Some(column) = self.column_of(field) else {
            return Ok(Vec::new());
        };
        let query = format!(
            "SELECT coalesce(array_agg(mirror.id), '{{}}') FROM {} AS mirror WHERE mirror.{}::bigint[] && $1",
            self.qualified(),
            quote_identifier(column)
        );
        Ok(sql::value(&query, &[others.to_vec().into()])?.unwrap_or_default())
    }

    /// [`Table::delete`] with all that it brings about: what other tables' foreign keys say, and triggers that wait for
    /// the transaction's end.
    pub fn delete_now(&self, ids: &[i64], marks: bool) -> Result<u64, Failure> {
        contained(|| {
            let removed = self.delete(ids, marks)?;
            Spi::run("SET CONSTRAINTS ALL IMMEDIATE")?;
            Ok(removed)
        })
    }

    /// Whether the table takes any row at all, as its triggers are: one that it has is written as it is, and that is
    /// undone.
    pub fn takes_a_row(&self) -> Result<bool, Failure> {
        let statement =
            format!("UPDATE {0} SET {SYNCED_AT} = {SYNCED_AT} WHERE id = (SELECT min(id) FROM {0})", self.qualified());
        match undone(|| Ok(contained(|| Spi::run(&statement))?)) {
            Err(failure) if failure.is_cancelled() => Err(failure),
            written => Ok(written.is_ok()),
        }
    }

    /// Removes the rows that were marked while that was how the type did it.
    pub fn delete_marked(&self) -> Result<u64, Failure> {
        if !self.has_marks {
            return Ok(0);
        }
        let statement = format!("DELETE FROM {} WHERE {DELETED_AT} IS NOT NULL", self.qualified());
        Spi::connect_mut(|client| {
            let changed = contained(|| client.update(statement.as_str(), None, &[]));
            Ok(changed?.len() as u64)
        })
    }

    /// The greatest id of its rows.
    pub fn last_id(&self) -> Result<Option<i64>, Failure> {
        let query = format!("SELECT max(id) FROM {}", self.qualified());
        Ok(Spi::get_one(&query)?)
    }
}
