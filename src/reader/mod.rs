//! What is asked of Odoo for a mirror. It runs in helper threads, so that nothing here may call PostgreSQL: the layers'
//! test sees to it that `pgrx` is not even named.
//!
//! A [`source::Source`] is one mirror's records in Odoo, for runs, `verify()` and `check()` alike; a
//! [`request::Request`] is what a run asks of it, and [`request::Content`] what comes back.

pub mod access;
mod apart;
mod changes;
mod isolate;
pub mod outline;
pub mod plan;
pub mod request;
pub mod source;
pub mod span;
pub mod spec;
pub mod tracked;
pub mod unreadable;
