//! The indexes of the catalogue, created once after the first load; after that the user may keep or drop them.

use crate::failure::Failure;
use crate::mirror::names::cut;
use crate::mirror::table::Table;
use pgrx::prelude::*;
use pgrx::spi::quote_identifier;

impl Table {
    /// Makes the indexes of the catalogue's list, each `column` or `column,column`, where `a|b` is the first that is
    /// there. After the first load rather than before it: building an index sorts once, filling it costs every row.
    pub fn create_indexes(&self, indexes: &[String]) -> Result<(), Failure> {
        for index in indexes {
            let columns: Option<Vec<&str>> = index.split(',').map(|name| self.first_column(name)).collect();
            let Some(columns) = columns else { continue };
            let quoted: Vec<String> = columns.iter().map(quote_identifier).collect();
            // PostgreSQL cuts names at 63 bytes, which would make two long ones the same
            let mut name = format!("{}_{}_idx", self.name, columns.join("_"));
            if name.len() > 63 {
                name = format!("{}_{:08x}", cut(&name, 50), fnv(&name));
            }
            Spi::run(&format!(
                "CREATE INDEX IF NOT EXISTS {} ON {} ({})",
                quote_identifier(&name),
                self.qualified(),
                quoted.join(", ")
            ))?;
        }
        Ok(())
    }

    fn first_column(&self, alternatives: &str) -> Option<&str> {
        alternatives.split('|').map(str::trim).find_map(|field| self.column_of(field))
    }
}

/// A short, stable mark of a long name.
fn fnv(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
