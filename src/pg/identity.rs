//! The roles of this session, and acting as one of them.

use crate::pg::guc;
use pgrx::pg_sys;
use std::ffi::CStr;

/// The role whose rights count now: after SET ROLE, or inside a SECURITY DEFINER function.
pub fn current_user() -> pg_sys::Oid {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::GetUserId() }
}

/// The role that this session logged in as.
pub fn session_user() -> pg_sys::Oid {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::GetSessionUserId() }
}

pub fn current_database() -> pg_sys::Oid {
    // SAFETY: reads a variable that is set once, when this backend starts.
    unsafe { pg_sys::MyDatabaseId }
}

/// Runs `work` with the rights of `role` until it returns; an error restores them with its (sub)transaction.
pub fn acting_as<R>(role: pg_sys::Oid, work: impl FnOnce() -> R) -> R {
    let (mut user, mut context) = (pg_sys::InvalidOid, 0);
    // SAFETY: plain variables of this backend, which PostgreSQL itself puts back when a (sub)transaction aborts.
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

/// What statements of ours depend on and a caller, or a trigger on a mirror, could have set otherwise: names and
/// operators are looked up in `pg_catalog` alone, where nobody has put functions of their own, and types are spelled in
/// one way.
const SAFE: [(&CStr, &CStr); 2] = [(c"search_path", c"pg_catalog, pg_temp"), (c"quote_all_identifiers", c"off")];

fn set_safe(action: pg_sys::GucAction::Type) {
    for (name, value) in SAFE {
        guc::set(name, value, pg_sys::GucContext::PGC_USERSET, action);
    }
}

/// For a worker, at the beginning of a transaction: resets what a trigger SET in the one before.
pub(super) fn be_safe() {
    set_safe(pg_sys::GucAction::GUC_ACTION_SET);
}

/// Runs `work` while names and operators are looked up in `pg_catalog` alone: a caller's `search_path` could lead to
/// functions of the caller's, which would run with the owner's rights, or say that a connection is elsewhere.
/// An error restores the path with its (sub)transaction.
pub fn with_safe_path<R>(work: impl FnOnce() -> R) -> R {
    contained(|| {
        set_safe(pg_sys::GucAction::GUC_ACTION_SAVE);
        work()
    })
}

/// Runs `work` in a GUC nest level of its own, so that what a user's trigger SETs ends with it; an error ends it with its
/// (sub)transaction.
pub fn contained<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: as PostgreSQL itself does it around the functions of an index.
    let level = unsafe { pg_sys::NewGUCNestLevel() };
    let result = work();
    // SAFETY: ends the level that was begun above.
    unsafe { pg_sys::AtEOXact_GUC(false, level) };
    result
}

/// Whether one role may become another.
pub fn can_become(role: pg_sys::Oid, other: pg_sys::Oid) -> bool {
    // SAFETY: reads the catalogue, inside a transaction.
    unsafe { pg_sys::is_member_of_role(role, other) }
}
