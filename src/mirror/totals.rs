//! Aggregates over a mirror's rows.

use crate::failure::Failure;
use crate::mirror::table::Table;
use crate::pg::sql;
use pgrx::spi::quote_identifier;

impl Table {
    /// How many records the mirror has.
    pub fn count(&self) -> Result<u64, Failure> {
        let query = format!("SELECT count(*) FROM {} AS mirror WHERE {}", self.qualified(), self.present("mirror"));
        Ok(sql::value::<i64>(&query, &[])?.unwrap_or_default() as u64)
    }

    /// How many records the mirror has but for those of these ids, and what whole-number columns add up to over them.
    pub fn totals(&self, columns: &[&str], without: &[i64]) -> Result<(u64, Vec<i64>), Failure> {
        let asked: String =
            columns.iter().map(|column| format!(", coalesce(sum({}), 0)::bigint", quote_identifier(*column))).collect();
        let others = if without.is_empty() {
            "$1::bigint[] IS NOT NULL"
        } else {
            "NOT EXISTS (SELECT FROM pg_catalog.unnest($1::bigint[]) AS other (id) WHERE other.id = mirror.id)"
        };
        let query = format!(
            "SELECT ARRAY[count(*){asked}] FROM {} AS mirror WHERE {} AND {others}",
            self.qualified(),
            self.present("mirror")
        );
        let without = [without.to_vec().into()];
        let values = sql::value::<Vec<i64>>(&query, &without)?.unwrap_or_default();
        let (count, totals) = values.split_first().map_or((0, &[][..]), |(count, totals)| (*count, totals));
        Ok((count as u64, totals.to_vec()))
    }
}
