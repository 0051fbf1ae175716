//! The background workers, and the callers that start them: of runs, and of statements in another database.

pub mod caller;
pub mod main;
mod queue;
pub mod statement;
