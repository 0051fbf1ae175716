//! PostgreSQL's errors and Rust's panics as `Result`s.

use crate::failure::Failure;
use pgrx::prelude::*;
use std::panic::AssertUnwindSafe;

/// Runs `work` and returns an error that PostgreSQL raises in it. Nothing is rolled back, so that the caller must fail
/// in its turn; [`crate::pg::savepoint::attempt`] rolls back.
pub fn caught<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    PgTryBuilder::new(AssertUnwindSafe(work))
        .catch_others(|caught| Err(Failure::from(caught)))
        .catch_rust_panic(|caught| Err(Failure::from(caught)))
        .execute()
}
