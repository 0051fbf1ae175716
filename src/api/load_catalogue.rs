//! `load_catalogue()`: how the built-in rows of the catalogue get into it, in a new installation and in an upgrade.

use crate::api::guard::guarded_in_any_version;
use crate::failure::Failure;
use crate::state::extension;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// The rows, as INSERT statements.
const BUILTIN: &str = include_str!("../../sql/catalogue.sql");

/// Replaces the built-in rows by those of this version; a user's own stay as they are, which a trigger sees to.
///
/// An upgrade over several versions calls it once for each, with the library of the last: the tables may not be what
/// this version's rows need until then, so that the calls before do nothing.
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
