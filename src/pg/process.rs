//! Background workers: starting one, and its connection, parameters and activity.

use crate::failure::Failure;
use pgrx::pg_sys;
use pgrx::prelude::*;
use std::ffi::{CStr, CString};

/// A background worker that this backend started.
pub struct Process {
    pub(super) handle: *mut pg_sys::BackgroundWorkerHandle,
    pub pid: i32,
}

/// Starts a worker that calls this library's `function` with `argument`, and waits until it runs.
pub(super) fn start(name: &str, function: &str, argument: u32) -> Result<Process, Failure> {
    let mut worker = pg_sys::BackgroundWorker {
        bgw_flags: (pg_sys::BGWORKER_SHMEM_ACCESS | pg_sys::BGWORKER_BACKEND_DATABASE_CONNECTION) as i32,
        bgw_start_time: pg_sys::BgWorkerStartTime::BgWorkerStart_RecoveryFinished,
        bgw_restart_time: pg_sys::BGW_NEVER_RESTART,
        bgw_main_arg: pg_sys::Datum::from(argument),
        bgw_notify_pid: id(),
        ..Default::default()
    };
    copy_name(&mut worker.bgw_name, name);
    copy_name(&mut worker.bgw_type, "odoo_sync");
    copy_name(&mut worker.bgw_library_name, "odoo_sync");
    copy_name(&mut worker.bgw_function_name, function);
    let mut handle = std::ptr::null_mut();
    let mut pid = 0;
    // SAFETY: PostgreSQL copies the struct, and allocates the handle in this transaction's memory.
    unsafe {
        if !pg_sys::RegisterDynamicBackgroundWorker(&mut worker, &mut handle) {
            return Err(no_slot());
        }
        match pg_sys::WaitForBackgroundWorkerStartup(handle, &mut pid) {
            pg_sys::BgwHandleStatus::BGWH_STARTED | pg_sys::BgwHandleStatus::BGWH_STOPPED => {
                Ok(Process { handle, pid })
            }
            _ => Err(no_slot()),
        }
    }
}

fn no_slot() -> Failure {
    Failure::new(PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED, "no background worker slot is free for the run")
        .hint("Wait for other runs to end, or raise max_worker_processes in postgresql.conf and restart the server.")
}

fn copy_name<const N: usize>(field: &mut [std::ffi::c_char; N], name: &str) {
    let name = &name[..name.floor_char_boundary(N - 1)];
    for (to, from) in field[..N - 1].iter_mut().zip(name.bytes()) {
        *to = from as std::ffi::c_char;
    }
}

/// For a worker: connects to a database as `role`, the session user: the role that it then acts as may lack LOGIN.
pub fn connect(database: pg_sys::Oid, role: pg_sys::Oid) {
    // SAFETY: called once, first thing in a worker that asked for a database connection.
    unsafe { pg_sys::BackgroundWorkerInitializeConnectionByOid(database, role, 0) };
}

/// For a worker: sets a parameter until its process ends.
pub fn set_parameter(name: &CStr, value: &CStr) {
    // SAFETY: both are NUL-terminated and copied.
    unsafe {
        pg_sys::SetConfigOption(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_OVERRIDE,
        );
    }
}

/// For a worker: sets its state and query in `pg_stat_activity`.
pub fn report_activity(text: Option<&str>) {
    let (state, text) = match text {
        Some(text) => (pg_sys::BackendState::STATE_RUNNING, text),
        None => (pg_sys::BackendState::STATE_IDLE, ""),
    };
    let text = CString::new(text).unwrap_or_default();
    // SAFETY: the text is copied.
    unsafe { pg_sys::pgstat_report_activity(state, text.as_ptr()) };
}

/// This process's id, the `pid` of `pg_stat_activity`.
pub fn id() -> i32 {
    // SAFETY: reads a variable that is set once, when this process starts.
    unsafe { pg_sys::MyProcPid }
}

/// Whether this server is in recovery: a standby, which is read-only.
pub fn in_recovery() -> bool {
    // SAFETY: reads shared memory that every backend has.
    unsafe { pg_sys::RecoveryInProgress() }
}

/// Whether the current transaction is read-only.
pub fn in_read_only_transaction() -> bool {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::XactReadOnly }
}
