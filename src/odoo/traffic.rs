//! What was asked of the network.

use std::cell::Cell;
use std::time::Duration;

/// Requests and what came back for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Bytes of answers' bodies, decompressed.
    pub bytes: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// Wall time spent in requests; backoff and `delay` not included.
    pub waiting: Duration,
}

impl Traffic {
    /// Adds what another part of the work took.
    pub fn add(&mut self, other: &Traffic) {
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.retries += other.retries;
        self.waiting += other.waiting;
    }

    /// What came after an earlier state of the same count.
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

/// What this thread has asked so far: a job that runs on one thread is told apart from the others by it.
pub fn thread_traffic() -> Traffic {
    OF_THIS_THREAD.get()
}

/// Counts for this thread.
pub(crate) fn count(part: Traffic) {
    let mut sum = OF_THIS_THREAD.get();
    sum.add(&part);
    OF_THIS_THREAD.set(sum);
}
