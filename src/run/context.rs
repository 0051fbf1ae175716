//! What a mirror's run knows of the run that it is a part of.

use crate::pg::channel::Worker;
use crate::state::counts::Counts;
use crate::state::task::Task;
use pgrx::pg_sys;

/// The run, as one of its mirrors sees it while an answer is dealt with.
pub struct Context<'a> {
    pub task: &'a Task,
    pub worker: &'a Worker,
    /// The role whose rights the run has.
    pub user: pg_sys::Oid,
    /// Odoo's clock when the run began, in seconds since 1970: the next window begins there.
    pub window_end: f64,
    /// What the other mirrors of the type did so far.
    pub others: Counts,
}
