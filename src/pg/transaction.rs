//! Transactions: a worker's own, and a backend's current one.

use crate::failure::Failure;
use crate::pg::identity::{acting_as, be_safe};
use pgrx::pg_sys;
use pgrx::prelude::*;
use std::panic::AssertUnwindSafe;

/// Runs `work` as `role` in a new transaction, and commits it; an error of either kind, Rust's or PostgreSQL's, rolls
/// it back and is returned. For background workers, which have no transaction open.
pub fn transaction<R>(role: pg_sys::Oid, work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    let attempt = AssertUnwindSafe(|| {
        // SAFETY: the order of calls in PostgreSQL's own workers; no transaction is open here.
        unsafe {
            pg_sys::SetCurrentStatementStartTimestamp();
            pg_sys::StartTransactionCommand();
            pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        }
        be_safe();
        // the commit too: deferred triggers of the mirrors must run with the privileges of `role`
        acting_as(role, || {
            let result = work();
            // SAFETY: ends the transaction that was begun above; one that failed is rolled back.
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
            // SAFETY: aborts the transaction that the error was raised in, which pgrx does not.
            unsafe { pg_sys::AbortCurrentTransaction() };
            Err(Failure::from(error))
        })
        .catch_rust_panic(|error| {
            // SAFETY: aborts the transaction of the panic, which pgrx does not.
            unsafe { pg_sys::AbortCurrentTransaction() };
            Err(Failure::from(error))
        })
        .execute();
    // SAFETY: between transactions, as in PostgreSQL's own workers; without it the statistics that autovacuum goes by
    // would not count the rows.
    unsafe {
        pg_sys::pgstat_report_stat(false);
    }
    result
}

/// Runs `work` with a new snapshot: under READ COMMITTED it sees what was committed since the calling statement began.
/// After an error the (sub)transaction's abort pops the snapshot.
pub fn with_fresh_snapshot<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: called inside a transaction.
    unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
    let result = work();
    // SAFETY: the snapshot that was pushed above.
    unsafe { pg_sys::PopActiveSnapshot() };
    result
}

/// The full id of the current (sub)transaction, which is assigned one if it had none.
pub fn current_id() -> u64 {
    // SAFETY: called inside a transaction, not in a parallel worker.
    unsafe { pg_sys::GetCurrentFullTransactionId().value }
}
