//! `load_catalogue()`: how the built-in rows of the catalogue get into it, in a new installation and in an upgrade.

use crate::failure::{Failure, guarded};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// The rows, as INSERT statements.
const BUILTIN: &str = include_str!("../../sql/catalogue.sql");

/// Replaces the built-in rows by those of this version, and leaves a user's own as they are; one of these that has a
/// built-in row's place keeps it.
///
/// An upgrade over several versions calls it once for each, with the library of the last: the tables may not be what this
/// version's rows need until then, so that the calls before do nothing.
#[pg_extern]
fn load_catalogue() -> Result<(), ErrorReport> {
    guarded(|| {
        let installed = Spi::get_one::<String>(
            "SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'odoo_sync'",
        )?;
        if installed.as_deref() != Some(env!("CARGO_PKG_VERSION")) {
            return Ok(());
        }
        for statement in [
            // no type's name begins with a space after this: the user's rows make room
            "DELETE FROM odoo_sync.mirrors WHERE builtin",
            "UPDATE odoo_sync.mirrors SET type = ' ' || type",
            BUILTIN,
            "DELETE FROM odoo_sync.mirrors b USING odoo_sync.mirrors o
             WHERE b.builtin AND NOT o.builtin
               AND (' ' || b.type, b.table_name, b.since) = (o.type, o.table_name, o.since)",
            "UPDATE odoo_sync.mirrors SET type = pg_catalog.substr(type, 2) WHERE NOT builtin",
        ] {
            Spi::run(statement).map_err(Failure::from)?;
        }
        Ok(())
    })
}
