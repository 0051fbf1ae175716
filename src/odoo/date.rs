//! The date formats of Odoo and HTTP.

use std::time::{Duration, SystemTime};

const MICROSECONDS_A_SECOND: i64 = 1_000_000;
const SECONDS_A_DAY: i64 = 86_400;

/// Parses `2026-11-25` into days since 1970-01-01; `None` if it is not a date.
///
/// A year before 1000 may lack its leading zeros, `26-11-25`, as Python's `strftime` writes it on Linux.
pub(crate) fn days(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    let year = bytes.len().checked_sub(6).filter(|year| (1..=4).contains(year))?;
    let [b'-', month @ .., _, _, _] = &bytes[year..] else {
        return None;
    };
    let [b'-', day @ ..] = &bytes[year + 3..] else {
        return None;
    };
    days_from_civil(number(&bytes[..year])?, number(month)?, number(day)?)
}

/// Parses `2026-11-25 10:05:49` in UTC into microseconds since 1970-01-01; `None` if it is not a time.
///
/// A fraction of a second may follow.
pub(crate) fn microseconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_once([' ', 'T'])?;
    let days = days(date)?;
    let time = time.as_bytes();
    let seconds = seconds_of_day(time.get(..8)?)?;
    let fraction = match &time[8..] {
        [] => 0,
        [b'.', digits @ ..] if !digits.is_empty() && digits.len() <= 6 => {
            number(digits)? * 10_i64.pow(6 - digits.len() as u32)
        }
        _ => return None,
    };
    Some((i64::from(days) * SECONDS_A_DAY + seconds) * MICROSECONDS_A_SECOND + fraction)
}

/// Parses `Wed, 25 Nov 2026 10:05:49 GMT`, the IMF-fixdate that HTTP senders must use (RFC 9110, 5.6.7).
pub(crate) fn http_date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_ascii_whitespace().skip(1);
    let day = number(words.next()?.as_bytes())?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? as i64 + 1;
    let year = number(words.next()?.as_bytes())?;
    let seconds = seconds_of_day(words.next()?.as_bytes())?;
    if words.next()? != "GMT" || words.next().is_some() {
        return None;
    }
    let since = i64::from(days_from_civil(year, month, day)?) * SECONDS_A_DAY + seconds;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(since).ok()?))
}

/// Parses `10:05:49` into seconds since midnight; a leap second counts as the next second.
fn seconds_of_day(bytes: &[u8]) -> Option<i64> {
    if bytes.len() != 8 || bytes[2] != b':' || bytes[5] != b':' {
        return None;
    }
    let (hour, minute, second) = (number(&bytes[..2])?, number(&bytes[3..5])?, number(&bytes[6..])?);
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
}

/// Parses one to nine digits and nothing else.
fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0_i64, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, years 1 to 9999: Howard Hinnant's `days_from_civil`.
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=9999).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    // Years that begin in March put the leap day last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i32::try_from(era * 146_097 + day_of_era - 719_468).ok()
}
