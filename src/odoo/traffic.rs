//! Counters of requests, bytes and time.

use std::cell::Cell;
use std::time::Duration;

/// Counters of requests, bytes and time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Bytes of the answers' bodies, after decompression.
    pub bytes: u64,
    /// Requests that were retries.
    pub retries: u64,
    /// Wall-clock time in requests, without backoff and `delay`.
    pub waiting: Duration,
}

impl Traffic {
    /// Adds the counts of another part of the work.
    pub fn add(&mut self, other: &Traffic) {
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.retries += other.retries;
        self.waiting += other.waiting;
    }

    /// The difference to an earlier state of the same counters.
    pub fn since(&self, earlier: &Traffic) -> Traffic {
        Traffic {
            requests: self.requests - earlier.requests,
            bytes: self.bytes - earlier.bytes,
            retries: self.retries - earlier.retries,
            waiting: self.waiting - earlier.waiting,
        }
    }
}

thread_local! {
    static OF_THIS_THREAD: Cell<Traffic> = Cell::default();
}

/// The counters of this thread so far, from which a job that runs on one thread gets its own.
pub fn thread_traffic() -> Traffic {
    OF_THIS_THREAD.get()
}

/// Adds to the counters of this thread.
pub(crate) fn count(part: Traffic) {
    let mut sum = OF_THIS_THREAD.get();
    sum.add(&part);
    OF_THIS_THREAD.set(sum);
}
