//! How a run ends, and who is told: the caller, the server's log, whoever listens.

use crate::failure::Failure;
use crate::pg::interrupts;
use crate::pg::transaction::transaction;
use crate::sync::announce;
use crate::sync::blocked;
use crate::sync::run::Run;
use crate::sync::task::{Event, Outcome, Status};
use pgrx::prelude::*;

impl Run<'_> {
    /// Tells the caller how a type ended, and the server's log where it failed: nobody may be waiting.
    pub(super) fn tell(&mut self, outcome: Outcome) {
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

    /// Tells whoever listens how all types ended, in the order in which they were asked for, as `run()` does: after the
    /// transactions that they ended in, so that it finds what it hears.
    pub(super) fn announce(&mut self) {
        let task = self.task;
        self.told
            .sort_by_key(|outcome| task.types.iter().position(|name| *name == outcome.r#type));
        if let Err(failure) = transaction(self.user, || announce::announce(task, &self.told)) {
            pgrx::warning!(
                "odoo_sync: the end of run {} of connection {} could not be announced: {}",
                task.run_id,
                task.connection,
                failure.summary()
            );
        }
    }

    /// Says who holds the lock that could not be had, where that is what failed: on a table of the schema, or on this one.
    pub(super) fn unblocked(&self, failure: Failure, schema: &str, table: Option<&str>) -> Failure {
        if !failure.is(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE) {
            return failure;
        }
        transaction(self.user, || {
            blocked::explain(failure.clone(), schema, table, self.task.caller)
        })
        // what failed is told in any case
        .unwrap_or(failure)
    }

    /// Ends all types that have not ended, for one reason.
    pub(super) fn abandon(&mut self, failure: Failure) {
        let failure = if failure.is_cancelled() && interrupts::is_time_over() {
            let place = format!("connection {}", self.task.connection);
            Failure::out_of_time(self.task.settings.run_timeout_ms).at(place)
        } else {
            self.unblocked(failure, "odoo_sync", None)
        };
        for index in 0..self.types.len() {
            if self.types[index].is_ended {
                continue;
            }
            self.types[index].failures.insert(0, failure.clone());
            let mut result = self.end_type(index);
            // whoever is told to stop while it says how it ends says it nevertheless
            for _ in 0..2 {
                if result.as_ref().is_err_and(Failure::is_cancelled) {
                    result = self.end_type(index);
                }
            }
            if let Err(also) = result {
                pgrx::warning!(
                    "odoo_sync: how run {} of {} on connection {} ended could not be recorded: {}",
                    self.task.run_id,
                    self.types[index].spec.r#type,
                    self.task.connection,
                    also.summary()
                );
            }
        }
        // those that could not be begun, or whose end could not be recorded
        let task = self.task;
        for name in &task.types {
            if self.told.iter().all(|outcome| outcome.r#type != *name) {
                let status = if failure.is_cancelled() {
                    Status::Interrupted
                } else {
                    Status::Failed
                };
                self.tell(Outcome {
                    message: Some(failure.summary()),
                    failure: Some(failure.clone()),
                    ..Outcome::new(task.run_id, &task.connection, name, status)
                });
            }
        }
    }
}
