//! Writing to a mirror: pages of records in, records that are gone out.

use crate::failure::Failure;
use crate::mirror::SYNCED_AT;
use crate::mirror::encode::EncodedPage;
use crate::mirror::table::Table;
use crate::odoo::ColumnKind;
use crate::pg::rowset::Rowset;
use pgrx::pg_sys;
use pgrx::prelude::*;
use pgrx::spi::quote_identifier;

/// What writing a page did; what is neither was equal already, and was not touched.
#[derive(Debug, Clone, Copy, Default)]
pub struct Written {
    pub inserted: u64,
    pub updated: u64,
}

impl Table {
    /// Inserts the records that the mirror lacks and updates those that differ.
    pub fn upsert(&self, page: &EncodedPage) -> Result<Written, Failure> {
        let statement = format!(
            "WITH written AS ({} RETURNING (xmax = 0) AS inserted)
             SELECT count(*) FILTER (WHERE inserted), count(*) FILTER (WHERE NOT inserted) FROM written",
            self.upsert_statement()
        );
        Spi::connect_mut(|client| {
            self.rowset(page).register();
            let (inserted, updated) = client
                .update(statement.as_str(), None, &[])?
                .first()
                .get_two::<i64, i64>()?;
            Ok(Written {
                inserted: inserted.unwrap_or(0) as u64,
                updated: updated.unwrap_or(0) as u64,
            })
        })
    }

    /// Inserts records that are known to be new, which spares the look at each whether it is there.
    pub fn insert(&self, page: &EncodedPage) -> Result<Written, Failure> {
        Spi::connect_mut(|client| {
            self.rowset(page).register();
            let inserted = client
                .update(self.insert_statement().as_str(), None, &[])?
                .len();
            Ok(Written {
                inserted: inserted as u64,
                updated: 0,
            })
        })
    }

    fn rowset<'a>(&'a self, page: &'a EncodedPage) -> Rowset<'a> {
        let id = ("id", pg_sys::INT8OID, &page.id_cells);
        let columns = self.columns.iter().zip(&page.columns);
        let columns =
            columns.map(|(column, cells)| (column.name.as_str(), column.page_type(), cells));
        Rowset {
            columns: std::iter::once(id).chain(columns).collect(),
        }
    }

    fn insert_statement(&self) -> String {
        let names: String = self
            .columns
            .iter()
            .map(|column| format!("{}, ", quote_identifier(&column.name)))
            .collect();
        let values: String = self
            .columns
            .iter()
            .map(|column| {
                let cast = if column.kind == ColumnKind::Json {
                    "::jsonb"
                } else {
                    ""
                };
                format!("{}{cast}, ", quote_identifier(&column.name))
            })
            .collect();
        format!(
            "INSERT INTO {} AS mirror (id, {names}{SYNCED_AT}) SELECT id, {values}pg_catalog.now() FROM page",
            self.qualified()
        )
    }

    fn upsert_statement(&self) -> String {
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|column| quote_identifier(&column.name))
            .collect();
        if names.is_empty() {
            return format!("{} ON CONFLICT (id) DO NOTHING", self.insert_statement());
        }
        let set: String = names
            .iter()
            .map(|name| format!("{name} = EXCLUDED.{name}, "))
            .collect();
        let mirror: Vec<String> = names.iter().map(|name| format!("mirror.{name}")).collect();
        let excluded: Vec<String> = names
            .iter()
            .map(|name| format!("EXCLUDED.{name}"))
            .collect();
        format!(
            "{} ON CONFLICT (id) DO UPDATE SET {set}{SYNCED_AT} = EXCLUDED.{SYNCED_AT}
             WHERE ({}) IS DISTINCT FROM ({})",
            self.insert_statement(),
            mirror.join(", "),
            excluded.join(", ")
        )
    }

    /// The ids of the mirror's rows that are not among `ids`.
    pub fn ids_beyond(&self, ids: &[i64]) -> Result<Vec<i64>, Failure> {
        let query = format!(
            "SELECT coalesce(array_agg(mirror.id ORDER BY mirror.id), '{{}}') FROM {} AS mirror
             LEFT JOIN pg_catalog.unnest($1::bigint[]) AS odoo (id) USING (id) WHERE odoo.id IS NULL",
            self.qualified()
        );
        Ok(Spi::get_one_with_args::<Vec<i64>>(&query, &[ids.to_vec().into()])?.unwrap_or_default())
    }

    /// Those of `ids` that the mirror lacks.
    pub fn lacking(&self, ids: &[i64]) -> Result<Vec<i64>, Failure> {
        let query = format!(
            "SELECT coalesce(array_agg(odoo.id ORDER BY odoo.id), '{{}}') FROM pg_catalog.unnest($1::bigint[]) AS odoo (id)
             LEFT JOIN {} AS mirror USING (id) WHERE mirror.id IS NULL",
            self.qualified()
        );
        Ok(Spi::get_one_with_args::<Vec<i64>>(&query, &[ids.to_vec().into()])?.unwrap_or_default())
    }

    /// Removes rows; how many were there.
    pub fn delete(&self, ids: &[i64]) -> Result<u64, Failure> {
        let statement = format!("DELETE FROM {} WHERE id = ANY ($1)", self.qualified());
        Spi::connect_mut(|client| {
            Ok(client
                .update(statement.as_str(), None, &[ids.to_vec().into()])?
                .len() as u64)
        })
    }

    /// How many rows the mirror has, and its greatest id.
    pub fn extent(&self) -> Result<(u64, Option<i64>), Failure> {
        let query = format!("SELECT count(*), max(id) FROM {}", self.qualified());
        let (count, max) = Spi::get_two::<i64, i64>(&query)?;
        Ok((count.unwrap_or(0) as u64, max))
    }
}
