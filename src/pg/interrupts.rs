//! Interrupts: cancel, termination, postmaster death.

use crate::failure::Failure;
use crate::pg::caught::caught;
use pgrx::pg_sys;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Set once a worker was cancelled, since PostgreSQL clears the flag when it raises the error.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// For a worker: makes SIGINT and SIGTERM both cancel what it is doing, at once, and lets them in.
/// It then records what it has done and exits; PostgreSQL's own handler for SIGTERM would leave no time for that.
pub fn install_worker_handlers() {
    let handler = pg_sys::StatementCancelHandler as *const () as libc::sighandler_t;
    // SAFETY: StatementCancelHandler is PostgreSQL's own handler, safe at any moment; the worker has not begun yet.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigemptyset(&mut action.sa_mask);
        action.sa_flags = libc::SA_RESTART;
        action.sa_sigaction = handler;
        libc::sigaction(libc::SIGTERM, &action, std::ptr::null_mut());
        libc::sigaction(libc::SIGINT, &action, std::ptr::null_mut());
        pg_sys::BackgroundWorkerUnblockSignals();
    }
}

/// For a worker between two steps: an error once it was cancelled. Exits the process when the postmaster is gone.
pub fn check_worker() -> Result<(), Failure> {
    // SAFETY: flags that signal handlers set; read and cleared on the main thread only.
    unsafe {
        // an orphan has another parent
        if libc::getppid() != pg_sys::PostmasterPid {
            std::process::exit(1);
        }
        if std::ptr::read_volatile(&raw const pg_sys::QueryCancelPending) != 0 {
            pg_sys::QueryCancelPending = 0;
            STOPPED.store(true, Ordering::Relaxed);
        }
    }
    if STOPPED.load(Ordering::Relaxed) {
        return Err(Failure::cancelled());
    }
    // absorbs ProcSignalBarriers, for which other backends wait: without this, a run whose Odoo is silent would block
    // DROP DATABASE of any database of the cluster
    caught(|| {
        pgrx::check_for_interrupts!();
        Ok(())
    })
}

/// Raises PostgreSQL's own error when this backend was cancelled or terminated.
pub fn check_backend() {
    pgrx::check_for_interrupts!();
}

/// Sleeps until this process's latch is set or the time is over.
pub fn wait_latch(timeout: Duration) {
    let events = pg_sys::WL_LATCH_SET | pg_sys::WL_TIMEOUT | pg_sys::WL_EXIT_ON_PM_DEATH;
    // SAFETY: MyLatch is this process's own latch, which exists for as long as the process.
    unsafe {
        pg_sys::WaitLatch(pg_sys::MyLatch, events as i32, timeout.as_millis() as _, pg_sys::PG_WAIT_EXTENSION);
        pg_sys::ResetLatch(pg_sys::MyLatch);
    }
}

/// Asks another process of this server to cancel what it is doing.
pub fn cancel_process(pid: i32) {
    // SAFETY: kill touches no memory; the pid is one that PostgreSQL gave us.
    unsafe { libc::kill(pid, libc::SIGINT) };
}
