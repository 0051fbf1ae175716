//! The session's roles, switching between them, and a safe `search_path`.

use crate::pg::guc;
use pgrx::pg_sys;
use std::ffi::CStr;

/// The current user, whose privileges are checked: changed by SET ROLE and by SECURITY DEFINER functions.
pub fn current_user() -> pg_sys::Oid {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::GetUserId() }
}

/// The session user: the role that logged in.
pub fn session_user() -> pg_sys::Oid {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::GetSessionUserId() }
}

/// The database that this backend is connected to.
pub fn current_database() -> pg_sys::Oid {
    // SAFETY: reads a variable that is set once, when this backend starts.
    unsafe { pg_sys::MyDatabaseId }
}

/// Runs `work` as `role`, then restores the current user; after an error the (sub)transaction's abort restores it.
pub fn acting_as<R>(role: pg_sys::Oid, work: impl FnOnce() -> R) -> R {
    let (mut user, mut context) = (pg_sys::InvalidOid, 0);
    // SAFETY: plain variables of this backend, which PostgreSQL restores when a (sub)transaction aborts.
    unsafe {
        pg_sys::GetUserIdAndSecContext(&mut user, &mut context);
        let local = context | pg_sys::SECURITY_LOCAL_USERID_CHANGE as i32;
        pg_sys::SetUserIdAndSecContext(role, local);
    }
    let result = work();
    // SAFETY: as above.
    unsafe { pg_sys::SetUserIdAndSecContext(user, context) };
    result
}

/// The parameters that this extension's statements depend on and a caller, or a trigger on a mirror, may have set:
/// names and operators resolve in `pg_catalog` alone, where no user has created functions, and types are spelled in one
/// way.
const SAFE: [(&CStr, &CStr); 2] = [(c"search_path", c"pg_catalog, pg_temp"), (c"quote_all_identifiers", c"off")];

fn set_safe(action: pg_sys::GucAction::Type) {
    for (name, value) in SAFE {
        guc::set(name, value, pg_sys::GucContext::PGC_USERSET, action);
    }
}

/// For a worker, at the start of a transaction: resets what a trigger may have SET in an earlier one.
pub(super) fn be_safe() {
    set_safe(pg_sys::GucAction::GUC_ACTION_SET);
}

/// Runs `work` with `search_path` set to `pg_catalog`: names and operators could otherwise resolve to functions of the
/// caller's, which would run with the owner's privileges or return another server's URL. After an error the
/// (sub)transaction's abort restores the path.
pub fn with_safe_path<R>(work: impl FnOnce() -> R) -> R {
    contained(|| {
        set_safe(pg_sys::GucAction::GUC_ACTION_SAVE);
        work()
    })
}

/// Runs `work` and reverts the parameters that it set, as a user's trigger may have; after an error the
/// (sub)transaction's abort reverts them.
pub fn contained<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: as PostgreSQL does around the functions of an index.
    let level = unsafe { pg_sys::NewGUCNestLevel() };
    let result = work();
    // SAFETY: ends the level that was begun above.
    unsafe { pg_sys::AtEOXact_GUC(false, level) };
    result
}

/// Whether `role` is a member of `other`, and so may SET ROLE to it.
pub fn can_become(role: pg_sys::Oid, other: pg_sys::Oid) -> bool {
    // SAFETY: reads the catalogue, inside a transaction.
    unsafe { pg_sys::is_member_of_role(role, other) }
}
