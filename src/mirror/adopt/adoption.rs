//! The state of an adoption: the table, and what was done to it so far.

use crate::failure::Failure;
use crate::mirror::adopt::found::{Found, FoundColumn};
use pgrx::prelude::*;
use pgrx::spi::quote_identifier;
use std::collections::HashMap;

/// One thing that adoption did or found, and to how many rows it applies.
pub struct Action {
    pub action: &'static str,
    pub detail: String,
    pub rows: Option<i64>,
}

/// A table that is being made a mirror.
pub struct Adoption {
    pub found: Found,
    pub actions: Vec<Action>,
    /// Why a column's type could not be changed, by the column's name.
    pub refusals: HashMap<String, String>,
}

impl Adoption {
    /// Records an action.
    pub fn tell(&mut self, action: &'static str, detail: impl Into<String>, rows: Option<i64>) {
        self.actions.push(Action { action, detail: detail.into(), rows });
    }

    /// Runs ALTER TABLE on the table.
    pub fn alter(&self, what: &str) -> Result<(), Failure> {
        Ok(Spi::run(&format!("ALTER TABLE {} {what}", self.found.qualified()))?)
    }

    /// Reads the table's current definition.
    pub fn look_again(&mut self) -> Result<(), Failure> {
        if let Some(found) = Found::look(self.found.oid())? {
            self.found = found;
        }
        Ok(())
    }
}

/// A column's name as a quoted identifier.
pub fn quoted(column: &FoundColumn) -> String {
    quote_identifier(&column.name)
}
