//! Errors that PostgreSQL raises, and panics, as values.

use crate::failure::Failure;
use pgrx::prelude::*;
use std::panic::AssertUnwindSafe;

/// Does `work` and returns an error that PostgreSQL raises in it. What the work had changed by then stays as it is, so
/// that the caller must fail in its turn; [`crate::pg::savepoint::attempt`] undoes it.
pub fn caught<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    PgTryBuilder::new(AssertUnwindSafe(work))
        .catch_others(|caught| Err(Failure::from(caught)))
        .catch_rust_panic(|caught| Err(Failure::from(caught)))
        .execute()
}
