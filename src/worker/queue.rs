//! Waiting for the transaction that asked for a run, which has made what the run is to read.

use crate::failure::Failure;
use crate::pg::transaction::transaction;
use crate::pg::{interrupts, process, sql};
use pgrx::pg_sys;
use std::time::Duration;

/// How often it is looked.
const SLICE: Duration = Duration::from_millis(100);

/// Waits for the end of a transaction, by its full id; whether it committed. One that was rolled back leaves nothing to
/// do, and nothing to tell.
pub fn is_committed(id: u64, role: pg_sys::Oid) -> bool {
    process::report_activity(Some("odoo_sync: queued, waits for the commit of the transaction that asked for the run"));
    loop {
        match status(id, role) {
            Ok(None) => interrupts::wait_latch(SLICE),
            Ok(Some(committed)) => return committed,
            Err(failure) => {
                pgrx::log!("odoo_sync: a queued run ended: {}", failure.summary());
                return false;
            }
        }
    }
}

/// Whether the transaction committed; None while it is in progress. Looked up in short transactions of our own, so that
/// no snapshot is held meanwhile.
fn status(id: u64, role: pg_sys::Oid) -> Result<Option<bool>, Failure> {
    interrupts::check_worker()?;
    let id = id.to_string();
    let query = "SELECT pg_catalog.pg_xact_status($1::xid8)";
    let status = transaction(role, || sql::value::<String>(query, &[id.into()]))?;
    Ok(match status.as_deref() {
        Some("in progress") => None,
        status => Some(status == Some("committed")),
    })
}
