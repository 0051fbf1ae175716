//! The advisory lock that a running type holds, so that no second run of it writes beside it.

use crate::failure::Failure;
use crate::state::extension::as_owner;
use pgrx::prelude::*;

/// Takes the lock of a type for as long as this process lives; whether it was free.
pub fn try_lock(connection: &str, r#type: &str) -> Result<bool, Failure> {
    lock("pg_try_advisory_lock", connection, r#type)
}

/// Takes the lock of a type until this transaction ends; whether it was free.
pub fn try_lock_for_transaction(connection: &str, r#type: &str) -> Result<bool, Failure> {
    lock("pg_try_advisory_xact_lock", connection, r#type)
}

/// Releases the lock of a type that has ended.
pub fn unlock(connection: &str, r#type: &str) -> Result<(), Failure> {
    lock("pg_advisory_unlock", connection, r#type).map(drop)
}

/// Calls one of PostgreSQL's functions for advisory locks with the lock of a type; its answer.
fn lock(function: &str, connection: &str, r#type: &str) -> Result<bool, Failure> {
    as_owner(|| {
        let query = format!("SELECT pg_catalog.{function}(odoo_sync.lock_key($1, $2))");
        let arguments = [connection.into(), r#type.into()];
        Ok(Spi::get_one_with_args::<bool>(&query, &arguments)? == Some(true))
    })
}
