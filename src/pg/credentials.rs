//! A connection's login and secret: options of a user mapping, which PostgreSQL hides from other roles.
//!
//! Written through C rather than SQL text, since a statement's text appears in error contexts and pg_stat_statements.

use crate::failure::Failure;
use odoo::Secret;
use pgrx::pg_sys;
use pgrx::prelude::*;
use pgrx::spi::quote_identifier;
use std::ffi::{CStr, CString};

/// The options of a user mapping: the login, and its password or API key.
pub struct Credentials {
    pub login: String,
    pub secret: Secret,
}

/// The id of the foreign server `name`, if it exists and `role` has USAGE on it.
fn usable_server(name: &CStr, role: pg_sys::Oid) -> Option<pg_sys::Oid> {
    // SAFETY: catalogue lookups inside a transaction; the name is NUL-terminated.
    unsafe {
        let server = pg_sys::GetForeignServerByName(name.as_ptr(), true);
        if server.is_null() {
            return None;
        }
        let id = (*server).serverid;
        #[cfg(any(feature = "pg13", feature = "pg14", feature = "pg15"))]
        let access = pg_sys::pg_foreign_server_aclcheck(id, role, pg_sys::ACL_USAGE as pg_sys::AclMode);
        #[cfg(not(any(feature = "pg13", feature = "pg14", feature = "pg15")))]
        let access =
            pg_sys::object_aclcheck(pg_sys::ForeignServerRelationId, id, role, pg_sys::ACL_USAGE as pg_sys::AclMode);
        (access == pg_sys::AclResult::ACLCHECK_OK).then_some(id)
    }
}

/// The id of a connection's foreign server; fails where `role` lacks USAGE on it.
fn usable(connection: &str, role: pg_sys::Oid) -> Result<pg_sys::Oid, Failure> {
    usable_server(&c_string(connection)?, role).ok_or_else(|| {
        Failure::new(
            PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
            format!("permission denied for connection {connection}"),
        )
        .hint(format!("Its owner can GRANT USAGE ON FOREIGN SERVER {} TO this role.", quote_identifier(connection)))
    })
}

/// Fails where `role` lacks USAGE on a connection's foreign server.
pub fn ensure_usable(connection: &str, role: pg_sys::Oid) -> Result<(), Failure> {
    usable(connection, role).map(drop)
}

/// The credentials that `role` uses on a connection: its own user mapping, or PUBLIC's.
pub fn read(connection: &str, role: pg_sys::Oid) -> Result<Credentials, Failure> {
    let server = usable(connection, role)?;
    let missing = || {
        Failure::new(
            PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT,
            format!("connection {connection} holds no login for this role"),
        )
        .hint("Call odoo_sync.connect() as this role, or let the connection's owner CREATE USER MAPPING FOR PUBLIC with the options login and secret.")
    };
    if !has_mapping(server, role) {
        return Err(missing());
    }
    // SAFETY: the mapping exists, so that GetUserMapping returns it; option values are NUL-terminated strings.
    let options = unsafe { option_pairs((*pg_sys::GetUserMapping(role, server)).options) };
    let value = |key: &str| options.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    match (value("login"), value("secret")) {
        (Some(login), Some(secret)) => Ok(Credentials { login, secret: Secret::new(secret) }),
        _ => Err(missing()),
    }
}

/// Whether `role` or PUBLIC has a user mapping: `GetUserMapping` raises an error where there is none.
fn has_mapping(server: pg_sys::Oid, role: pg_sys::Oid) -> bool {
    [role, pg_sys::InvalidOid].into_iter().any(|user| mapping_exists(server, user))
}

fn mapping_exists(server: pg_sys::Oid, user: pg_sys::Oid) -> bool {
    // SAFETY: a system cache lookup by its two keys.
    unsafe {
        pg_sys::SearchSysCacheExists(
            pg_sys::SysCacheIdentifier::USERMAPPINGUSERSERVER as i32,
            pg_sys::Datum::from(user),
            pg_sys::Datum::from(server),
            pg_sys::Datum::from(0),
            pg_sys::Datum::from(0),
        )
    }
}

/// Whether the current transaction has created or altered a connection's foreign server, or the user mapping that
/// `role` uses on it: no other process sees that before the commit.
pub fn are_uncommitted(connection: &str, role: pg_sys::Oid) -> Result<bool, Failure> {
    let server = usable(connection, role)?;
    let server_cache = pg_sys::SysCacheIdentifier::FOREIGNSERVEROID;
    let mapping_cache = pg_sys::SysCacheIdentifier::USERMAPPINGUSERSERVER;
    let is_new = |user: pg_sys::Oid| is_uncommitted(mapping_cache, &[user, server]);
    Ok(is_uncommitted(server_cache, &[server]) || is_new(role) || is_new(pg_sys::InvalidOid))
}

/// Whether a system cache entry's row was written by the current transaction.
fn is_uncommitted(cache: pg_sys::SysCacheIdentifier::Type, keys: &[pg_sys::Oid]) -> bool {
    let key = |index: usize| keys.get(index).map_or(pg_sys::Datum::from(0), |oid| pg_sys::Datum::from(*oid));
    // SAFETY: a system cache lookup by its keys; the tuple is read before it is released.
    unsafe {
        let tuple = pg_sys::SearchSysCache(cache as i32, key(0), key(1), key(2), key(3));
        if tuple.is_null() {
            return false;
        }
        let inserted_by = (*(*tuple).t_data).t_choice.t_heap.t_xmin;
        pg_sys::ReleaseSysCache(tuple);
        pg_sys::TransactionIdIsCurrentTransactionId(inserted_by)
    }
}

/// The names and values of a foreign object's options.
///
/// # Safety
/// `options` is a list of DefElem with string values, or null.
unsafe fn option_pairs(options: *mut pg_sys::List) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    // SAFETY: by this function's own contract.
    unsafe {
        if options.is_null() {
            return pairs;
        }
        for i in 0..(*options).length {
            let element = pg_sys::list_nth(options, i).cast::<pg_sys::DefElem>();
            let name = CStr::from_ptr((*element).defname).to_string_lossy().into_owned();
            let value = CStr::from_ptr(pg_sys::defGetString(element)).to_string_lossy();
            pairs.push((name, value.into_owned()));
        }
    }
    pairs
}

/// Creates or alters the current user's user mapping on a connection.
pub fn write(connection: &str, credentials: &Credentials) -> Result<(), Failure> {
    let name = c_string(connection)?;
    let login = c_string(&credentials.login)?;
    let secret = c_string(credentials.secret.expose())?;
    // SAFETY: statement nodes as PostgreSQL's grammar would build them, in this transaction's memory;
    // every string is copied there first.
    unsafe {
        let server = pg_sys::GetForeignServerByName(name.as_ptr(), false);
        let exists = mapping_exists((*server).serverid, pg_sys::GetUserId());
        let action = if exists { pg_sys::DefElemAction::DEFELEM_SET } else { pg_sys::DefElemAction::DEFELEM_UNSPEC };
        let option = |key: &CStr, value: &CStr| {
            let value = pg_sys::makeString(pg_sys::pstrdup(value.as_ptr()));
            let element = pg_sys::makeDefElem(pg_sys::pstrdup(key.as_ptr()), value.cast(), -1);
            (*element).defaction = action;
            element.cast::<std::ffi::c_void>()
        };
        let mut options = pg_sys::lappend(std::ptr::null_mut(), option(c"login", &login));
        options = pg_sys::lappend(options, option(c"secret", &secret));
        let user = pg_sys::palloc0(size_of::<pg_sys::RoleSpec>()).cast::<pg_sys::RoleSpec>();
        (*user).type_ = pg_sys::NodeTag::T_RoleSpec;
        (*user).roletype = pg_sys::RoleSpecType::ROLESPEC_CURRENT_USER;
        (*user).location = -1;
        if exists {
            let mut statement = pg_sys::AlterUserMappingStmt {
                type_: pg_sys::NodeTag::T_AlterUserMappingStmt,
                user,
                servername: pg_sys::pstrdup(name.as_ptr()),
                options,
            };
            pg_sys::AlterUserMapping(&mut statement);
        } else {
            let mut statement = pg_sys::CreateUserMappingStmt {
                type_: pg_sys::NodeTag::T_CreateUserMappingStmt,
                user,
                servername: pg_sys::pstrdup(name.as_ptr()),
                if_not_exists: false,
                options,
            };
            pg_sys::CreateUserMapping(&mut statement);
        }
        pg_sys::CommandCounterIncrement();
    }
    Ok(())
}

fn c_string(text: &str) -> Result<CString, Failure> {
    CString::new(text).map_err(|_| Failure::argument("an argument holds a NUL character"))
}
