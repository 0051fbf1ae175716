//! `load_catalogue()`: loads the catalogue's built-in rows, on CREATE EXTENSION and on ALTER EXTENSION UPDATE.

use crate::api::guard::guarded_in_any_version;
use crate::failure::Failure;
use crate::state::extension;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// The rows, as INSERT statements.
const BUILTIN: &str = include_str!("../../sql/catalogue.sql");

/// Replaces the built-in rows by those of this version; a trigger gives a user's row precedence over a built-in one.
///
/// An upgrade over several versions calls it once for each, with the library of the last one. Until the last call the
/// tables may lack what this version's rows need, so that the earlier calls do nothing.
#[pg_extern]
fn load_catalogue() -> Result<(), ErrorReport> {
    guarded_in_any_version(|| {
        if extension::of_extension()? == extension::OF_LIBRARY {
            Spi::run("DELETE FROM odoo_sync.mirrors WHERE builtin").map_err(Failure::from)?;
            Spi::run(BUILTIN).map_err(Failure::from)?;
        }
        Ok(())
    })
}
