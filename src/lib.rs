//! odoo_sync keeps an Odoo company's records in typed PostgreSQL tables, from inside the database.
//!
//! - [`api`]: the SQL functions, one file a subject
//! - [`settings`]: the GUCs
//! - [`worker`]: the background worker and its caller
//! - [`sync`]: the engine: what to fetch, in which order, and what becomes of it
//! - [`mirror`]: the tables
//! - [`odoo`]: the client; knows no PostgreSQL
//! - [`pg`]: the only `unsafe`
//! - [`secret_source`]: secrets that are elsewhere than in the user mapping
//! - [`failure`], [`sql`], [`version`]: errors for the reader; rows as structs; whether library and database belong together

#![deny(unsafe_code)]

use pgrx::prelude::*;

mod api;
mod connection;
mod elsewhere;
mod failure;
mod mirror;
#[allow(unsafe_code)]
mod pg;
mod secret_source;
mod settings;
mod sql;
mod sync;
mod version;
mod worker;

pgrx::pg_module_magic!(name, version);

extension_sql_file!("../sql/state.sql", name = "state", bootstrap);
extension_sql!(
    "SELECT odoo_sync.load_catalogue();",
    name = "catalogue",
    requires = ["state", api::load_catalogue::load_catalogue]
);
extension_sql_file!(
    "../sql/wrapper.sql",
    name = "wrapper",
    requires = [api::validator::validate_options]
);
extension_sql_file!("../sql/functions.sql", name = "functions", finalize);

#[pg_guard]
extern "C-unwind" fn _PG_init() {
    settings::register();
}
