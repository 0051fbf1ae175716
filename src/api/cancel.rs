//! `cancel()`: cancels runs that are running or queued.

use crate::api::arguments;
use crate::api::guard::guarded;
use crate::connection;
use crate::failure::Failure;
use crate::pg::sql;
use crate::state::extension::as_owner;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Running {
    pid: i32,
}

#[pg_extern]
fn cancel(connection: default!(Option<&str>, "NULL")) -> Result<i32, ErrorReport> {
    guarded(|| {
        arguments::writable_server("odoo_sync.cancel()")?;
        let names: Vec<String> =
            connection::named_or_all(connection)?.into_iter().map(|connection| connection.name).collect();
        let running: Vec<Running> = as_owner(|| {
            sql::rows(
                "SELECT DISTINCT r.pid FROM odoo_sync.runs r JOIN pg_catalog.pg_stat_activity a
               ON a.pid = r.pid AND a.backend_type = 'odoo_sync' AND a.datname = pg_catalog.current_database()
             WHERE r.connection = ANY ($1)
               AND (r.status = 'running' AND odoo_sync.is_running(r.connection, r.type) OR r.status = 'queued')",
                &[names.into()],
            )
        })?;
        let mut cancelled = 0;
        for run in &running {
            // PostgreSQL's own function, which checks whether the caller may cancel that backend
            let signalled =
                Spi::get_one_with_args::<bool>("SELECT pg_catalog.pg_cancel_backend($1)", &[run.pid.into()])
                    .map_err(Failure::from)?;
            cancelled += i32::from(signalled == Some(true));
        }
        Ok(cancelled)
    })
}
