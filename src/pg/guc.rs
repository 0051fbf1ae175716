//! Configuration parameters (GUCs), as far as pgrx's safe interface does not reach.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use pgrx::pg_sys;
use std::ffi::{CStr, CString, c_char};

/// Defines a string parameter with a check hook, `check`, which must be a `#[pg_guard]` function.
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

/// The new value that PostgreSQL passes to a check hook.
pub fn proposed(value: *mut *mut c_char) -> Option<String> {
    // SAFETY: PostgreSQL passes its hooks a pointer to a NUL-terminated string, or to NULL.
    unsafe {
        let value = *value;
        (!value.is_null()).then(|| CStr::from_ptr(value).to_string_lossy().into_owned())
    }
}

/// For a check hook that rejects a value: sets the error's hint.
pub fn hint(text: &'static CStr) {
    // SAFETY: PostgreSQL reads the variable right after the hook has returned; a static text outlives that.
    unsafe { pg_sys::GUC_check_errhint_string = text.as_ptr().cast_mut() };
}

/// Reserves a parameter prefix, so that a misspelt `odoo_sync.…` is an error rather than a placeholder.
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

/// The value of a placeholder: a parameter that the session SET before this library was loaded, unchecked. A value that
/// the check hook rejects would be dropped with a warning when the parameter is defined; the caller can raise an error.
pub fn placeholder(name: &CStr) -> Option<CString> {
    // SAFETY: the answer is copied before anything else can change it.
    unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        (!value.is_null()).then(|| CStr::from_ptr(value).to_owned())
    }
}

/// Parses an integer parameter's value in this unit: `5min` is 300 where the unit is seconds.
pub fn parse_integer(value: &CStr, unit: GucFlags) -> Option<i32> {
    let mut number = 0;
    // SAFETY: both pointers are valid for the call; no hint is asked for.
    let is_number = unsafe { pg_sys::parse_int(value.as_ptr(), &mut number, unit.bits(), std::ptr::null_mut()) };
    is_number.then_some(number)
}

/// Whether PostgreSQL accepts `value` as a boolean.
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

/// Sets a parameter with the source `PGC_S_SESSION`; `action` says for how long.
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

/// Runs `work` so that its error is logged without the statement, which contains a secret, and without the context,
/// which contains it too where a function or a DO block is the caller, or where it is a bound parameter.
pub fn without_statement<R, E>(work: impl FnOnce() -> Result<R, E>) -> Result<R, E> {
    // SAFETY: ended below, or by the transaction.
    let level = unsafe { pg_sys::NewGUCNestLevel() };
    for (name, value) in [(c"log_min_error_statement", c"panic"), (c"log_error_verbosity", c"terse")] {
        set(
            name,
            value,
            // a superuser's parameter, changed only for what is logged of errors of `work`
            pg_sys::GucContext::PGC_SUSET,
            pg_sys::GucAction::GUC_ACTION_SAVE,
        );
    }
    let result = work();
    if result.is_ok() {
        // SAFETY: ends the level that was begun above. After an error the transaction's abort ends it, once the error
        // has been logged.
        unsafe { pg_sys::AtEOXact_GUC(false, level) };
    }
    result
}
