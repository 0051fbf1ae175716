//! Telling the caller how far a run is: a line when a mirror is done, and at most one a second before that.

use crate::pg::channel::Worker;
use crate::state::task::Event;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_secs(1);

/// One mirror's lines.
pub struct Progress {
    last: Instant,
}

impl Progress {
    pub fn new() -> Progress {
        Progress { last: Instant::now() }
    }

    /// Says how far a mirror is, unless that was said within the last second.
    pub fn within(&mut self, worker: &Worker, line: impl FnOnce() -> String) {
        if self.last.elapsed() >= PAUSE {
            self.last = Instant::now();
            worker.send(&Event::Notice(line()));
        }
    }
}
