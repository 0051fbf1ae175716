//! What defining a setting needs beyond pgrx's safe interface.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use pgrx::pg_sys;
use std::ffi::{CStr, CString, c_char};

/// Defines a string setting whose new values `check` may refuse; it must be a `#[pg_guard]` function.
pub fn define_checked_string(
    name: &'static CStr,
    short: &'static CStr,
    long: &'static CStr,
    setting: &'static GucSetting<Option<CString>>,
    check: pg_sys::GucStringCheckHook,
) {
    // SAFETY: the hook is guarded, by this function's contract.
    unsafe {
        GucRegistry::define_string_guc_with_hooks(
            name,
            short,
            long,
            setting,
            GucContext::Userset,
            GucFlags::default(),
            check,
            None,
            None,
        );
    }
}

/// The value that a check hook is asked about.
pub fn proposed(value: *mut *mut c_char) -> Option<String> {
    // SAFETY: PostgreSQL passes its hooks a pointer to a NUL-terminated string, or to NULL.
    unsafe {
        let value = *value;
        (!value.is_null()).then(|| CStr::from_ptr(value).to_string_lossy().into_owned())
    }
}

/// For a check hook that refuses: what to write instead.
pub fn hint(text: &'static CStr) {
    // SAFETY: PostgreSQL reads the variable right after the hook has returned; a static text outlives that.
    unsafe { pg_sys::GUC_check_errhint_string = text.as_ptr().cast_mut() };
}

/// Makes a misspelt `odoo_sync.…` an error rather than a setting of its own.
pub fn reserve_prefix(prefix: &'static CStr) {
    // SAFETY: the name is copied.
    #[cfg(any(feature = "pg13", feature = "pg14"))]
    unsafe {
        pg_sys::EmitWarningsOnPlaceholders(prefix.as_ptr())
    };
    #[cfg(not(any(feature = "pg13", feature = "pg14")))]
    // SAFETY: the name is copied.
    unsafe {
        pg_sys::MarkGUCPrefixReserved(prefix.as_ptr())
    };
}

/// What a session has SET for a setting before this library was loaded, which PostgreSQL took unseen.
/// It would be dropped with a warning now; the caller can make that an error instead.
pub fn placeholder(name: &CStr) -> Option<CString> {
    // SAFETY: the answer is copied before anything else can change it.
    unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        (!value.is_null()).then(|| CStr::from_ptr(value).to_owned())
    }
}

/// A number as PostgreSQL reads it for a setting of this unit: `5min` is 300 where the unit is seconds.
pub fn parse_integer(value: &CStr, unit: GucFlags) -> Option<i32> {
    let mut number = 0;
    // SAFETY: both pointers are valid for the call; no hint is asked for.
    let is_number = unsafe { pg_sys::parse_int(value.as_ptr(), &mut number, unit.bits(), std::ptr::null_mut()) };
    is_number.then_some(number)
}

/// A truth value as PostgreSQL reads it.
pub fn is_boolean(value: &CStr) -> bool {
    let mut truth = false;
    // SAFETY: both pointers are valid for the call.
    unsafe { pg_sys::parse_bool(value.as_ptr(), &mut truth) }
}

/// Whether PostgreSQL knows a time zone of this name.
pub fn is_timezone(name: &str) -> bool {
    // SAFETY: the name is NUL-terminated and copied; the answer is not kept.
    CString::new(name).is_ok_and(|name| unsafe { !pg_sys::pg_tzset(name.as_ptr()).is_null() })
}

/// Sets a parameter for as long as `action` says, with the session's own weight.
pub(super) fn set(name: &CStr, value: &CStr, context: pg_sys::GucContext::Type, action: pg_sys::GucAction::Type) {
    // SAFETY: both texts are copied.
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
            context,
            pg_sys::GucSource::PGC_S_SESSION,
            action,
            true,
            0,
            false,
        );
    }
}

/// Runs `work` while the server's log, where it ends in an error, leaves out the statement, which has a secret in it,
/// and the context, which has it too where a function or a DO block calls, or where it is a bound parameter.
pub fn without_statement<R, E>(work: impl FnOnce() -> Result<R, E>) -> Result<R, E> {
    // SAFETY: ended below, or by the transaction.
    let level = unsafe { pg_sys::NewGUCNestLevel() };
    for (name, value) in [(c"log_min_error_statement", c"panic"), (c"log_error_verbosity", c"terse")] {
        set(
            name,
            value,
            // what is logged of this function's own errors is all that changes of the superuser's setting
            pg_sys::GucContext::PGC_SUSET,
            pg_sys::GucAction::GUC_ACTION_SAVE,
        );
    }
    let result = work();
    if result.is_ok() {
        // SAFETY: ends the level that was begun above. The error that is about to be raised ends it with its
        // transaction, after it has been logged.
        unsafe { pg_sys::AtEOXact_GUC(false, level) };
    }
    result
}
