//! The caller's side of a run: starts its workers, and waits for them or not.

use crate::failure::Failure;
use crate::pg::channel::{Caller, Poll};
use crate::pg::transaction;
use crate::state::history;
use crate::state::task::{Event, Outcome, Task};
use pgrx::prelude::*;
use std::collections::VecDeque;

/// The C name of the worker's entry, which is in `entry.rs`.
const ENTRY: &str = "odoo_sync_run_worker";

/// Runs each task in a worker of its own, as many at once as there are slots for, and returns when all have ended.
/// Notices are shown as they come. When the caller is cancelled, so are the workers.
pub fn run_and_wait(tasks: Vec<Task>) -> Result<Vec<Outcome>, Failure> {
    let mut waiting: VecDeque<Task> = tasks.into();
    let are_several = waiting.len() > 1;
    let mut running: Vec<(String, Caller)> = Vec::new();
    let mut outcomes = Vec::new();
    let mut run_id = 0;
    while !waiting.is_empty() || !running.is_empty() {
        start_waiting(&mut waiting, &mut running, run_id)?;
        let mut still_running = Vec::new();
        let mut is_idle = true;
        for (connection, caller) in running {
            match caller.poll::<Event>()? {
                Poll::Nothing => still_running.push((connection, caller)),
                Poll::Event(Event::Finished) => {
                    caller.finish();
                    is_idle = false;
                }
                Poll::Event(event) => {
                    is_idle = false;
                    match event {
                        Event::Notice(line) if are_several => {
                            pgrx::notice!("{connection}: {line}");
                        }
                        Event::Notice(line) => pgrx::notice!("{line}"),
                        Event::Ended(outcome) => outcomes.push(*outcome),
                        Event::Accepted(id) => run_id = id,
                        Event::Finished => {}
                    }
                    still_running.push((connection, caller));
                }
                Poll::Gone => return Err(gone(&caller)),
            }
        }
        running = still_running;
        if is_idle && !running.is_empty() {
            Caller::wait();
        }
    }
    Ok(outcomes)
}

/// Starts as many of the waiting tasks as there are worker slots for, the first one alone until it has the id of the
/// run; an error only when not even one can run.
fn start_waiting(
    waiting: &mut VecDeque<Task>,
    running: &mut Vec<(String, Caller)>,
    run_id: i64,
) -> Result<(), Failure> {
    while let Some(task) = waiting.front_mut() {
        if run_id == 0 && !running.is_empty() {
            return Ok(());
        }
        task.run_id = run_id;
        match start(task) {
            Ok(caller) => running.push((task.connection.clone(), caller)),
            Err(failure) if running.is_empty() => return Err(failure),
            Err(_) => return Ok(()), // its turn comes when one of ours has ended
        }
        waiting.pop_front();
    }
    Ok(())
}

/// Starts each task in a worker that goes on by itself, and returns the run's id once they have taken their tasks.
pub fn run_detached(tasks: &[Task]) -> Result<i64, Failure> {
    let mut run_id = 0;
    for (at, task) in tasks.iter().enumerate() {
        let task = Task { run_id, ..task.clone() };
        let caller = start(&task).map_err(|failure| match &tasks[..at] {
            [] => failure,
            started => {
                let names: Vec<&str> = started.iter().map(|task| task.connection.as_str()).collect();
                failure.detail(format!("The runs of these connections have begun and go on: {}.", names.join(", ")))
            }
        })?;
        run_id = accepted(&caller)?;
        caller.release();
    }
    Ok(run_id)
}

/// Starts each task in a worker that begins when this transaction commits, and ends without a trace if it is rolled
/// back; the run's id.
pub fn run_after_commit(tasks: &[Task]) -> Result<i64, Failure> {
    let run_id = history::next_run_id()?;
    let after = Some(transaction::current_id());
    for task in tasks {
        let task = Task { run_id, after, caller: None, ..task.clone() };
        let caller = start(&task)?;
        accepted(&caller)?;
        for name in &task.types {
            history::queue(&task, name, caller.pid())?;
        }
        caller.release();
    }
    Ok(run_id)
}

/// Waits until the worker has read its task; the run's id.
fn accepted(caller: &Caller) -> Result<i64, Failure> {
    loop {
        match caller.poll::<Event>()? {
            Poll::Event(Event::Accepted(id)) => return Ok(id),
            Poll::Event(_) => {}
            Poll::Nothing => Caller::wait(),
            Poll::Gone => return Err(gone(caller)),
        }
    }
}

fn start(task: &Task) -> Result<Caller, Failure> {
    Caller::start(&format!("odoo_sync {}", task.connection), ENTRY, task)
        .map_err(|failure| failure.at(format!("connection {}", task.connection)))
}

fn gone(caller: &Caller) -> Failure {
    Failure::new(
        PgSqlErrorCode::ERRCODE_CRASH_SHUTDOWN,
        format!("the run's background worker (pid {}) ended before it was done", caller.pid()),
    )
    .hint("The server's log says why. What it had committed stays, and the next run goes on from there.")
}
