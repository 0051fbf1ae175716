//! The time between requests.

use crate::cancel::Cancel;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Keeps the starts of requests apart and holds them back, over all threads that share it.
#[derive(Debug)]
pub(crate) struct Throttle {
    delay: Duration,
    next: Mutex<Instant>,
}

impl Throttle {
    /// `delay` between the starts of two requests; zero: no waiting.
    pub fn new(delay: Duration) -> Throttle {
        Throttle {
            delay,
            next: Mutex::new(Instant::now()),
        }
    }

    /// Waits for this request's turn, or until cancelled.
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

    /// Has all requests wait that long from now, whoever's they are: what a server asks of one thread it asks of all.
    pub fn hold(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = until.max(*next);
    }
}
