//! Subtransactions: a part of a transaction that may fail by itself.

use crate::failure::Failure;
use pgrx::pg_sys;
use pgrx::prelude::*;
use std::panic::AssertUnwindSafe;

/// Runs `work` in a subtransaction; an error of either kind, Rust's or PostgreSQL's, rolls it back and is returned. A
/// cancel is returned like any other error: a caller that continues after an error must check
/// [`Failure::is_cancelled`].
pub fn attempt<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    // SAFETY: variables of this backend, restored below as PL/pgSQL's exception blocks do.
    let (context, owner) = unsafe { (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner) };
    let restore = move || {
        // SAFETY: both outlast the subtransaction, in which they were current when it began.
        unsafe {
            pg_sys::MemoryContextSwitchTo(context);
            pg_sys::CurrentResourceOwner = owner;
        }
    };
    let undo = move || {
        // SAFETY: rolls back the subtransaction that is begun below, and any that is open within it.
        unsafe { pg_sys::RollbackAndReleaseCurrentSubTransaction() };
        restore();
    };
    // SAFETY: called inside a transaction; the results of `work` are allocated in the caller's memory context.
    unsafe {
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
    }
    PgTryBuilder::new(AssertUnwindSafe(|| {
        let result = work();
        if result.is_ok() {
            // SAFETY: commits the subtransaction that was begun above.
            unsafe { pg_sys::ReleaseCurrentSubTransaction() };
            restore();
        } else {
            undo();
        }
        result
    }))
    .catch_others(|error| {
        undo();
        Err(Failure::from(error))
    })
    .catch_rust_panic(|error| {
        undo();
        Err(Failure::from(error))
    })
    .execute()
}

/// Runs `work` in a subtransaction that is rolled back, and returns its result. That releases the locks that it took,
/// which a caller that waits for a run would otherwise hold meanwhile, and block DROP and ALTER EXTENSION.
pub fn undone<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    let mut found = None;
    let undone = attempt(|| {
        found = Some(work()?);
        // the rollback of a subtransaction releases its locks
        Err::<(), Failure>(Failure::cancelled())
    });
    match (found, undone) {
        (Some(found), _) => Ok(found),
        (None, Err(failure)) => Err(failure),
        (None, Ok(())) => Err(Failure::cancelled()),
    }
}
