//! The longest time that a worker may take.

use crate::failure::Failure;
use crate::pg::thread;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Set once the worker's time is over.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// For a worker: cancels it once so much time has passed, also in the middle of a statement or of waiting for a lock.
pub fn limit_time(limit: Duration) -> Result<(), Failure> {
    thread::spawn("odoo_sync timer", move || {
        std::thread::sleep(limit);
        IS_OVER.store(true, Ordering::Relaxed);
        // SAFETY: our own process, whose main thread is the only one that takes signals.
        unsafe { libc::kill(libc::getpid(), libc::SIGINT) };
    })?;
    Ok(())
}

/// Whether a worker that was told to stop was so because its time is over.
pub fn is_over() -> bool {
    IS_OVER.load(Ordering::Relaxed)
}
