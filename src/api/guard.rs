//! What every SQL function does around its work: a safe search path, the version check, errors as PostgreSQL's own.

use crate::failure::Failure;
use crate::pg::caught::caught;
use crate::pg::identity::with_safe_path;
use crate::state::extension;
use pgrx::pg_sys::panic::ErrorReport;

/// Runs the work of a SQL function, if library and database have the same version of the extension.
///
/// An error that PostgreSQL raises in it is rethrown as it was: pgrx by itself would put a Rust backtrace into its
/// DETAIL where the server's environment has RUST_BACKTRACE set.
pub fn guarded<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, ErrorReport> {
    guarded_in_any_version(|| {
        extension::check_version()?;
        work()
    })
}

/// Runs the work of a SQL function without the version check: an upgrade calls it while the library is newer than the
/// database's version of the extension.
pub fn guarded_in_any_version<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, ErrorReport> {
    caught(|| with_safe_path(work)).map_err(ErrorReport::from)
}
