//! The library and what the database has of the extension belong together: the one is installed, the other updated.

use crate::failure::Failure;
use crate::sql;
use pgrx::prelude::*;

/// The version of this library.
pub const OF_LIBRARY: &str = env!("CARGO_PKG_VERSION");

/// The version of the extension in this database.
pub fn of_extension() -> Result<String, Failure> {
    let query = "SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'odoo_sync'";
    sql::value(query, &[])?.ok_or_else(not_installed)
}

/// There is no extension to act for.
pub fn not_installed() -> Failure {
    Failure::new(
        PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT,
        "the extension odoo_sync is not installed in this database",
    )
    .hint("CREATE EXTENSION odoo_sync;")
}

/// Fails where the two are not of one version: neither knows the other's tables and functions.
pub fn check() -> Result<(), Failure> {
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
        failure.hint(format!(
            "Begin a new session; if that says the same, install version {extension} on this server."
        ))
    })
}

fn numbers(version: &str) -> Vec<u32> {
    let parts = version.split('.');
    parts.map(|part| part.parse().unwrap_or(0)).collect()
}
