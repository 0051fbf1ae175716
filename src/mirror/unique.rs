//! Names that Odoo keeps unique, such as a posted invoice's within its journal, and what two rows with the same one
//! mean.

use crate::failure::Failure;
use crate::mirror::names::cut;
use crate::mirror::table::Table;
use pgrx::prelude::*;
use pgrx::spi::quote_identifier;

/// Two rows with the same key, the first of them in the page that was just written.
#[derive(Debug, Clone, Copy)]
pub struct Clash {
    pub of_page: i64,
    pub other: i64,
}

impl Table {
    /// The clause of CREATE or ALTER TABLE that keeps the key unique, for a table that has all of its columns. It is
    /// checked at the end of a transaction, so that two records may swap their names in one page.
    pub(super) fn unique_clause(&self) -> Option<String> {
        let key = self.usable_key()?;
        let quoted: Vec<String> = key.iter().map(quote_identifier).collect();
        let name = quote_identifier(self.unique_constraint());
        let key = quoted.join(", ");
        Some(format!("CONSTRAINT {name} UNIQUE ({key}) DEFERRABLE INITIALLY DEFERRED"))
    }

    /// Adds the unique constraint where it is missing, as after the type has stopped marking rows.
    pub fn ensure_unique(&self) -> Result<(), Failure> {
        let Some(clause) = self.unique_clause() else {
            return Ok(());
        };
        if !self.is_kept_unique()? {
            self.lock_to_change()?;
            Spi::run(&format!("ALTER TABLE {} ADD {clause}", self.qualified()))?;
        }
        Ok(())
    }

    /// Whether the constraint exists.
    pub(super) fn is_kept_unique(&self) -> Result<bool, Failure> {
        let query = "SELECT EXISTS (SELECT FROM pg_catalog.pg_constraint
                     WHERE conrelid = $1::regclass AND conname = $2)";
        let arguments = [self.qualified().into(), self.unique_constraint().into()];
        Ok(Spi::get_one_with_args::<bool>(query, &arguments)? == Some(true))
    }

    /// The constraint's name.
    pub(super) fn unique_constraint(&self) -> String {
        format!("{}_odoo_key", cut(&self.name, 50))
    }

    /// The key's columns, where the table has them all.
    fn usable_key(&self) -> Option<Vec<&str>> {
        let key = self.unique_key.as_ref()?;
        key.iter().map(|field| self.column_of(field)).collect()
    }

    /// The pairs of rows that have the same key now, one of them among `ids`.
    pub fn clashes(&self, ids: &[i64]) -> Result<Vec<Clash>, Failure> {
        let Some(key) = self.usable_key() else {
            return Ok(Vec::new());
        };
        let same: Vec<String> =
            key.iter().map(|name| format!("other.{0} = mirror.{0}", quote_identifier(name))).collect();
        let query = format!(
            "SELECT mirror.id, other.id FROM {0} AS mirror JOIN {0} AS other ON {1} AND other.id <> mirror.id
             WHERE mirror.id = ANY ($1) AND {2} ORDER BY 1, 2",
            self.qualified(),
            same.join(" AND "),
            // the marked row of a record that is gone may share its name with another's
            self.present("other")
        );
        Spi::connect(|client| {
            let mut clashes = Vec::new();
            for row in client.select(query.as_str(), None, &[ids.to_vec().into()])? {
                if let (Some(of_page), Some(other)) = (row.get::<i64>(1)?, row.get::<i64>(2)?) {
                    clashes.push(Clash { of_page, other });
                }
            }
            Ok(clashes)
        })
    }
}
