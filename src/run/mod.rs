//! One run of one connection, inside the background worker.
//!
//! [`run::Run`] holds the types, each [`type_run::TypeRun`] its mirrors, and each [`mirror_run::MirrorRun`] is a state
//! machine: it takes an answer of Odoo's and returns the next [`phase::Step`], which the run's one loop performs. A
//! [`pool`] of threads asks Odoo, the main thread writes what comes back, a page a transaction.

mod compare;
mod context;
mod gone;
pub mod locks;
mod login;
mod mirror_run;
mod notify;
mod phase;
mod pool;
mod progress;
mod report;
#[allow(clippy::module_inception)]
pub mod run;
mod setup;
mod store;
mod tally;
mod target;
mod type_run;
