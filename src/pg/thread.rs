//! Helper threads for network I/O.

use crate::failure::Failure;
use crate::pg::interrupts;
use pgrx::prelude::*;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Starts a thread with all signals blocked: PostgreSQL's handlers must run on the main thread.
/// The thread, and those that it starts in turn, must not call PostgreSQL.
pub fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, Failure> {
    // SAFETY: sigset_t is plain data; the mask is put back right after the new thread has inherited the full one.
    let handle = unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        let handle = std::thread::Builder::new().name(name.to_string()).spawn(work);
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
        handle
    };
    handle.map_err(|error| {
        Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_RESOURCES, format!("could not start a thread: {error}"))
    })
}

/// Runs `work`, which waits on the network, in a thread, while this backend stays cancellable:
/// a cancel raises its error at once, and the thread is left to end by itself.
pub fn wait_for<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    const SLICE: Duration = Duration::from_millis(50);
    let (done, result) = mpsc::sync_channel(1);
    spawn("odoo_sync call", move || {
        // the receiver is gone when the backend was cancelled: then nobody wants the answer
        let _ = done.send(work());
    })?;
    loop {
        interrupts::check_backend();
        match result.recv_timeout(SLICE) {
            Ok(value) => return Ok(value),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                return Err(Failure::new(
                    PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
                    "internal error: the thread that talks to Odoo ended unexpectedly",
                ));
            }
        }
    }
}
