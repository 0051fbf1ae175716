//! Moves rows that correspond to no single record to a table beside the mirror, `<table>_set_aside`.

use super::adoption::Adoption;
use super::found::{Found, FoundColumn, base_type, number};
use crate::failure::Failure;
use crate::mirror::names::{LONGEST_NAME, cut};
use crate::pg::sql;
use pgrx::prelude::*;
use pgrx::spi::{quote_identifier, quote_literal, quote_qualified_identifier};
use serde::Deserialize;
use std::collections::HashMap;

/// The set-aside table's own columns.
const SET_ASIDE_AT: &str = "_set_aside_at";
const REASON: &str = "_reason";

/// Columns that may have the time of a row's last change, the most reliable first.
const TIMES: [&str; 4] = ["write_date", "_synced_at", "updated_at", "created_at"];

impl Adoption {
    /// Moves the rows without a valid id, and all but the newest of the rows with the same id.
    pub(super) fn set_aside(&mut self) -> Result<(), Failure> {
        let judged = judged(&self.found);
        let count = format!(
            "WITH judged AS ({judged})
             SELECT count(*) FILTER (WHERE odoo_id IS NULL), count(*) FILTER (WHERE odoo_id IS NOT NULL AND rank > 1)
             FROM judged"
        );
        let (unmatched, duplicates) = Spi::get_two::<i64, i64>(&count)?;
        let (unmatched, duplicates) = (unmatched.unwrap_or(0), duplicates.unwrap_or(0));
        if unmatched + duplicates == 0 {
            return Ok(());
        }
        if let Some(reference) = self.found.references.first() {
            let message = format!(
                "{} has rows to be set aside ({}), and the foreign key {} of {} references it",
                self.found.qualified(),
                unmatched + duplicates,
                reference.name,
                reference.table
            );
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, message)
                .hint("Drop that foreign key, adopt the table, and create it again."));
        }
        let beside = Beside::ready(&self.found)?;
        beside.take(&self.found, &judged)?;
        let has_id = self.found.column("id").is_some();
        if unmatched > 0 {
            let why = if has_id {
                "whose id is NULL or no positive whole number".to_string()
            } else {
                "of a table without a column id; where another column holds Odoo's ids, ROLLBACK, rename it to id and adopt again"
                    .to_string()
            };
            self.tell("set aside", format!("rows {why}: moved to {}", beside.qualified), Some(unmatched));
        }
        if duplicates > 0 {
            let newest = match times(&self.found).first() {
                Some(time) => format!("the newest by {} stays", time.name),
                None => "the physically last one stays".to_string(),
            };
            let detail = format!("rows with the id of another; {newest}: moved to {}", beside.qualified);
            self.tell("set aside", detail, Some(duplicates));
        }
        Ok(())
    }
}

/// A query for the rows, each with its ctid, its Odoo id, and its rank among those with the same id.
fn judged(found: &Found) -> String {
    let table = found.qualified();
    let Some(number) = found.column("id").and_then(number) else {
        return format!("SELECT ctid AS place, NULL::bigint AS odoo_id, 1 AS rank, true AS is_empty FROM {table}");
    };
    let mut order: Vec<String> = times(found).into_iter().map(latest_first).collect();
    order.push("ctid DESC".to_string());
    format!(
        "SELECT ctid AS place, {number} AS odoo_id, id IS NULL AS is_empty,
                pg_catalog.row_number() OVER (PARTITION BY {number} ORDER BY {}) AS rank
         FROM {table}",
        order.join(", ")
    )
}

/// The table's columns that may have the time of a row's last change.
fn times(found: &Found) -> Vec<&FoundColumn> {
    let is_time = |column: &&FoundColumn| {
        matches!(
            base_type(&column.sql_type).as_str(),
            "date" | "timestamp without time zone" | "timestamp with time zone" | "text" | "character varying"
        )
    };
    TIMES.iter().filter_map(|name| found.column(name)).filter(is_time).collect()
}

/// Sorts a column latest first. Texts count where they begin with an ISO date, `2026-11-25`: those sort as they are.
fn latest_first(column: &FoundColumn) -> String {
    let name = super::adoption::quoted(column);
    match base_type(&column.sql_type).as_str() {
        "text" | "character varying" => format!(
            "(CASE WHEN {name}::text ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}' THEN {name}::text END) COLLATE pg_catalog.\"C\"
             DESC NULLS LAST"
        ),
        _ => format!("{name} DESC NULLS LAST"),
    }
}

/// The set-aside table, and which of its columns takes the values of which of the table's.
struct Beside {
    qualified: String,
    /// Quoted names: of the table's column, and of the set-aside table's.
    columns: Vec<(String, String)>,
}

impl Beside {
    /// Creates the set-aside table, or adds the columns that it lacks.
    fn ready(found: &Found) -> Result<Beside, Failure> {
        #[derive(Deserialize)]
        struct There {
            is_table: bool,
            columns: HashMap<String, String>,
        }
        let name = name_beside(&found.name);
        let qualified = quote_qualified_identifier(&found.schema, &name);
        let query = "
            SELECT c.relkind IN ('r', 'p') AS is_table,
                   (SELECT coalesce(pg_catalog.json_object_agg(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)), '{}')
                    FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = $2";
        let there: Option<There> = sql::rows(query, &[found.schema.as_str().into(), name.as_str().into()])?.pop();
        let (mut known, is_new) = match there {
            Some(there) if there.is_table => (there.columns, false),
            Some(_) => {
                let message = format!("{qualified} already exists and is not a table that rows can be moved to");
                return Err(Failure::new(PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE, message)
                    .hint("Rename it, and adopt the table again."));
            }
            None => (HashMap::new(), true),
        };
        if is_new {
            Spi::run(&format!("CREATE TABLE {qualified} ()"))?;
            let comment = quote_literal(format!(
                "Rows of {} that odoo_sync.adopt() moved here, since they correspond to no single record",
                found.name
            ));
            Spi::run(&format!("COMMENT ON TABLE {qualified} IS {comment}"))?;
        }
        let mut columns = Vec::new();
        for column in &found.columns {
            let name = place(column, &known);
            if known.insert(name.clone(), column.sql_type.clone()).is_none() {
                let (to, from) = (quote_identifier(&name), &column.sql_type);
                Spi::run(&format!("ALTER TABLE {qualified} ADD COLUMN {to} {from}"))?;
            }
            columns.push((super::adoption::quoted(column), quote_identifier(&name)));
        }
        for (name, sql_type) in [(SET_ASIDE_AT, "timestamptz"), (REASON, "text")] {
            Spi::run(&format!("ALTER TABLE {qualified} ADD COLUMN IF NOT EXISTS {name} {sql_type}"))?;
        }
        Ok(Beside { qualified, columns })
    }

    /// Moves the rows without a valid id, and the older ones of the same id.
    fn take(&self, found: &Found, judged: &str) -> Result<(), Failure> {
        let list =
            |columns: &mut dyn Iterator<Item = String>| columns.map(|name| format!("{name}, ")).collect::<String>();
        let places: Vec<String> = (1..=self.columns.len()).map(|number| format!("c{number}")).collect();
        let why = match found.column("id") {
            None => "'the table had no column id'".to_string(),
            Some(_) => "CASE WHEN is_empty THEN 'id is NULL' WHEN odoo_id IS NULL THEN 'id is no positive whole number'
                             ELSE 'a newer row has the id ' || odoo_id END"
                .to_string(),
        };
        Spi::run(&format!(
            "WITH judged AS ({judged}),
                  moved ({of_places}odoo_id, is_empty) AS (
                      DELETE FROM {table} AS t USING judged
                      WHERE t.ctid = judged.place AND (judged.odoo_id IS NULL OR judged.rank > 1)
                      RETURNING {of_table}judged.odoo_id, judged.is_empty)
             INSERT INTO {beside} ({of_beside}{SET_ASIDE_AT}, {REASON})
             SELECT {of_places}pg_catalog.now(), {why} FROM moved",
            of_places = list(&mut places.iter().cloned()),
            table = found.qualified(),
            of_table = list(&mut self.columns.iter().map(|(from, _)| format!("t.{from}"))),
            beside = self.qualified,
            of_beside = list(&mut self.columns.iter().map(|(_, to)| to.clone())),
        ))?;
        Ok(())
    }
}

/// The column of the set-aside table for a column's values: the one of its name, if that has its type or does not
/// exist yet, else `name_1`, or the next number.
fn place(column: &FoundColumn, known: &HashMap<String, String>) -> String {
    let is_free = |name: &String| {
        !matches!(name.as_str(), SET_ASIDE_AT | REASON)
            && known.get(name).is_none_or(|sql_type| *sql_type == column.sql_type)
    };
    std::iter::once(column.name.clone())
        .chain((1..).map(|number| format!("{}_{number}", column.name)))
        .find(is_free)
        .unwrap_or_default()
}

/// The set-aside table's name, such as `invoices_set_aside`; a long name is truncated to leave room for the suffix.
fn name_beside(table: &str) -> String {
    const SUFFIX: &str = "_set_aside";
    format!("{}{SUFFIX}", cut(table, LONGEST_NAME - SUFFIX.len()))
}
