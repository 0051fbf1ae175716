//! Days and moments, as Odoo writes them: `2026-11-25`, `2026-11-25 10:03:01` (UTC).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a day.
pub const DAY: i64 = 86_400 * SECOND;

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar (Howard Hinnant's `days_from_civil`).
pub fn day(year: i64, month: i64, day: i64) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    (era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468) as i32
}

/// Year, month and day of days since 1970-01-01.
pub fn civil(day: i32) -> (i64, i64, i64) {
    let day = i64::from(day) + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// `YYYY-MM-DD`.
pub fn write_date(out: &mut Vec<u8>, date: i32) {
    let (year, month, day) = civil(date);
    digits(out, year, 4);
    out.push(b'-');
    digits(out, month, 2);
    out.push(b'-');
    digits(out, day, 2);
}

/// `YYYY-MM-DD HH:MM:SS`, cut to the second as Odoo cuts it.
pub fn write_datetime(out: &mut Vec<u8>, micros: i64) {
    write_date(out, micros.div_euclid(DAY) as i32);
    let seconds = micros.rem_euclid(DAY) / SECOND;
    for (separator, value) in [(b' ', seconds / 3600), (b':', seconds / 60 % 60), (b':', seconds % 60)] {
        out.push(separator);
        digits(out, value, 2);
    }
}

/// The inverse of [`write_date`]; None for any other text.
pub fn parse_date(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month, date) = (number(&bytes[..4])?, number(&bytes[5..7])?, number(&bytes[8..])?);
    let days = day(year, month, date);
    (civil(days) == (year, month, date)).then_some(days)
}

/// The inverse of [`write_datetime`], with an optional fraction of a second; None for any other text.
pub fn parse_datetime(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() < 19 || !matches!(bytes[10], b' ' | b'T') || bytes[13] != b':' || bytes[16] != b':' {
        return None;
    }
    let date = parse_date(text.get(..10)?)?;
    let (hours, minutes, seconds) = (number(&bytes[11..13])?, number(&bytes[14..16])?, number(&bytes[17..19])?);
    let fraction = match &bytes[19..] {
        [] => 0,
        [b'.', digits @ ..] if (1..=6).contains(&digits.len()) => number(digits)? * 10_i64.pow(6 - digits.len() as u32),
        _ => return None,
    };
    (hours < 24 && minutes < 60 && seconds < 60)
        .then(|| i64::from(date) * DAY + ((hours * 60 + minutes) * 60 + seconds) * SECOND + fraction)
}

/// Microseconds since 1970.
pub fn micros(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}

/// The form of HTTP's `Date` header.
pub fn http_date(micros: i64) -> String {
    let days = micros.div_euclid(DAY) as i32;
    let (year, month, day) = civil(days);
    let seconds = micros.rem_euclid(DAY) / SECOND;
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][days.rem_euclid(7) as usize];
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{weekday}, {day:02} {} {year} {hours:02}:{minutes:02}:{:02} GMT", months[month as usize - 1], seconds % 60)
}

/// A clock of the server's own: the machine's, moved; or stopped.
#[derive(Debug, Default)]
pub struct Clock {
    stopped_at: Option<i64>,
    moved_by: i64,
}

impl Clock {
    pub fn now(&self) -> i64 {
        self.stopped_at.unwrap_or_else(|| micros(SystemTime::now())) + self.moved_by
    }

    pub fn stop_at(&mut self, now: SystemTime) {
        *self = Clock { stopped_at: Some(micros(now)), moved_by: 0 };
    }

    pub fn advance(&mut self, by: Duration) {
        self.moved_by += by.as_micros() as i64;
    }
}

fn digits(out: &mut Vec<u8>, mut value: i64, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    for digit in out[start..].iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
}
