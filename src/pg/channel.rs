//! A caller and its background worker: the task goes one way, events come back, as JSON in shared memory.
//!
//! A shared memory queue rather than a table, because the caller's snapshot may be older than what the worker writes.
//! When the caller goes away (Ctrl-C, a timeout, its end), PostgreSQL detaches the segment, and that cancels the
//! worker.

use crate::failure::Failure;
use crate::pg::interrupts;
use crate::pg::process::{self, Process};
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use std::ffi::c_void;
use std::time::Duration;

const QUEUE_BYTES: usize = 65_536;
const ALIGNMENT: usize = 8;

/// Where the queue begins: after the task's length and its text.
fn queue_offset(task_bytes: usize) -> usize {
    (size_of::<u64>() + task_bytes).next_multiple_of(ALIGNMENT)
}

/// The caller's end.
pub struct Caller {
    segment: *mut pg_sys::dsm_segment,
    queue: *mut pg_sys::shm_mq_handle,
    process: Process,
}

/// Cancels the worker: PostgreSQL calls it when the segment is detached before [`Caller::release`].
#[pg_guard]
unsafe extern "C-unwind" fn cancel_worker(_segment: *mut pg_sys::dsm_segment, pid: pg_sys::Datum) {
    interrupts::cancel_process(pid.value() as i32);
}

impl Caller {
    /// Starts a worker in `function` of this library and hands it `task`.
    pub fn start(name: &str, function: &str, task: &impl Serialize) -> Result<Caller, Failure> {
        let text = serde_json::to_vec(task).map_err(not_json)?;
        let offset = queue_offset(text.len());
        // SAFETY: the segment has room for all three parts; it lives until it is detached or this transaction's
        // resources are released, and the worker attaches to it before it reads.
        unsafe {
            let segment = pg_sys::dsm_create((offset + QUEUE_BYTES) as _, 0);
            let address = pg_sys::dsm_segment_address(segment).cast::<u8>();
            address.cast::<u64>().write(text.len() as u64);
            std::ptr::copy_nonoverlapping(text.as_ptr(), address.add(size_of::<u64>()), text.len());
            let queue = pg_sys::shm_mq_create(address.add(offset).cast(), QUEUE_BYTES as _);
            pg_sys::shm_mq_set_receiver(queue, pg_sys::MyProc);
            let handle = pg_sys::dsm_segment_handle(segment);
            let process = process::start(name, function, handle).inspect_err(|_| {
                // there is no slot now, and many tries may follow in this transaction
                pg_sys::dsm_detach(segment);
            })?;
            pg_sys::on_dsm_detach(segment, Some(cancel_worker), pg_sys::Datum::from(process.pid));
            let queue = pg_sys::shm_mq_attach(queue, segment, process.handle);
            Ok(Caller { segment, queue, process })
        }
    }

    /// The worker's next event if there is one now; None when the worker is gone.
    pub fn poll<T: DeserializeOwned>(&self) -> Result<Poll<T>, Failure> {
        let mut bytes: pg_sys::Size = 0;
        let mut data: *mut c_void = std::ptr::null_mut();
        // SAFETY: the queue is attached; its answer points to `bytes` readable bytes until the next call.
        unsafe {
            match pg_sys::shm_mq_receive(self.queue, &mut bytes, &mut data, true) {
                pg_sys::shm_mq_result::SHM_MQ_SUCCESS => {
                    let text = std::slice::from_raw_parts(data.cast::<u8>(), bytes as usize);
                    serde_json::from_slice(text).map(Poll::Event).map_err(not_json)
                }
                pg_sys::shm_mq_result::SHM_MQ_WOULD_BLOCK => Ok(Poll::Nothing),
                _ => Ok(Poll::Gone),
            }
        }
    }

    /// Waits for any worker's event, cancellably.
    pub fn wait() {
        interrupts::wait_latch(Duration::from_millis(500));
        interrupts::check_backend();
    }

    pub fn pid(&self) -> i32 {
        self.process.pid
    }

    /// Detaches from the worker without cancelling it: it has ended, or is meant to go on alone.
    pub fn release(self) {
        let pid = pg_sys::Datum::from(self.process.pid);
        // SAFETY: takes back what start() registered, then detaches the segment that it created.
        unsafe {
            pg_sys::cancel_on_dsm_detach(self.segment, Some(cancel_worker), pid);
            pg_sys::dsm_detach(self.segment);
        }
    }

    /// Waits for the exit of a worker that has finished and detaches from it, so that its slot is free for the next one.
    pub fn finish(self) {
        let handle = self.process.handle;
        self.release();
        // SAFETY: the handle lives as long as this transaction; the wait can be cancelled.
        unsafe { pg_sys::WaitForBackgroundWorkerShutdown(handle) };
    }
}

/// What [`Caller::poll`] found.
pub enum Poll<T> {
    Event(T),
    Nothing,
    Gone,
}

/// The worker's end.
pub struct Worker {
    queue: *mut pg_sys::shm_mq_handle,
}

impl Worker {
    /// Attaches to the caller's segment and reads the task. None when the caller has gone away meanwhile.
    pub fn attach<T: DeserializeOwned>(argument: pg_sys::Datum) -> Option<(Worker, T)> {
        // SAFETY: the argument is the handle that start() put there; the layout is the one it wrote.
        unsafe {
            let segment = pg_sys::dsm_attach(argument.value() as pg_sys::dsm_handle);
            if segment.is_null() {
                return None;
            }
            let address = pg_sys::dsm_segment_address(segment).cast::<u8>();
            let length = address.cast::<u64>().read() as usize;
            let text = std::slice::from_raw_parts(address.add(size_of::<u64>()), length);
            let task = serde_json::from_slice(text).ok()?;
            let queue = address.add(queue_offset(length)).cast::<pg_sys::shm_mq>();
            pg_sys::shm_mq_set_sender(queue, pg_sys::MyProc);
            let queue = pg_sys::shm_mq_attach(queue, segment, std::ptr::null_mut());
            Some((Worker { queue }, task))
        }
    }

    /// Sends an event; a caller that is no longer there gets none.
    pub fn send(&self, event: &impl Serialize) {
        let Ok(text) = serde_json::to_vec(event) else {
            return;
        };
        // SAFETY: the queue is attached; the bytes are copied before the call returns.
        unsafe {
            #[cfg(any(feature = "pg13", feature = "pg14"))]
            pg_sys::shm_mq_send(self.queue, text.len() as _, text.as_ptr().cast(), false);
            #[cfg(not(any(feature = "pg13", feature = "pg14")))]
            pg_sys::shm_mq_send(self.queue, text.len() as _, text.as_ptr().cast(), false, true);
        }
    }
}

fn not_json(error: serde_json::Error) -> Failure {
    Failure::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("internal error: {error}"))
}
