//! The helper threads: each takes a job, asks Odoo, and hands back what it got over a bounded channel.

use crate::failure::Failure;
use crate::pg::thread;
use pgrx::prelude::*;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Work for a thread; it may hand back any number of results.
pub type Job<T> = Box<dyn FnOnce(&dyn Fn(T)) + Send>;

struct Queue<T> {
    jobs: Mutex<VecDeque<Job<T>>>,
    added: Condvar,
}

impl<T> Queue<T> {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Job<T>>> {
        // a job that panicked cannot have left the queue half-changed
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Job<T> {
        let mut jobs = self.lock();
        loop {
            match jobs.pop_front() {
                Some(job) => return job,
                None => jobs = self.added.wait(jobs).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// A fixed number of threads and the results that they have ready. The channel holds as many results as there are
/// threads, so that memory stays bounded when writing is slower than reading. The threads end with the process.
pub struct Pool<T> {
    queue: Arc<Queue<T>>,
    results: Receiver<Option<T>>,
    threads: usize,
}

impl<T: Send + 'static> Pool<T> {
    pub fn start(threads: usize) -> Result<Pool<T>, Failure> {
        let queue = Arc::new(Queue { jobs: Mutex::default(), added: Condvar::new() });
        let (sender, results) = mpsc::sync_channel(threads);
        for _ in 0..threads {
            let (queue, sender): (Arc<Queue<T>>, SyncSender<Option<T>>) = (queue.clone(), sender.clone());
            thread::spawn("odoo_sync fetch", move || {
                loop {
                    let job = queue.take();
                    // nobody receives any more only when the worker is about to exit
                    let give = |result| drop(sender.send(Some(result)));
                    if catch_unwind(AssertUnwindSafe(|| job(&give))).is_err() {
                        drop(sender.send(None));
                    }
                }
            })?;
        }
        Ok(Pool { queue, results, threads })
    }

    pub fn submit(&self, job: Job<T>) {
        self.queue.lock().push_back(job);
        self.queue.added.notify_one();
    }

    /// Whether the queue has fewer jobs than there are threads.
    pub fn is_hungry(&self) -> bool {
        self.queue.lock().len() < self.threads
    }

    /// The next result, if one comes within the time; fails when a job panicked, whose results would be waited for in
    /// vain.
    pub fn next(&self, patience: Duration) -> Result<Option<T>, Failure> {
        match self.results.recv_timeout(patience) {
            Ok(Some(result)) => Ok(Some(result)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Ok(None) | Err(RecvTimeoutError::Disconnected) => Err(thread_ended()),
        }
    }
}

/// A bug of ours ended a thread that asks Odoo.
pub fn thread_ended() -> Failure {
    Failure::new(
        PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
        "internal error: a thread that talks to Odoo ended unexpectedly",
    )
    .hint("This is a bug in odoo_sync; please report it with the server's log.")
}
