//! The extension in this database: its version, its owner, and acting as that owner on its own tables.

use crate::failure::Failure;
use crate::pg::identity::acting_as;
use crate::pg::sql;
use pgrx::pg_sys;
use pgrx::prelude::*;

/// The version of this library.
pub const OF_LIBRARY: &str = env!("CARGO_PKG_VERSION");

/// The version of the extension in this database.
pub fn of_extension() -> Result<String, Failure> {
    let query = "SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'odoo_sync'";
    sql::value(query, &[])?.ok_or_else(not_installed)
}

fn not_installed() -> Failure {
    Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, "the extension odoo_sync is not installed in this database")
        .hint("CREATE EXTENSION odoo_sync;")
}

/// Fails where library and database have different versions: neither knows the other's tables and functions.
pub fn check_version() -> Result<(), Failure> {
    let extension = of_extension()?;
    if extension == OF_LIBRARY {
        return Ok(());
    }
    let failure = Failure::new(
        PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "the extension odoo_sync is version {extension} in this database, and the library that this session has is {OF_LIBRARY}"
        ),
    );
    Err(if numbers(&extension) < numbers(OF_LIBRARY) {
        failure.hint("ALTER EXTENSION odoo_sync UPDATE;")
    } else {
        failure.hint(format!("Begin a new session; if that says the same, install version {extension} on this server."))
    })
}

fn numbers(version: &str) -> Vec<u32> {
    let parts = version.split('.');
    parts.map(|part| part.parse().unwrap_or(0)).collect()
}

/// Runs `work` as the extension's owner: nobody else may write its state tables, so that whoever may run a sync needs
/// no rights on them and cannot forge what they say. The search path is safe by now: SQL functions are guarded, and the
/// worker sees to it for itself.
pub fn as_owner<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    let owner = owner()?;
    acting_as(owner, work)
}

fn owner() -> Result<pg_sys::Oid, Failure> {
    let query = "SELECT extowner FROM pg_catalog.pg_extension WHERE extname = 'odoo_sync'";
    sql::value(query, &[])?.ok_or_else(not_installed)
}
