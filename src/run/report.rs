//! Who is told how a run ends: the caller, the server's log, whoever listens.

use crate::failure::Failure;
use crate::pg::channel::Worker;
use crate::pg::transaction::transaction;
use crate::run::notify;
use crate::state::task::{Event, Outcome, Status, Task};
use pgrx::prelude::*;

/// What was told so far of a run.
pub struct Report<'a> {
    task: &'a Task,
    worker: &'a Worker,
    told: Vec<Outcome>,
}

impl<'a> Report<'a> {
    /// A run of which nothing was told yet.
    pub fn new(task: &'a Task, worker: &'a Worker) -> Report<'a> {
        Report { task, worker, told: Vec::new() }
    }

    /// Tells the caller how a type ended, and the server's log where it failed: nobody may be waiting.
    pub fn tell(&mut self, outcome: Outcome) {
        if outcome.status == Status::Failed {
            let message = outcome.message.as_deref().unwrap_or_default();
            let line = message.lines().collect::<Vec<_>>().join("; ");
            pgrx::log!(
                "odoo_sync: run {} of connection {}: {} failed: {line}",
                outcome.run_id,
                outcome.connection,
                outcome.r#type
            );
        }
        self.worker.send(&Event::Ended(Box::new(outcome.clone())));
        self.told.push(outcome);
    }

    /// The types of the task of which nothing was told.
    pub fn untold(&self) -> Vec<&'a String> {
        let is_told = |name: &&String| self.told.iter().any(|outcome| outcome.r#type == **name);
        let types = self.task.types.iter();
        types.filter(|name| !is_told(name)).collect()
    }

    /// Tells whoever listens how all types ended, in the order in which they were asked for, as `run()` does: after the
    /// transactions that they ended in, so that it finds what it hears.
    pub fn notify(&mut self, user: pg_sys::Oid) {
        let task = self.task;
        self.told.sort_by_key(|outcome| task.types.iter().position(|name| *name == outcome.r#type));
        if let Err(failure) = transaction(user, || notify::notify(task, &self.told)) {
            pgrx::warning!(
                "odoo_sync: the end of run {} of connection {} could not be announced: {}",
                task.run_id,
                task.connection,
                failure.summary()
            );
        }
    }

    /// Says why the end of a type could not be recorded.
    pub fn warn_unrecorded(&self, r#type: &str, failure: &Failure) {
        pgrx::warning!(
            "odoo_sync: how run {} of {type} on connection {} ended could not be recorded: {}",
            self.task.run_id,
            self.task.connection,
            failure.summary()
        );
    }
}
