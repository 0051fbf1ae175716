//! The functions that PostgreSQL looks up by their C names to start a background worker.

use pgrx::pg_sys;
use pgrx::prelude::*;

/// Runs types of one connection.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn odoo_sync_run_worker(argument: pg_sys::Datum) {
    crate::worker::main::main(argument);
}

/// Executes one statement in another database of this cluster.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn odoo_sync_statement_worker(argument: pg_sys::Datum) {
    crate::worker::statement::main(argument);
}
