//! The differences between a mirror and Odoo. Read-only, so that it works on a standby too.

use crate::encode::cells::Cells;
use crate::encode::page::EncodedPage;
use crate::failure::Failure;
use crate::mirror::column::MirrorColumn;
use crate::mirror::table::Table;
use crate::pg::rowset::Rowset;
use crate::pg::sql;
use odoo::ColumnKind;
use pgrx::prelude::*;
use pgrx::spi::quote_identifier;
use serde::Deserialize;

/// How many ids of each sort are named.
const NAMED: usize = 3;

/// Records that are on one side only, or on both with other values. Each list has the first few ids.
#[derive(Debug, Default, Deserialize)]
pub struct Difference {
    /// The mirror's rows that were looked at.
    pub rows: u64,
    pub missing: u64,
    pub extra: u64,
    pub different: u64,
    pub missing_ids: Vec<i64>,
    pub extra_ids: Vec<i64>,
    pub different_ids: Vec<i64>,
}

impl Difference {
    /// Adds what was found in another part of the mirror.
    pub fn add(&mut self, other: Difference) {
        fn extend(ids: &mut Vec<i64>, more: Vec<i64>) {
            ids.extend(more);
            ids.truncate(NAMED);
        }
        self.rows += other.rows;
        self.missing += other.missing;
        self.extra += other.extra;
        self.different += other.different;
        extend(&mut self.missing_ids, other.missing_ids);
        extend(&mut self.extra_ids, other.extra_ids);
        extend(&mut self.different_ids, other.different_ids);
    }

    pub fn is_none(&self) -> bool {
        self.missing + self.extra + self.different == 0
    }
}

/// What a column's values add up to.
#[derive(Debug, Deserialize)]
pub struct Sum {
    /// In decimal digits, exact.
    pub sum: String,
    /// The sum of the values without their signs, which tells how much rounding may add up to.
    pub magnitude: String,
    pub rows: u64,
}

impl Table {
    /// Compares a page of Odoo's records, by the values that it has, with the rows whose ids are beyond `after` and up
    /// to `last`; an end that is None is open. Times are compared by the second, as Odoo shows them.
    pub fn compare_page(
        &self,
        page: &EncodedPage,
        after: Option<i64>,
        last: Option<i64>,
    ) -> Result<Difference, Failure> {
        let known: Vec<(&MirrorColumn, &Cells)> =
            self.columns.iter().filter_map(|column| Some((column, page.column(&column.field)?))).collect();
        let differs: Vec<String> = known
            .iter()
            .map(|(column, _)| {
                let (here, there) = (quote_identifier(&column.name), quote_identifier(&column.field));
                match column.kind {
                    ColumnKind::Timestamp => {
                        format!("pg_catalog.date_trunc('second', mirror.{here}) IS DISTINCT FROM page.{there}")
                    }
                    _ => format!("mirror.{here} IS DISTINCT FROM page.{there}"),
                }
            })
            .chain(["false".to_string()])
            .collect();
        let first_few = |condition: &str| {
            format!("coalesce((pg_catalog.array_agg(id ORDER BY id) FILTER (WHERE {condition}))[1:{NAMED}], '{{}}')")
        };
        let query = format!(
            "SELECT pg_catalog.json_build_object(
                 'rows', count(*) FILTER (WHERE is_here), 'missing', count(*) FILTER (WHERE NOT is_here),
                 'extra', count(*) FILTER (WHERE NOT is_there), 'different', count(*) FILTER (WHERE differs),
                 'missing_ids', {}, 'extra_ids', {}, 'different_ids', {})::text
             FROM (SELECT coalesce(page.id, mirror.id) AS id, mirror.id IS NOT NULL AS is_here,
                          page.id IS NOT NULL AS is_there,
                          page.id IS NOT NULL AND mirror.id IS NOT NULL AND ({}) AS differs
                   FROM page FULL JOIN (SELECT * FROM {} AS mirror
                                        WHERE {} AND ($1 IS NULL OR id > $1) AND ($2 IS NULL OR id <= $2)) AS mirror
                     ON mirror.id = page.id) AS compared",
            first_few("NOT is_here"),
            first_few("NOT is_there"),
            first_few("differs"),
            differs.join(" OR "),
            self.qualified(),
            self.present("mirror"),
        );
        let values = known.iter().map(|(column, cells)| (column.field.as_str(), *cells));
        let rowset = Rowset {
            columns: std::iter::once(("id", &page.id_cells)).chain(values).collect(),
            rows: 0..page.ids.len(),
        };
        let text = Spi::connect(|client| {
            rowset.register();
            client.select(query.as_str(), Some(1), &[after.into(), last.into()])?.first().get_one::<String>()
        })?;
        read(text)
    }

    /// The sums of these columns, in their order.
    pub fn sums(&self, columns: &[&MirrorColumn]) -> Result<Vec<Sum>, Failure> {
        let sums: Vec<String> = columns
            .iter()
            .map(|column| {
                let name = quote_identifier(&column.name);
                format!(
                    "pg_catalog.json_build_object('sum', coalesce(sum({name}), 0)::text,
                         'magnitude', coalesce(sum(abs({name})), 0)::text, 'rows', count({name}))"
                )
            })
            .collect();
        let query = format!(
            "SELECT pg_catalog.json_build_array({})::text FROM {} AS mirror WHERE {}",
            sums.join(", "),
            self.qualified(),
            self.present("mirror")
        );
        read(sql::value(&query, &[])?)
    }
}

fn read<T: serde::de::DeserializeOwned>(text: Option<String>) -> Result<T, Failure> {
    serde_json::from_str(&text.unwrap_or_default()).map_err(|error| {
        Failure::new(
            PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
            format!("internal error: a comparison cannot be read: {error}"),
        )
    })
}
