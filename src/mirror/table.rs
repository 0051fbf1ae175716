//! A mirror's table: created where missing, with columns added for new fields.

use crate::failure::Failure;
use crate::mirror::column::MirrorColumn;
use crate::mirror::names::{DELETED_AT, SYNCED_AT};
use crate::mirror::placement;
use crate::pg::identity::{can_become, contained, current_user};
use crate::pg::transaction::accept_invalidations;
use crate::pg::{savepoint, sql};
use pgrx::prelude::*;
use pgrx::spi::{quote_identifier, quote_literal, quote_qualified_identifier};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// A mirror's table as it stands, and the columns that a run fills.
#[derive(Debug, Clone)]
pub struct Table {
    pub schema: String,
    pub name: String,
    pub columns: Vec<MirrorColumn>,
    /// What Odoo keeps unique among the records.
    pub unique_key: Option<Vec<String>>,
    /// Whether rows of records that are gone can be marked rather than removed.
    pub has_marks: bool,
    /// Whether triggers or rules of the user's can change or leave out what is stored.
    pub has_triggers: bool,
    /// The role that it belongs to.
    pub owner: pg_sys::Oid,
}

/// What a mirror's table is asked to be.
pub struct Wanted<'a> {
    pub schema: &'a str,
    pub name: &'a str,
    pub model: &'a str,
    pub columns: Vec<MirrorColumn>,
    pub unique_key: Option<Vec<String>>,
    /// Whether the type marks the rows of records that are gone.
    pub marks: bool,
    /// Which column each field was in when the mirror was last filled; None: it never was, and takes the columns as
    /// they are.
    pub known: Option<&'a HashMap<String, String>>,
}

/// What became of a mirror's table.
pub struct Ensured {
    pub table: Table,
    pub is_new: bool,
    /// The columns that a table which was there has gained, which are empty still.
    pub gained: Vec<MirrorColumn>,
}

/// A column's type, in SQL over `pg_attribute a`: as `format_type` spells it, with a mark behind it, which no field's
/// values fit, where values cannot be put into the column as they are, or different texts count as equal in it.
pub(super) const COLUMN_TYPE: &str = "
    pg_catalog.format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attgenerated <> '' THEN ' generated' WHEN a.attidentity <> '' THEN ' identity'
            WHEN EXISTS (SELECT FROM pg_catalog.pg_collation l WHERE l.oid = a.attcollation AND NOT l.collisdeterministic)
            THEN ' of a collation that is not deterministic' ELSE '' END";

#[derive(Deserialize)]
struct Existing {
    is_table: bool,
    is_mirror: bool,
    is_adoptable: bool,
    has_triggers: bool,
    has_row_security: bool,
    is_writable: bool,
    owner: u32,
    columns: HashMap<String, String>,
}

impl Table {
    /// The quoted, schema-qualified name.
    pub fn qualified(&self) -> String {
        quote_qualified_identifier(&self.schema, &self.name)
    }

    /// The column that a field's values are in.
    pub fn column_of(&self, field: &str) -> Option<&str> {
        let column = self.columns.iter().find(|column| column.field == field)?;
        Some(&column.name)
    }

    /// Makes the table into what is wanted. What is there already is kept: nothing is ever dropped or rewritten, a
    /// column of somebody's own is left alone, and a table that is no mirror is refused.
    pub fn ensure(wanted: Wanted) -> Result<Ensured, Failure> {
        let mut table = Table::named(wanted.schema, wanted.name, wanted.columns);
        table.unique_key = wanted.unique_key;
        let mut gained = Vec::new();
        let existing = table.existing()?;
        let is_new = existing.is_none();
        match existing {
            None => table.create(wanted.model, !wanted.marks)?,
            Some(existing) => {
                table.check_mirror(&existing)?;
                table.check_rights(&existing)?;
                gained = table.take_up(existing, wanted.known)?;
                if !gained.is_empty() {
                    table.lock_to_change()?;
                }
                for column in &gained {
                    table.add(column).map_err(|failure| {
                        failure.at(format!("{}, whose column {} is new", table.qualified(), column.name))
                    })?;
                }
            }
        }
        if wanted.marks {
            table.ensure_marks()?;
        }
        Ok(Ensured { table, is_new, gained })
    }

    /// Fails where the current user may not fill the table. It is written as its owner, so that what the owner has put
    /// on it (triggers, checks, defaults) never has the rights of whoever runs: who is not the owner needs all rights
    /// that takes.
    fn check_rights(&self, existing: &Existing) -> Result<(), Failure> {
        if can_become(current_user(), pg_sys::Oid::from(existing.owner)) {
            return Ok(());
        }
        let table = self.qualified();
        let denied = |message| Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message);
        if !existing.is_writable {
            return Err(denied(format!("permission denied for table {table}"))
                .hint("It takes SELECT, INSERT, UPDATE and DELETE on it, or membership in the role that owns it."));
        }
        if existing.has_row_security {
            return Err(denied(format!("{table} has row-level security, and another owner"))
                .hint("It takes membership in the role that owns it."));
        }
        Ok(())
    }

    /// Records the table's definition and assigns a column to each field; returns the columns that must be added.
    fn take_up(
        &mut self,
        existing: Existing,
        known: Option<&HashMap<String, String>>,
    ) -> Result<Vec<MirrorColumn>, Failure> {
        self.has_marks = existing.columns.contains_key(DELETED_AT);
        self.has_triggers = existing.has_triggers;
        self.owner = pg_sys::Oid::from(existing.owner);
        let mut free = existing.columns;
        if let Some(known) = known {
            for name in self.of_somebody(&free, known)? {
                // no field's values fit
                free.insert(name, String::new());
            }
        }
        Ok(placement::place(&mut self.columns, &free, known))
    }

    /// The columns that bear the name of a field that is new, and have values: somebody's own. What a field of Odoo's
    /// has left behind is empty.
    fn of_somebody(
        &self,
        existing: &HashMap<String, String>,
        known: &HashMap<String, String>,
    ) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        let is_new =
            |column: &&MirrorColumn| !known.contains_key(&column.field) && existing.contains_key(&column.field);
        for column in self.columns.iter().filter(is_new) {
            let query = format!(
                "SELECT EXISTS (SELECT FROM {} WHERE {} IS NOT NULL)",
                self.qualified(),
                quote_identifier(&column.field)
            );
            if sql::value::<bool>(&query, &[])? == Some(true) {
                found.push(column.field.clone());
            }
        }
        Ok(found)
    }

    /// Adds the column that marks rows of deleted records, and drops the unique constraint, which those may violate.
    fn ensure_marks(&mut self) -> Result<(), Failure> {
        let qualified = self.qualified();
        let is_kept_unique = self.is_kept_unique()?;
        if !self.has_marks || is_kept_unique {
            self.lock_to_change()?;
        }
        if !self.has_marks {
            Spi::run(&format!("ALTER TABLE {qualified} ADD COLUMN {DELETED_AT} timestamptz"))?;
            Spi::run(&format!(
                "COMMENT ON COLUMN {qualified}.{DELETED_AT} IS 'When the record was found to be gone from Odoo'"
            ))?;
            self.has_marks = true;
        }
        // a marked row keeps the name that Odoo may give to another record
        if is_kept_unique {
            let constraint = quote_identifier(self.unique_constraint());
            Spi::run(&format!("ALTER TABLE {qualified} DROP CONSTRAINT {constraint}"))?;
        }
        Ok(())
    }

    /// What stands under this name now. A mirror is told by its key and its time column rather than by a note of ours,
    /// so that it is still known after a restore, or after the extension was dropped and made again.
    fn existing(&self) -> Result<Option<Existing>, Failure> {
        let query = format!(
            "
            SELECT c.relkind IN ('r', 'p') AS is_table,
                   EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute k
                             ON k.attrelid = i.indrelid AND k.attnum = i.indkey[0]
                           WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate AND i.indnkeyatts = 1
                             AND k.attname = 'id' AND k.atttypid = 'pg_catalog.int8'::pg_catalog.regtype)
                   AND EXISTS (SELECT FROM pg_catalog.pg_attribute s
                               WHERE s.attrelid = c.oid AND s.attname = '_synced_at' AND s.atttypid = 'pg_catalog.timestamptz'::pg_catalog.regtype
                                 AND NOT s.attisdropped) AS is_mirror,
                   c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h
                                                   WHERE c.oid IN (h.inhrelid, h.inhparent)) AS is_adoptable,
                   c.relhasrules OR EXISTS (SELECT FROM pg_catalog.pg_trigger t
                                            WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) AS has_triggers,
                   c.relrowsecurity AS has_row_security,
                   pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_table_privilege(c.oid, 'INSERT')
                   AND pg_catalog.has_table_privilege(c.oid, 'UPDATE') AND pg_catalog.has_table_privilege(c.oid, 'DELETE')
                       AS is_writable,
                   c.relowner::bigint AS owner,
                   (SELECT coalesce(pg_catalog.json_object_agg(a.attname, {COLUMN_TYPE}), '{{}}')
                    FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = $2"
        );
        Ok(sql::rows(&query, &[self.schema.as_str().into(), self.name.as_str().into()])?.pop())
    }

    /// Fails where what stands under the name is no mirror.
    fn check_mirror(&self, existing: &Existing) -> Result<(), Failure> {
        if existing.is_table && existing.is_mirror {
            return Ok(());
        }
        Err(Failure::new(
            PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE,
            format!("{} is there already and is no mirror of odoo_sync; it was left untouched", self.qualified()),
        )
        .hint(if existing.is_adoptable {
            "odoo_sync.adopt() makes it the mirror; or rename it, or move it to another schema, and run again."
        } else {
            "Rename it, or move it to another schema, and run again; only an ordinary table can be adopted."
        }))
    }

    fn create(&self, model: &str, is_unique: bool) -> Result<(), Failure> {
        self.ensure_schema()?;
        let columns: String = self
            .columns
            .iter()
            .map(|column| format!("{} {}, ", quote_identifier(&column.name), column.sql_type()))
            .collect();
        let table = self.qualified();
        let unique = self.unique_clause().filter(|_| is_unique);
        let unique = unique.map_or_else(String::new, |clause| format!(", {clause}"));
        Spi::run(&format!(
            "CREATE TABLE {table} (id bigint PRIMARY KEY, {columns}{SYNCED_AT} timestamptz NOT NULL{unique})"
        ))?;
        self.describe(model)?;
        Spi::run(&format!("COMMENT ON COLUMN {table}.{SYNCED_AT} IS 'When this row last changed here'"))?;
        self.columns.iter().try_for_each(|column| self.comment(column))
    }

    /// Creates the schema unless it exists. Two runs of different types may be the first at the same time: IF NOT
    /// EXISTS would not help then, since the other's row is invisible until it commits, and fails the unique index
    /// after that.
    fn ensure_schema(&self) -> Result<(), Failure> {
        let exists = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)";
        let exists = || sql::value::<bool>(exists, &[self.schema.as_str().into()]);
        if exists()? == Some(true) {
            return Ok(());
        }
        let create = format!("CREATE SCHEMA {}", quote_identifier(&self.schema));
        let is_there = |failure: &Failure| {
            failure.is(PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION) || failure.is(PgSqlErrorCode::ERRCODE_DUPLICATE_SCHEMA)
        };
        match savepoint::attempt(|| Ok(Spi::run(&create)?)) {
            Err(failure) if is_there(&failure) => {
                accept_invalidations();
                Ok(())
            }
            created => created,
        }
    }

    /// Says in the table's comment what it is.
    pub(super) fn describe(&self, model: &str) -> Result<(), Failure> {
        let comment = quote_literal(format!("Odoo's {model}, kept equal by odoo_sync"));
        Ok(Spi::run(&format!("COMMENT ON TABLE {} IS {comment}", self.qualified()))?)
    }

    fn comment(&self, column: &MirrorColumn) -> Result<(), Failure> {
        let (name, label) = (quote_identifier(&column.name), quote_literal(&column.label));
        Ok(Spi::run(&format!("COMMENT ON COLUMN {}.{name} IS {label}", self.qualified()))?)
    }

    fn add(&self, column: &MirrorColumn) -> Result<(), Failure> {
        let (name, kind) = (quote_identifier(&column.name), column.sql_type());
        Spi::run(&format!("ALTER TABLE {} ADD COLUMN {name} {kind}", self.qualified()))?;
        self.comment(column)
    }

    /// Empties the columns whose fields Odoo no longer has; they stay, since views may use them.
    pub fn empty(&self, columns: &[&String]) -> Result<(), Failure> {
        let Some(existing) = self.existing()? else {
            return Ok(());
        };
        let columns = columns.iter().filter(|column| existing.columns.contains_key(**column));
        for column in columns.map(quote_identifier) {
            let statement = format!(
                "UPDATE {} SET {column} = NULL, {SYNCED_AT} = pg_catalog.now() WHERE {column} IS NOT NULL",
                self.qualified()
            );
            contained(|| Spi::run(&statement))?;
        }
        Ok(())
    }

    /// The mirror as it stands, with those of the columns that it has, and the ones that a run would add; None when a
    /// run would make the table. Changes nothing.
    ///
    /// # Errors
    /// A table that is there and is no mirror.
    pub fn find(
        schema: &str,
        name: &str,
        columns: Vec<MirrorColumn>,
        known: Option<&HashMap<String, String>>,
    ) -> Result<Option<(Table, Vec<MirrorColumn>)>, Failure> {
        let mut table = Table::named(schema, name, columns);
        let Some(existing) = table.existing()? else {
            return Ok(None);
        };
        table.check_mirror(&existing)?;
        let names: HashSet<String> = existing.columns.keys().cloned().collect();
        let gained = table.take_up(existing, known)?;
        table.columns.retain(|column| names.contains(&column.name));
        Ok(Some((table, gained)))
    }

    /// Whether a mirror stands under this name.
    pub fn is_mirror(schema: &str, name: &str) -> Result<bool, Failure> {
        let existing = Table::named(schema, name, Vec::new()).existing()?;
        Ok(existing.is_some_and(|existing| existing.is_table && existing.is_mirror))
    }

    fn named(schema: &str, name: &str, columns: Vec<MirrorColumn>) -> Table {
        Table {
            schema: schema.to_string(),
            name: name.to_string(),
            columns,
            unique_key: None,
            has_marks: false,
            has_triggers: false,
            owner: current_user(),
        }
    }
}
