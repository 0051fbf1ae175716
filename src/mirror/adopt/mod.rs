//! Making a table that is there already the mirror, in the transaction of whoever asks for it.
//!
//! What the table has is kept, save for what would keep Odoo's records out: of its rows those that are no one record's
//! go to a table beside it, of its constraints the ones that Odoo's records do not keep to are dropped. Everything that
//! is done is told.

mod adoption;
mod conversion;
mod found;
mod obstacle;
mod set_aside;

pub use adoption::Action;
pub use found::Found;

use crate::failure::Failure;
use crate::mirror::column::MirrorColumn;
use crate::mirror::names::{DELETED_AT, SYNCED_AT};
use crate::mirror::table::{Ensured, Table, Wanted};
use crate::pg::savepoint;
use adoption::Adoption;
use found::FoundColumn;
use pgrx::prelude::*;
use pgrx::spi::{quote_identifier, quote_literal};
use std::collections::HashMap;

/// Makes the table the mirror that is wanted; `odoo_ids` are the ids that Odoo lists for it.
///
/// # Errors
/// What [`Found::check`] refuses; an `id` that cannot be made bigint; a foreign key of another table that is in the
/// way.
pub fn adopt(found: Found, wanted: Wanted, odoo_ids: &[i64]) -> Result<Vec<Action>, Failure> {
    found.check()?;
    let model = wanted.model.to_string();
    let mut adoption = Adoption { found, actions: Vec::new(), refusals: HashMap::new() };
    adoption.set_aside()?;
    adoption.drop_obstacles(&wanted.columns)?;
    adoption.settle_id()?;
    adoption.settle_own_columns()?;
    adoption.convert(&wanted.columns)?;
    adoption.look_again()?;
    adoption.free_places(&wanted.columns)?;
    adoption.add_key()?;
    let Ensured { table, gained, .. } = Table::ensure(wanted)?;
    adoption.tell_gained(&gained)?;
    adoption.add_unique_key(&table)?;
    adoption.tell_kept(&table.columns);
    adoption.tell_rows(&table, &model, odoo_ids)?;
    Ok(adoption.actions)
}

impl Adoption {
    /// Makes `id` a bigint that nothing but Odoo fills; its rows are all whole numbers by now.
    fn settle_id(&mut self) -> Result<(), Failure> {
        let Some(id) = self.found.column("id") else {
            self.alter("ADD COLUMN id bigint")?;
            self.tell("added", "column id bigint: there was none", None);
            return Ok(());
        };
        let id = id.clone();
        if id.is_identity {
            self.alter("ALTER COLUMN id DROP IDENTITY")?;
            self.tell("dropped", "the identity of id: its numbers are Odoo's from now on", None);
        }
        if let Some(default) = &id.default {
            self.alter("ALTER COLUMN id DROP DEFAULT")?;
            let detail = format!("the default of id, {default}: its numbers are Odoo's from now on");
            self.tell("dropped", detail, None);
        }
        if id.sql_type == "bigint" {
            return Ok(());
        }
        let number = found::number(&id).unwrap_or_else(|| "id::bigint".to_string());
        savepoint::attempt(|| self.alter(&format!("ALTER COLUMN id TYPE bigint USING {number}")))
            .map_err(|failure| self.cannot_convert_id(failure))?;
        self.tell("converted", format!("column id from {} to bigint", id.sql_type), None);
        Ok(())
    }

    fn cannot_convert_id(&self, failure: Failure) -> Failure {
        if failure.is_cancelled() {
            return failure;
        }
        let users = self.found.id_users.join(", ");
        let hint = if users.is_empty() {
            "Make it bigint with ALTER TABLE ... ALTER COLUMN id TYPE bigint, and adopt again.".to_string()
        } else {
            format!("In the way: {users}. Drop that, adopt, and make it again.")
        };
        let message = format!("column id of {} cannot be made bigint: {}", self.found.qualified(), failure.message);
        Failure { message, ..failure }.hint(hint)
    }

    /// Frees the names that a mirror's own columns have, and adds the time of a row's last change.
    fn settle_own_columns(&mut self) -> Result<(), Failure> {
        self.rename_away(DELETED_AT, |_| false)?;
        let is_time = |column: &FoundColumn| column.sql_type == "timestamp with time zone" && !column.is_generated;
        self.rename_away(SYNCED_AT, is_time)?;
        if self.found.column(SYNCED_AT).is_some() {
            let qualified = self.found.qualified();
            Spi::run(&format!("UPDATE {qualified} SET {SYNCED_AT} = pg_catalog.now() WHERE {SYNCED_AT} IS NULL"))?;
            return self
                .alter(&format!("ALTER COLUMN {SYNCED_AT} DROP DEFAULT, ALTER COLUMN {SYNCED_AT} SET NOT NULL"));
        }
        self.alter(&format!("ADD COLUMN {SYNCED_AT} timestamptz NOT NULL DEFAULT pg_catalog.now()"))?;
        self.alter(&format!("ALTER COLUMN {SYNCED_AT} DROP DEFAULT"))?;
        self.tell("added", format!("column {SYNCED_AT} timestamptz: when a row last changed here"), None);
        Ok(())
    }

    /// Renames a column of the user's that has the name of one of ours, unless it will do for it.
    fn rename_away(&mut self, name: &str, will_do: impl Fn(&FoundColumn) -> bool) -> Result<(), Failure> {
        if self.found.column(name).is_none_or(will_do) {
            return Ok(());
        }
        let free = (1..)
            .map(|number| format!("{name}_{number}"))
            .find(|free| self.found.column(free).is_none())
            .unwrap_or_default();
        let (old, new) = (quote_identifier(name), quote_identifier(&free));
        self.alter(&format!("RENAME COLUMN {old} TO {new}"))?;
        for column in &mut self.found.columns {
            if column.name == name {
                column.name = free.clone();
            }
        }
        self.tell("renamed", format!("column {name} to {free}: the mirror has one of that name of its own"), None);
        Ok(())
    }

    /// Puts the primary key on, unless it is there.
    fn add_key(&mut self) -> Result<(), Failure> {
        if self.found.has_key() {
            return Ok(());
        }
        self.alter("ADD PRIMARY KEY (id)")?;
        self.tell("added", "PRIMARY KEY (id)", None);
        Ok(())
    }

    fn tell_gained(&mut self, gained: &[MirrorColumn]) -> Result<(), Failure> {
        let (own, beside): (Vec<&MirrorColumn>, Vec<&MirrorColumn>) =
            gained.iter().partition(|column| column.name == column.field);
        if !own.is_empty() {
            let list: Vec<String> = own.iter().map(|column| format!("{} {}", column.name, column.sql_type())).collect();
            self.tell("added", format!("columns {}", list.join(", ")), None);
        }
        beside.into_iter().try_for_each(|column| self.tell_beside(column))
    }

    /// Tells of a column beside the field's own, here and in the comment of the one that is no longer filled.
    fn tell_beside(&mut self, column: &MirrorColumn) -> Result<(), Failure> {
        let MirrorColumn { name, field, .. } = column;
        let old_type = self.found.column(field).map_or("", |old| old.usable_type.as_str());
        let why = match self.refusals.get(field) {
            Some(why) => format!(", which cannot be changed: {why}"),
            None => String::new(),
        };
        let sql_type = column.sql_type();
        let detail = format!(
            "column {name} {sql_type} for the values of {field}, which keeps its own as they are: it is {old_type}{why}"
        );
        self.tell("added beside", detail, None);
        let query = "SELECT pg_catalog.col_description($1, attnum) IS NULL FROM pg_catalog.pg_attribute
                     WHERE attrelid = $1 AND attname = $2";
        let arguments = [self.found.oid().into(), field.as_str().into()];
        if Spi::get_one_with_args::<bool>(query, &arguments)? == Some(true) {
            let (table, old) = (self.found.qualified(), quote_identifier(field));
            let comment = quote_literal(format!("No longer filled: Odoo's {field} is in {name}"));
            Spi::run(&format!("COMMENT ON COLUMN {table}.{old} IS {comment}"))?;
        }
        Ok(())
    }

    /// Adds the unique constraint, if the existing rows satisfy it.
    fn add_unique_key(&mut self, table: &Table) -> Result<(), Failure> {
        let Some(clause) = table.unique_clause() else {
            return Ok(());
        };
        match savepoint::attempt(|| self.alter(&format!("ADD {clause}"))) {
            Ok(()) => self.tell("added", clause, None),
            Err(failure) if failure.is_cancelled() => return Err(failure),
            Err(failure) => {
                let why = failure.detail.unwrap_or(failure.message);
                self.tell("left out", format!("{clause}: {why}"), None);
            }
        }
        Ok(())
    }

    /// Tells of what stays and may keep out a record or change it.
    fn tell_kept(&mut self, columns: &[MirrorColumn]) {
        for column in columns {
            let narrow = |found: &&FoundColumn| conversion::is_narrow(column, found);
            if let Some(found) = self.found.column(&column.name).filter(narrow) {
                let why = self.refusals.get(&found.name).map_or("", String::as_str);
                let detail = format!(
                    "column {} {}: a number beyond 2147483647 is refused; it cannot be changed: {why}",
                    found.name, found.sql_type
                );
                self.tell("kept", detail, None);
            }
        }
        for (what, consequence) in self.found.kept() {
            self.tell("kept", format!("{what}: {consequence}"), None);
        }
    }

    fn tell_rows(&mut self, table: &Table, model: &str, odoo_ids: &[i64]) -> Result<(), Failure> {
        let rows = table.count()? as i64;
        let beyond = table.ids_beyond(odoo_ids)?.len() as i64;
        if beyond > 0 {
            let detail =
                "rows with an id that Odoo does not list: the next run removes them, with force => true if they are more than half of the table".to_string();
            self.tell("not in Odoo", detail, Some(beyond));
        }
        let comment = "SELECT pg_catalog.obj_description($1, 'pg_class') IS NULL";
        let is_bare = Spi::get_one_with_args::<bool>(comment, &[self.found.oid().into()])?;
        if is_bare == Some(true) {
            table.describe(model)?;
        }
        let detail = format!("{} is the mirror of {model} now; the next run reads everything", self.found.qualified());
        self.tell("adopted", detail, Some(rows));
        Ok(())
    }
}
