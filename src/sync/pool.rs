//! The helper threads: each takes a job, asks Odoo, and hands back what it got over a bounded channel.

use crate::failure::Failure;
use crate::pg::thread;
use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, SyncSender};
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
                None => {
                    jobs = self
                        .added
                        .wait(jobs)
                        .unwrap_or_else(PoisonError::into_inner)
                }
            }
        }
    }
}

/// A fixed number of threads and the results that they have ready. The channel holds as many results as there are
/// threads, so that memory stays bounded when writing is slower than reading. The threads end with the process.
pub struct Pool<T> {
    queue: Arc<Queue<T>>,
    results: Receiver<T>,
    threads: usize,
}

impl<T: Send + 'static> Pool<T> {
    pub fn start(threads: usize) -> Result<Pool<T>, Failure> {
        let queue = Arc::new(Queue {
            jobs: Mutex::default(),
            added: Condvar::new(),
        });
        let (sender, results) = mpsc::sync_channel(threads);
        for _ in 0..threads {
            let (queue, sender): (Arc<Queue<T>>, SyncSender<T>) = (queue.clone(), sender.clone());
            thread::spawn("odoo_sync fetch", move || {
                loop {
                    let job = queue.take();
                    // nobody receives any more only when the worker is about to exit
                    job(&|result| drop(sender.send(result)));
                }
            })?;
        }
        Ok(Pool {
            queue,
            results,
            threads,
        })
    }

    pub fn submit(&self, job: Job<T>) {
        self.queue.lock().push_back(job);
        self.queue.added.notify_one();
    }

    /// Whether the threads will soon have nothing to do.
    pub fn is_hungry(&self) -> bool {
        self.queue.lock().len() < self.threads
    }

    /// The next result, if one comes within the time.
    pub fn next(&self, patience: Duration) -> Option<T> {
        self.results.recv_timeout(patience).ok()
    }
}
