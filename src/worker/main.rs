//! What the worker of a run does, from its process's start to its end.

use crate::pg::channel::Worker;
use crate::pg::{interrupts, process};
use crate::run::run;
use crate::state::task::{Event, Task};
use crate::worker::queue;
use pgrx::pg_sys;

/// Runs the task that the caller handed over.
pub fn main(argument: pg_sys::Datum) {
    interrupts::install_worker_handlers();
    let Some((worker, task)) = Worker::attach::<Task>(argument) else {
        pgrx::log!("odoo_sync: the caller of a run was gone before it began");
        return;
    };
    process::connect(pg_sys::Oid::from(task.database), pg_sys::Oid::from(task.session_user));
    // a caller that holds a lock on a mirror would wait for itself
    process::set_parameter(c"lock_timeout", c"5s");
    // pages are committed in order and the last commit of a type waits for the disk, so that nothing can be lost by
    // this
    process::set_parameter(c"synchronous_commit", c"off");
    process::set_parameter(c"default_transaction_isolation", c"read committed");
    process::set_parameter(c"default_transaction_read_only", c"off");
    if let Some(transaction) = task.after {
        worker.send(&Event::Accepted(task.run_id));
        if !queue::is_committed(transaction, pg_sys::Oid::from(task.session_user)) {
            return;
        }
    }
    run::run(task, &worker);
    process::report_activity(None);
}
