//! The minimum time between requests.

use crate::cancel::Cancel;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Spaces the starts of requests, over all threads that share it.
#[derive(Debug)]
pub(crate) struct Throttle {
    delay: Duration,
    next: Mutex<Instant>,
}

impl Throttle {
    /// A throttle with `delay` between the starts of two requests.
    pub fn new(delay: Duration) -> Throttle {
        Throttle { delay, next: Mutex::new(Instant::now()) }
    }

    /// Waits until this request may start, or until cancelled.
    pub fn wait(&self, cancel: &Cancel) {
        let now = Instant::now();
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = now.max(*next);
            *next = turn + self.delay;
            turn
        };
        if turn > now {
            cancel.sleep(turn - now);
        }
    }

    /// Holds back the requests of all threads for this time: a `Retry-After` to one is meant for all.
    pub fn hold(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = until.max(*next);
    }
}
