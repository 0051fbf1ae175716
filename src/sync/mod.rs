//! The engine: one run of one connection, inside the background worker.
//!
//! [`run::Run`] goes through the mirrors: a [`pool`] of threads asks Odoo ([`fetch`]), the main thread writes what comes
//! back, a page a transaction, and [`record`]s it where other sessions see it.

mod advance;
mod announce;
pub mod blocked;
pub mod catalogue;
mod comparison;
mod ending;
pub mod fetch;
mod isolate;
pub mod mirror;
pub mod plan;
pub mod pool;
pub mod progress;
pub mod proof;
pub mod record;
pub mod run;
pub mod span;
pub mod state;
mod store;
pub mod task;
pub mod trace;
mod type_run;
