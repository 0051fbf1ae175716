//! Telling the caller how far a run is: a line when a mirror is done, and at most one a second before that.

use crate::pg::channel::Worker;
use crate::sync::task::{Counts, Event};
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_secs(1);

/// One mirror's lines.
pub struct Progress {
    last: Instant,
}

impl Progress {
    pub fn new() -> Progress {
        Progress {
            last: Instant::now(),
        }
    }

    /// Says how far a mirror is, unless that was said within the last second.
    pub fn within(&mut self, worker: &Worker, line: impl FnOnce() -> String) {
        if self.last.elapsed() >= PAUSE {
            self.last = Instant::now();
            worker.send(&Event::Notice(line()));
        }
    }
}

/// `48,032`: numbers that people read.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 record`, `48,032 records`.
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// What became of a mirror's records, without what is zero.
pub fn summary(counts: &Counts) -> String {
    let mut text = format!("{} fetched", grouped(counts.fetched));
    for (number, what) in [
        (counts.inserted, "inserted"),
        (counts.updated, "updated"),
        (counts.deleted, "deleted"),
        (counts.failed, "failed"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {} {what}", grouped(number)));
        }
    }
    text
}
