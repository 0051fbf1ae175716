//! A table on its way to being a mirror, and what was done to it so far.

use crate::failure::Failure;
use crate::mirror::adopt::found::{Found, FoundColumn};
use pgrx::prelude::*;
use pgrx::spi::quote_identifier;
use std::collections::HashMap;

/// One thing that was done, and how many rows it was done to.
pub struct Action {
    pub action: &'static str,
    pub detail: String,
    pub rows: Option<i64>,
}

/// A table on its way to being a mirror.
pub struct Adoption {
    pub found: Found,
    pub actions: Vec<Action>,
    /// Why columns could not be given another type.
    pub refusals: HashMap<String, String>,
}

impl Adoption {
    /// Notes what was done.
    pub fn tell(&mut self, action: &'static str, detail: impl Into<String>, rows: Option<i64>) {
        self.actions.push(Action { action, detail: detail.into(), rows });
    }

    /// Alters the table.
    pub fn alter(&self, what: &str) -> Result<(), Failure> {
        Ok(Spi::run(&format!("ALTER TABLE {} {what}", self.found.qualified()))?)
    }

    /// Reads the table's definition again, after changes.
    pub fn look_again(&mut self) -> Result<(), Failure> {
        if let Some(found) = Found::look(self.found.oid())? {
            self.found = found;
        }
        Ok(())
    }
}

/// A column's name, quoted where it has to be.
pub fn quoted(column: &FoundColumn) -> String {
    quote_identifier(&column.name)
}
