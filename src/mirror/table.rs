//! A mirror's table: made where it is missing, widened where Odoo has gained a field.

use crate::failure::Failure;
use crate::mirror::SYNCED_AT;
use crate::mirror::column::MirrorColumn;
use crate::sql;
use pgrx::prelude::*;
use pgrx::spi::{quote_identifier, quote_literal, quote_qualified_identifier};
use serde::Deserialize;
use std::collections::HashMap;

/// A mirror's table as it stands, and the columns that a run fills.
#[derive(Debug, Clone)]
pub struct Table {
    pub schema: String,
    pub name: String,
    pub columns: Vec<MirrorColumn>,
}

#[derive(Deserialize)]
struct Existing {
    is_table: bool,
    is_mirror: bool,
    columns: HashMap<String, String>,
}

impl Table {
    /// The quoted, schema-qualified name.
    pub fn qualified(&self) -> String {
        quote_qualified_identifier(&self.schema, &self.name)
    }

    /// Makes the table equal to what `columns` asks for, and returns it. What is there already is kept: nothing is
    /// ever dropped or rewritten, and a table that is no mirror is refused.
    pub fn ensure(
        schema: &str,
        name: &str,
        model: &str,
        columns: Vec<MirrorColumn>,
    ) -> Result<Table, Failure> {
        let table = Table {
            schema: schema.to_string(),
            name: name.to_string(),
            columns,
        };
        match table.existing()? {
            None => table.create(model)?,
            Some(existing) => {
                if !existing.is_table || !existing.is_mirror {
                    return Err(table.foreign());
                }
                table.add_missing(&existing.columns)?;
            }
        }
        Ok(table)
    }

    /// What stands under this name now. A mirror is told by its key and its time column rather than by a note of ours,
    /// so that it is still known after a restore, or after the extension was dropped and made again.
    fn existing(&self) -> Result<Option<Existing>, Failure> {
        let query = "
            SELECT c.relkind IN ('r', 'p') AS is_table,
                   EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute k
                             ON k.attrelid = i.indrelid AND k.attnum = i.indkey[0]
                           WHERE i.indrelid = c.oid AND i.indisprimary AND i.indnkeyatts = 1 AND k.attname = 'id')
                   AND EXISTS (SELECT FROM pg_catalog.pg_attribute s
                               WHERE s.attrelid = c.oid AND s.attname = '_synced_at' AND NOT s.attisdropped) AS is_mirror,
                   (SELECT pg_catalog.json_object_agg(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))
                    FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = $2";
        Ok(sql::rows(
            query,
            &[self.schema.as_str().into(), self.name.as_str().into()],
        )?
        .pop())
    }

    fn foreign(&self) -> Failure {
        Failure::new(
            PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE,
            format!(
                "{} is there already and is no mirror of odoo_sync; it was left untouched",
                self.qualified()
            ),
        )
        .hint("Rename it or move it to another schema, and run again.")
    }

    fn create(&self, model: &str) -> Result<(), Failure> {
        let schema = quote_identifier(&self.schema);
        let exists = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1";
        if Spi::connect(|client| {
            client
                .select(exists, None, &[self.schema.as_str().into()])
                .map(|found| found.is_empty())
        })? {
            Spi::run(&format!("CREATE SCHEMA {schema}"))?;
        }
        let columns: String = self
            .columns
            .iter()
            .map(|column| format!("{} {}, ", quote_identifier(&column.name), column.sql_type()))
            .collect();
        let table = self.qualified();
        Spi::run(&format!(
            "CREATE TABLE {table} (id bigint PRIMARY KEY, {columns}{SYNCED_AT} timestamptz NOT NULL)"
        ))?;
        let comment = quote_literal(format!("Odoo's {model}, kept equal by odoo_sync"));
        Spi::run(&format!("COMMENT ON TABLE {table} IS {comment}"))?;
        Spi::run(&format!(
            "COMMENT ON COLUMN {table}.{SYNCED_AT} IS 'When this row last changed here'"
        ))?;
        self.columns
            .iter()
            .try_for_each(|column| self.comment(column))
    }

    fn comment(&self, column: &MirrorColumn) -> Result<(), Failure> {
        let (name, label) = (quote_identifier(&column.name), quote_literal(&column.label));
        Ok(Spi::run(&format!(
            "COMMENT ON COLUMN {}.{name} IS {label}",
            self.qualified()
        ))?)
    }

    fn add_missing(&self, existing: &HashMap<String, String>) -> Result<(), Failure> {
        for column in self
            .columns
            .iter()
            .filter(|column| !existing.contains_key(&column.name))
        {
            let (name, kind) = (quote_identifier(&column.name), column.sql_type());
            Spi::run(&format!(
                "ALTER TABLE {} ADD COLUMN {name} {kind}",
                self.qualified()
            ))?;
            self.comment(column)?;
        }
        Ok(())
    }
}
