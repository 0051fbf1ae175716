//! odoo_sync keeps an Odoo company's records in typed PostgreSQL tables, from inside the database.
//!
//! From the top down, and imports only downward:
//!
//! - [`entry`]: the C symbols by which PostgreSQL starts the workers
//! - [`api`]: the SQL functions, one file a subject
//! - [`worker`]: the background workers and their callers
//! - [`run`]: a run: which mirrors, in which order, and what becomes of what Odoo answers
//! - [`connection`]: where to log in, and where the secret is
//! - [`state`]: the extension's own tables
//! - [`reader`]: what the helper threads ask of Odoo; names no PostgreSQL
//! - [`mirror`]: the user's tables
//! - [`settings`]: the GUCs
//! - [`pg`]: PostgreSQL's C interface, the only `unsafe`
//! - [`encode`]: from decoded records to PostgreSQL's own representation
//! - [`failure`]: the error for the reader
//! - the crate `odoo`: the client

#![deny(unsafe_code)]

use pgrx::prelude::*;

mod api;
mod connection;
mod encode;
#[allow(unsafe_code)]
mod entry;
mod failure;
mod mirror;
#[allow(unsafe_code)]
mod pg;
mod reader;
mod run;
mod settings;
mod state;
mod worker;

pgrx::pg_module_magic!(name, version);

extension_sql_file!("../sql/state.sql", name = "state", bootstrap);
extension_sql!(
    "SELECT odoo_sync.load_catalogue();",
    name = "catalogue",
    requires = ["state", api::load_catalogue::load_catalogue]
);
extension_sql_file!("../sql/wrapper.sql", name = "wrapper", requires = [api::validator::validate_options]);
extension_sql_file!("../sql/functions.sql", name = "functions", finalize);

#[pg_guard]
extern "C-unwind" fn _PG_init() {
    settings::register();
}
