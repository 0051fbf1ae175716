//! Transactions: a worker's own, and the one that a backend is in.

use crate::failure::Failure;
use crate::pg::identity::{acting_as, be_safe};
use pgrx::pg_sys;
use pgrx::prelude::*;
use std::panic::AssertUnwindSafe;

/// Runs `work` in a transaction of its own with the rights of `role`, and commits it; an error of either kind,
/// Rust's or PostgreSQL's, rolls it back and is returned. For background workers, which are never inside one.
pub fn transaction<R>(role: pg_sys::Oid, work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    let attempt = AssertUnwindSafe(|| {
        // SAFETY: the order in which PostgreSQL's own workers do it; no transaction is open here.
        unsafe {
            pg_sys::SetCurrentStatementStartTimestamp();
            pg_sys::StartTransactionCommand();
            pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        }
        be_safe();
        // the end of it too: what triggers of the mirrors have put off until then has no more rights than the rest
        acting_as(role, || {
            let result = work();
            // SAFETY: as above; a transaction that failed is not committed.
            unsafe {
                if result.is_ok() {
                    pg_sys::PopActiveSnapshot();
                    pg_sys::CommitTransactionCommand();
                } else {
                    pg_sys::AbortCurrentTransaction();
                }
            }
            result
        })
    });
    let result = PgTryBuilder::new(attempt)
        .catch_others(|error| {
            // SAFETY: ends the transaction that the error was raised in, which pgrx by itself does not.
            unsafe { pg_sys::AbortCurrentTransaction() };
            Err(Failure::from(error))
        })
        .catch_rust_panic(|error| {
            // SAFETY: as above.
            unsafe { pg_sys::AbortCurrentTransaction() };
            Err(Failure::from(error))
        })
        .execute();
    // SAFETY: between transactions, as PostgreSQL's own workers do it; without it autovacuum never hears of the rows.
    unsafe {
        pg_sys::pgstat_report_stat(false);
    }
    result
}

/// Runs `work` with a snapshot of its own: it sees what was committed since the statement that calls it began, unless
/// the transaction's isolation is against that. An error ends the snapshot with its (sub)transaction.
pub fn with_fresh_snapshot<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: called inside a transaction.
    unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
    let result = work();
    // SAFETY: the snapshot that was pushed above.
    unsafe { pg_sys::PopActiveSnapshot() };
    result
}

/// Drops what the system caches hold of objects that other sessions have changed by now, such as that one does not exist.
pub fn accept_invalidations() {
    // SAFETY: called inside a transaction, as PostgreSQL itself does before it opens a table.
    unsafe { pg_sys::AcceptInvalidationMessages() };
}

/// The full id of the transaction, or subtransaction, that this backend is in; it gets one if it had none.
pub fn current_id() -> u64 {
    // SAFETY: called inside a transaction, which is not a parallel worker's.
    unsafe { pg_sys::GetCurrentFullTransactionId().value }
}
