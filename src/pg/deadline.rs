//! A worker's time limit.

use crate::failure::Failure;
use crate::pg::thread;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Set once the time limit is reached.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// For a worker: cancels it after `limit`, also during a statement or a wait for a lock.
pub fn limit_time(limit: Duration) -> Result<(), Failure> {
    thread::spawn("odoo_sync timer", move || {
        std::thread::sleep(limit);
        IS_OVER.store(true, Ordering::Relaxed);
        // SAFETY: our own process, whose main thread is the only one that takes signals.
        unsafe { libc::kill(libc::getpid(), libc::SIGINT) };
    })?;
    Ok(())
}

/// Whether the time limit is what cancelled the worker.
pub fn is_over() -> bool {
    IS_OVER.load(Ordering::Relaxed)
}
