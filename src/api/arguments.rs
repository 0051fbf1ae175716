//! Checks of a caller's arguments.

use crate::connection::{self, Connection};
use crate::failure::Failure;
use crate::pg::process;
use pgrx::prelude::*;

/// An argument that must not be NULL.
pub fn required<T>(name: &str, value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(|| {
        Failure::new(PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED, format!("{name} must not be NULL"))
            .hint(how_to_call(name))
    })
}

/// A text argument that must be neither NULL nor blank.
pub fn text<'a>(name: &str, value: Option<&'a str>) -> Result<&'a str, Failure> {
    let value = required(name, value)?;
    if value.trim().is_empty() {
        return Err(Failure::argument(format!("{name} must not be empty")).hint(how_to_call(name)));
    }
    Ok(value)
}

fn how_to_call(name: &str) -> String {
    format!("Give {name} a value; \\df+ odoo_sync.* in psql tells what each function takes.")
}

/// The connection that the argument names.
pub fn connection(value: Option<&str>) -> Result<Connection, Failure> {
    connection::find(text("connection", value)?)
}

/// Fails on a standby and in a read-only transaction.
pub fn writable_server(function: &str) -> Result<(), Failure> {
    if process::in_recovery() {
        return Err(Failure::new(
            PgSqlErrorCode::ERRCODE_READ_ONLY_SQL_TRANSACTION,
            format!("{function} cannot run on a standby"),
        )
        .hint("Call it on the primary server; odoo_sync.status() works here too."));
    }
    if process::in_read_only_transaction() {
        return Err(Failure::new(
            PgSqlErrorCode::ERRCODE_READ_ONLY_SQL_TRANSACTION,
            format!("{function} cannot run in a read-only transaction"),
        )
        .hint("Call it in one that may write: SET default_transaction_read_only = off, or BEGIN READ WRITE."));
    }
    Ok(())
}
