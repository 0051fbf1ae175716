//! Drops the keys and NOT NULLs that Odoo's records may violate.

use super::adoption::Adoption;
use super::found::FoundColumn;
use crate::failure::Failure;
use crate::mirror::column::MirrorColumn;
use crate::mirror::names::SYNCED_AT;
use pgrx::prelude::*;
use pgrx::spi::{quote_identifier, quote_qualified_identifier};

impl Adoption {
    /// Drops the keys and NOT NULLs that Odoo's records may violate. The mirror's primary key is added later, once no
    /// other blocks it.
    pub(super) fn drop_obstacles(&mut self, columns: &[MirrorColumn]) -> Result<(), Failure> {
        let obstacles: Vec<_> = self.found.obstacles().cloned().collect();
        for index in obstacles {
            if index.is_constraint {
                self.alter(&format!("DROP CONSTRAINT {}", quote_identifier(&index.name)))?;
            } else {
                let name = quote_qualified_identifier(&self.found.schema, &index.name);
                Spi::run(&format!("DROP INDEX {name}"))?;
            }
            let why = match index.is_primary {
                true => "the key of a mirror is id",
                false => "Odoo's records may violate it",
            };
            let detail = format!("{} {}: {why}", index.name, index.definition);
            self.tell("dropped", detail, None);
        }
        self.drop_not_nulls(columns)
    }

    /// Drops NOT NULL from columns that no field fills or that Odoo may have no value for, unless they fill themselves.
    fn drop_not_nulls(&mut self, columns: &[MirrorColumn]) -> Result<(), Failure> {
        let fills_itself = |column: &FoundColumn| {
            let is_field = columns.iter().any(|wanted| wanted.field == column.name);
            column.is_identity || column.is_generated || !is_field && column.default.is_some()
        };
        let is_own = |column: &FoundColumn| matches!(column.name.as_str(), "id" | SYNCED_AT);
        let strict: Vec<FoundColumn> = self
            .found
            .columns
            .iter()
            .filter(|column| column.not_null && !is_own(column) && !fills_itself(column))
            .cloned()
            .collect();
        if strict.is_empty() {
            return Ok(());
        }
        let changes: Vec<String> = strict
            .iter()
            .map(|column| format!("ALTER COLUMN {} DROP NOT NULL", super::adoption::quoted(column)))
            .collect();
        self.alter(&changes.join(", "))?;
        let names: Vec<&str> = strict.iter().map(|column| column.name.as_str()).collect();
        let detail = format!("NOT NULL on {}: Odoo may have no value for them", names.join(", "));
        self.tell("dropped", detail, None);
        Ok(())
    }
}
