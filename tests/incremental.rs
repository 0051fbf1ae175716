//! Incremental runs: what changes in Odoo changes in the tables, and nothing else.
//!
//! Over the sample Odoo in both its versions, whose clock the tests move; and, where only a real server can show it, over copies of
//! real ones, which the tests take in turns.

#[path = "incremental/bulk.rs"]
mod bulk;
#[path = "incremental/late.rs"]
mod late;
#[path = "incremental/mirrored.rs"]
#[allow(
    dead_code,
    clippy::result_large_err,
    reason = "some of it is for tests of unique names and type settings that are still to come"
)]
mod mirrored;
#[path = "incremental/related.rs"]
mod related;
#[path = "incremental/window.rs"]
mod window;
