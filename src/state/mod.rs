//! The extension's own tables: the catalogue, where each mirror stands, the history of runs, the records that failed.
//!
//! The API reads them in the caller's backend, the worker writes them; both as the extension's owner
//! ([`extension::as_owner`]).

pub mod catalogue;
pub mod counts;
pub mod extension;
pub mod failures;
pub mod history;
pub mod lock;
pub mod mirror_state;
pub mod task;
