//! A part of a transaction that may fail by itself.

use crate::failure::Failure;
use pgrx::pg_sys;
use pgrx::prelude::*;
use std::panic::AssertUnwindSafe;

/// Runs `work` in a subtransaction; an error of either kind, Rust's or PostgreSQL's, undoes what it did and is
/// returned. A cancel is returned like any other error: whoever goes on after one must look at
/// [`Failure::is_cancelled`].
pub fn attempt<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    // SAFETY: variables of this backend, put back below as PL/pgSQL's exception blocks do it.
    let (context, owner) = unsafe { (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner) };
    let restore = move || {
        // SAFETY: both outlast the subtransaction, in which they were current when it began.
        unsafe {
            pg_sys::MemoryContextSwitchTo(context);
            pg_sys::CurrentResourceOwner = owner;
        }
    };
    let undo = move || {
        // SAFETY: ends the subtransaction that is begun below, and what is left open within it.
        unsafe { pg_sys::RollbackAndReleaseCurrentSubTransaction() };
        restore();
    };
    // SAFETY: called inside a transaction; the results of `work` are to be found in the caller's memory.
    unsafe {
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
    }
    PgTryBuilder::new(AssertUnwindSafe(|| {
        let result = work();
        if result.is_ok() {
            // SAFETY: ends the subtransaction that was begun above.
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

/// Runs `work`, and undoes what it did: its result stays. The locks that it took are let go of too: a caller that waits
/// for a run would hold them meanwhile, and be in the way of whoever drops or upgrades the extension.
pub fn undone<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    let mut found = None;
    let undone = attempt(|| {
        found = Some(work()?);
        // PostgreSQL releases a subtransaction's locks when it is rolled back
        Err::<(), Failure>(Failure::cancelled())
    });
    match (found, undone) {
        (Some(found), _) => Ok(found),
        (None, Err(failure)) => Err(failure),
        (None, Ok(())) => Err(Failure::cancelled()),
    }
}
