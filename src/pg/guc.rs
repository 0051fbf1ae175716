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
