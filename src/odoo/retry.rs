//! Retries: exponential backoff with jitter, and `Retry-After`.

use crate::date;
use crate::error::ErrorKind;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// The longest backoff before the first retry; it doubles with each.
const BASE: Duration = Duration::from_millis(500);
/// The longest backoff before any retry.
const CAP: Duration = Duration::from_secs(30);
/// The longest `Retry-After` that is waited for; beyond it, an error is more useful than silence.
pub(crate) const RETRY_AFTER_CAP: Duration = Duration::from_secs(120);

/// The policy of retries, and the random numbers for their jitter.
#[derive(Debug)]
pub(crate) struct Retry {
    max: u32,
    dice: AtomicU64,
}

impl Retry {
    /// A policy of at most `max` retries.
    pub fn new(max: u32) -> Retry {
        // The standard library seeds its hash keys from the operating system, which is random enough for jitter.
        Retry { max, dice: AtomicU64::new(RandomState::new().build_hasher().finish()) }
    }

    /// The time to wait before the retry after failure number `failures` (from 1), or `None` to give up.
    ///
    /// `retry_after` is the server's, and takes precedence up to [`RETRY_AFTER_CAP`]; beyond it there is no retry.
    pub fn wait(&self, kind: ErrorKind, failures: u32, retry_after: Option<Duration>) -> Option<Duration> {
        let max = match kind {
            // The server goes on working on a request that timed out: asking for less helps, retries add load.
            ErrorKind::Timeout => self.max.min(1),
            kind if kind.is_transient() => self.max,
            _ => 0,
        };
        if failures > max {
            return None;
        }
        if let Some(asked) = retry_after {
            return (asked <= RETRY_AFTER_CAP).then_some(asked);
        }
        // It may be a pooled connection that the server has closed meanwhile: the first retry need not wait.
        if kind == ErrorKind::Dropped && failures == 1 {
            return Some(Duration::ZERO);
        }
        let longest = BASE.saturating_mul(1 << (failures - 1).min(16)).min(CAP);
        Some(longest.mul_f64(self.roll()))
    }

    /// A random number from 0 to 1, by SplitMix64 (Steele, Lea, Flood 2014).
    fn roll(&self) -> f64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.dice.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Parses a `Retry-After` header: seconds, or an HTTP date (RFC 9110, 10.2.3); `now` is the server's clock where known.
pub(crate) fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => date::http_date(text).map(|then| then.duration_since(now).unwrap_or_default()),
    }
}
