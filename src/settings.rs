//! The settings: one GUC each. A run takes those of the session that asked for it, with whatever that has SET.

use crate::failure::Failure;
use crate::pg::guc;
use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use pgrx::prelude::*;
use serde::{Deserialize, Serialize};
use std::ffi::{CStr, CString};

static ENABLED: GucSetting<bool> = GucSetting::<bool>::new(true);
static TYPES: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
static INTERVAL: GucSetting<i32> = GucSetting::<i32>::new(120);
static BATCH_SIZE: GucSetting<i32> = GucSetting::<i32>::new(5000);
static DELAY: GucSetting<i32> = GucSetting::<i32>::new(0);
static CONCURRENCY: GucSetting<i32> = GucSetting::<i32>::new(2);
static TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(120);
static RUN_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(0);
static MAX_RETRIES: GucSetting<i32> = GucSetting::<i32>::new(5);
static MAX_RESPONSE: GucSetting<i32> = GucSetting::<i32>::new(256);
static LOOKBACK: GucSetting<i32> = GucSetting::<i32>::new(600);
static FULL_AT: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c"00:00"));
static TIMEZONE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
static MAX_REMOVAL: GucSetting<i32> = GucSetting::<i32>::new(50);
static MAX_REMOVAL_ROWS: GucSetting<i32> = GucSetting::<i32>::new(100);
static HISTORY_DAYS: GucSetting<i32> = GucSetting::<i32>::new(90);
static ALLOW_HTTP: GucSetting<bool> = GucSetting::<bool>::new(false);

/// The values of the settings that a run needs, as its caller's session has them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    pub batch_size: usize,
    pub delay_ms: u64,
    pub concurrency: usize,
    pub timeout_s: u64,
    /// The whole run's; 0: as long as it takes.
    pub run_timeout_ms: u64,
    pub max_retries: u32,
    pub max_response_mb: u64,
    pub lookback_s: u32,
    pub full_at: String,
    pub timezone: String,
    pub max_removal_percent: u64,
    pub max_removal_rows: u64,
    pub history_days: i32,
    pub allow_http: bool,
}

impl Settings {
    /// This session's settings, now.
    pub fn current() -> Settings {
        Settings {
            batch_size: BATCH_SIZE.get() as usize,
            delay_ms: DELAY.get() as u64,
            concurrency: CONCURRENCY.get() as usize,
            timeout_s: TIMEOUT.get() as u64,
            run_timeout_ms: RUN_TIMEOUT.get() as u64,
            max_retries: MAX_RETRIES.get() as u32,
            max_response_mb: MAX_RESPONSE.get() as u64,
            lookback_s: LOOKBACK.get() as u32,
            full_at: text(&FULL_AT),
            timezone: text(&TIMEZONE),
            max_removal_percent: MAX_REMOVAL.get() as u64,
            max_removal_rows: MAX_REMOVAL_ROWS.get() as u64,
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
extern "C-unwind" fn check_timezone(
    value: *mut *mut std::ffi::c_char,
    _extra: *mut *mut std::ffi::c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    let is_valid = guc::proposed(value).is_some_and(|value| is_timezone(&value));
    if !is_valid {
        guc::hint(c"pg_timezone_names lists the valid ones.");
    }
    is_valid
}

/// A name that PostgreSQL knows; empty: the server's own.
fn is_timezone(value: &str) -> bool {
    value.is_empty() || guc::is_timezone(value)
}

#[pg_guard]
extern "C-unwind" fn check_full_at(
    value: *mut *mut std::ffi::c_char,
    _extra: *mut *mut std::ffi::c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    let is_valid = guc::proposed(value).is_some_and(|value| is_time_of_day(&value));
    if !is_valid {
        guc::hint(c"Write a time of day as HH:MM, from 00:00 to 23:59.");
    }
    is_valid
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

/// Fails when the session has SET something that the setting does not take, before this library was there to say so.
fn check_placeholder(name: &'static CStr, is_valid: impl FnOnce(&CStr) -> bool, valid: &str) {
    let Some(value) = guc::placeholder(name) else {
        return;
    };
    if !is_valid(&value) {
        let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
        let failure = Failure::argument(format!("invalid value for parameter {name:?}: {value:?}"))
            .hint(format!("It takes {valid}. RESET {name}; or SET it again."));
        pg_sys::panic::ErrorReport::from(failure).report(PgLogLevel::ERROR);
    }
}

/// A whole-number setting, its range in its unit.
struct Integer {
    name: &'static CStr,
    short: &'static CStr,
    long: &'static CStr,
    setting: &'static GucSetting<i32>,
    range: (i32, i32),
    unit: GucFlags,
    unit_name: &'static str,
}

fn integers() -> [Integer; 12] {
    [
        Integer {
            name: c"odoo_sync.interval",
            short: c"Time between the scheduled runs of a type.",
            long: c"Counted from the type's last success.",
            setting: &INTERVAL,
            range: (1, 525_600),
            unit: GucFlags::UNIT_MIN,
            unit_name: " min",
        },
        Integer {
            name: c"odoo_sync.batch_size",
            short: c"Records per page.",
            long: c"A page is one request to Odoo and one transaction here.",
            setting: &BATCH_SIZE,
            range: (1, 100_000),
            unit: GucFlags::empty(),
            unit_name: "",
        },
        Integer {
            name: c"odoo_sync.delay",
            short: c"Shortest time between the starts of two requests to Odoo.",
            long: c"For servers that limit the rate of requests.",
            setting: &DELAY,
            range: (0, 3_600_000),
            unit: GucFlags::UNIT_MS,
            unit_name: " ms",
        },
        Integer {
            name: c"odoo_sync.concurrency",
            short: c"Requests to Odoo under way at once.",
            long: c"More than Odoo has workers for makes them wait for each other.",
            setting: &CONCURRENCY,
            range: (1, 16),
            unit: GucFlags::empty(),
            unit_name: "",
        },
        Integer {
            name: c"odoo_sync.timeout",
            short: c"Longest time that one request may take.",
            long: c"From connecting to the last byte of the answer.",
            setting: &TIMEOUT,
            range: (1, 3600),
            unit: GucFlags::UNIT_S,
            unit_name: " s",
        },
        Integer {
            name: c"odoo_sync.run_timeout",
            short: c"Longest time that a whole run may take.",
            long: c"0: as long as it needs. What was committed before it was stopped stays.",
            setting: &RUN_TIMEOUT,
            range: (0, i32::MAX),
            unit: GucFlags::UNIT_MS,
            unit_name: " ms",
        },
        Integer {
            name: c"odoo_sync.max_retries",
            short: c"How often a request that failed in passing is sent again.",
            long: c"A login that was refused is never tried again.",
            setting: &MAX_RETRIES,
            range: (0, 20),
            unit: GucFlags::empty(),
            unit_name: "",
        },
        Integer {
            name: c"odoo_sync.max_response",
            short: c"Longest answer of Odoo's that is read.",
            long: c"A page whose answer is longer is read in halves.",
            setting: &MAX_RESPONSE,
            range: (1, 2048),
            unit: GucFlags::UNIT_MB,
            unit_name: " MB",
        },
        Integer {
            name: c"odoo_sync.lookback",
            short: c"How far an incremental run looks back before the last one's start.",
            long: c"For transactions in Odoo that commit later than the time that they carry.",
            setting: &LOOKBACK,
            range: (0, 604_800),
            unit: GucFlags::UNIT_S,
            unit_name: " s",
        },
        Integer {
            name: c"odoo_sync.max_removal",
            short: c"Largest part of a table that a run removes, in percent.",
            long: c"A run that would remove more fails and removes nothing, unless it was told to by force => true.",
            setting: &MAX_REMOVAL,
            range: (0, 100),
            unit: GucFlags::empty(),
            unit_name: "",
        },
        Integer {
            name: c"odoo_sync.max_removal_rows",
            short: c"Rows up to which a table is too small for odoo_sync.max_removal.",
            long: c"All rows of such a table may be removed.",
            setting: &MAX_REMOVAL_ROWS,
            range: (0, i32::MAX),
            unit: GucFlags::empty(),
            unit_name: "",
        },
        Integer {
            name: c"odoo_sync.history_days",
            short: c"How long the history of runs is kept, in days.",
            long: c"Each type's last run and last success are kept anyway.",
            setting: &HISTORY_DAYS,
            range: (1, 36_500),
            unit: GucFlags::empty(),
            unit_name: "",
        },
    ]
}

/// Looks at all that was SET too early, before anything is defined: a setting cannot be defined twice,
/// and the library is loaded again after a failure.
fn check_placeholders() {
    for name in [c"odoo_sync.enabled", c"odoo_sync.allow_http"] {
        check_placeholder(name, guc::is_boolean, "on or off");
    }
    let time_of_day = |value: &CStr| is_time_of_day(&value.to_string_lossy());
    check_placeholder(c"odoo_sync.full_at", time_of_day, "HH:MM, from 00:00 to 23:59");
    let timezone = |value: &CStr| is_timezone(&value.to_string_lossy());
    check_placeholder(c"odoo_sync.timezone", timezone, "a name of pg_timezone_names");
    for Integer { name, range: (least, most), unit, unit_name, .. } in integers() {
        let in_range =
            |value: &CStr| guc::parse_integer(value, unit).is_some_and(|number| (least..=most).contains(&number));
        check_placeholder(name, in_range, &format!("{least} to {most}{unit_name}"));
    }
}

/// Makes the settings known to PostgreSQL.
pub fn register() {
    check_placeholders();
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
    for Integer { name, short, long, setting, range: (least, most), unit, .. } in integers() {
        let context = GucContext::Userset;
        GucRegistry::define_int_guc(name, short, long, setting, least, most, context, unit);
    }
    guc::define_checked_string(
        c"odoo_sync.full_at",
        c"Time of day after which the first scheduled run is a full one.",
        c"HH:MM.",
        &FULL_AT,
        Some(check_full_at),
    );
    guc::define_checked_string(
        c"odoo_sync.timezone",
        c"Time zone of odoo_sync.full_at.",
        c"Empty: the one that the setting TimeZone names.",
        &TIMEZONE,
        Some(check_timezone),
    );
    GucRegistry::define_bool_guc(
        c"odoo_sync.allow_http",
        c"Whether a connection to another machine may go unencrypted.",
        c"The secret can then be read on the way.",
        &ALLOW_HTTP,
        GucContext::Suset,
        GucFlags::default(),
    );
    guc::reserve_prefix(c"odoo_sync");
}
