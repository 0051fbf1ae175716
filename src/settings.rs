//! The settings: one GUC each. A run takes those of the session that asked for it, with whatever that has SET.

use crate::failure::Failure;
use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use pgrx::prelude::*;
use serde::{Deserialize, Serialize};
use std::ffi::CString;

static ENABLED: GucSetting<bool> = GucSetting::<bool>::new(true);
static TYPES: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
static INTERVAL: GucSetting<i32> = GucSetting::<i32>::new(120);
static BATCH_SIZE: GucSetting<i32> = GucSetting::<i32>::new(5000);
static DELAY: GucSetting<i32> = GucSetting::<i32>::new(0);
static CONCURRENCY: GucSetting<i32> = GucSetting::<i32>::new(2);
static TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(120);
static MAX_RETRIES: GucSetting<i32> = GucSetting::<i32>::new(5);
static MAX_RESPONSE: GucSetting<i32> = GucSetting::<i32>::new(256);
static LOOKBACK: GucSetting<i32> = GucSetting::<i32>::new(600);
static FULL_AT: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c"00:00"));
static HISTORY_DAYS: GucSetting<i32> = GucSetting::<i32>::new(90);
static ALLOW_HTTP: GucSetting<bool> = GucSetting::<bool>::new(false);

/// The values of the settings that a run needs, as its caller's session has them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    pub batch_size: usize,
    pub delay_ms: u64,
    pub concurrency: usize,
    pub timeout_s: u64,
    pub max_retries: u32,
    pub max_response_mb: u64,
    pub lookback_s: u32,
    pub history_days: i32,
    pub allow_http: bool,
}

impl Settings {
    /// Those of this session, now.
    pub fn current() -> Settings {
        Settings {
            batch_size: BATCH_SIZE.get() as usize,
            delay_ms: DELAY.get() as u64,
            concurrency: CONCURRENCY.get() as usize,
            timeout_s: TIMEOUT.get() as u64,
            max_retries: MAX_RETRIES.get() as u32,
            max_response_mb: MAX_RESPONSE.get() as u64,
            lookback_s: LOOKBACK.get() as u32,
            history_days: HISTORY_DAYS.get(),
            allow_http: ALLOW_HTTP.get(),
        }
    }
}

/// Whether scheduled runs happen at all.
pub fn enabled() -> bool {
    ENABLED.get()
}

/// Minutes between the scheduled runs of a type that names no interval of its own.
pub fn interval_minutes() -> i32 {
    INTERVAL.get()
}

/// When the day's full run is due: `HH:MM`.
pub fn full_at() -> String {
    text(&FULL_AT)
}

/// The types that run by default; None: all.
pub fn types() -> Result<Option<Vec<String>>, Failure> {
    let list = text(&TYPES);
    let names: Vec<String> =
        list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_string).collect();
    Ok((!names.is_empty()).then_some(names))
}

fn text(setting: &GucSetting<Option<CString>>) -> String {
    setting.get().map(|value| value.to_string_lossy().into_owned()).unwrap_or_default()
}

#[pg_guard]
extern "C-unwind" fn check_full_at(
    value: *mut *mut std::ffi::c_char,
    _extra: *mut *mut std::ffi::c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    crate::pg::guc::proposed(value).is_some_and(|value| is_time_of_day(&value))
}

/// `HH:MM`, from 00:00 to 23:59.
fn is_time_of_day(value: &str) -> bool {
    let two_digits = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u32>().ok()).flatten()
    };
    value.split_once(':').is_some_and(|(hours, minutes)| {
        two_digits(hours).is_some_and(|h| h < 24) && two_digits(minutes).is_some_and(|m| m < 60)
    })
}

/// Makes the settings known to PostgreSQL.
pub fn register() {
    let integer = |name, short, long, setting, range: (i32, i32), unit| {
        GucRegistry::define_int_guc(name, short, long, setting, range.0, range.1, GucContext::Userset, unit)
    };
    GucRegistry::define_bool_guc(
        c"odoo_sync.enabled",
        c"Whether scheduled runs happen.",
        c"When off, odoo_sync.run_due() does nothing; odoo_sync.run() still works.",
        &ENABLED,
        GucContext::Userset,
        GucFlags::default(),
    );
    GucRegistry::define_string_guc(
        c"odoo_sync.types",
        c"The types that run by default, separated by commas.",
        c"Empty: all of them. A type's own setting in odoo_sync.types wins.",
        &TYPES,
        GucContext::Userset,
        GucFlags::default(),
    );
    integer(
        c"odoo_sync.interval",
        c"Time between the scheduled runs of a type.",
        c"Counted from the type's last success.",
        &INTERVAL,
        (1, 525_600),
        GucFlags::UNIT_MIN,
    );
    integer(
        c"odoo_sync.batch_size",
        c"Records per page.",
        c"A page is one request to Odoo and one transaction here.",
        &BATCH_SIZE,
        (1, 100_000),
        GucFlags::default(),
    );
    integer(
        c"odoo_sync.delay",
        c"Shortest time between the starts of two requests to Odoo.",
        c"For servers that limit the rate of requests.",
        &DELAY,
        (0, 3_600_000),
        GucFlags::UNIT_MS,
    );
    integer(
        c"odoo_sync.concurrency",
        c"Requests to Odoo under way at once.",
        c"",
        &CONCURRENCY,
        (1, 16),
        GucFlags::default(),
    );
    integer(
        c"odoo_sync.timeout",
        c"Longest time that one request may take.",
        c"From connecting to the last byte of the answer.",
        &TIMEOUT,
        (1, 3600),
        GucFlags::UNIT_S,
    );
    integer(
        c"odoo_sync.max_retries",
        c"How often a request that failed in passing is sent again.",
        c"",
        &MAX_RETRIES,
        (0, 20),
        GucFlags::default(),
    );
    integer(
        c"odoo_sync.max_response",
        c"Longest answer of Odoo's that is read.",
        c"A page whose answer is longer is read in halves.",
        &MAX_RESPONSE,
        (1, 2048),
        GucFlags::UNIT_MB,
    );
    integer(
        c"odoo_sync.lookback",
        c"How far an incremental run looks back before the last one's start.",
        c"For transactions in Odoo that commit later than the time that they carry.",
        &LOOKBACK,
        (0, 604_800),
        GucFlags::UNIT_S,
    );
    integer(
        c"odoo_sync.history_days",
        c"How long the history of runs is kept, in days.",
        c"",
        &HISTORY_DAYS,
        (1, 36_500),
        GucFlags::default(),
    );
    crate::pg::guc::define_checked_string(
        c"odoo_sync.full_at",
        c"Time of day after which the first scheduled run is a full one.",
        c"HH:MM.",
        &FULL_AT,
        Some(check_full_at),
    );
    GucRegistry::define_bool_guc(
        c"odoo_sync.allow_http",
        c"Whether a connection to another machine may go unencrypted.",
        c"The secret can then be read on the way.",
        &ALLOW_HTTP,
        GucContext::Suset,
        GucFlags::default(),
    );
    crate::pg::guc::reserve_prefix(c"odoo_sync");
}
