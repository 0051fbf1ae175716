//! `schedule()` and `unschedule()`: a pg_cron job that runs what is due.

use crate::api::arguments;
use crate::api::guard::guarded;
use crate::connection;
use crate::failure::Failure;
use crate::pg::caught::caught;
use crate::pg::savepoint::attempt;
use crate::state::extension::as_owner;
use crate::worker::statement;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::spi::quote_literal;

/// The job's name for all connections; the prefix of the names for one connection.
const JOB: &str = "odoo-auto-sync";

#[pg_extern]
fn schedule(
    cron: default!(Option<&str>, "'0 */2 * * *'"),
    connection: default!(Option<&str>, "NULL"),
) -> Result<i64, ErrorReport> {
    guarded(|| {
        arguments::writable_server("odoo_sync.schedule()")?;
        let cron = arguments::text("cron", cron)?;
        let job = job(connection)?;
        let command = match connection {
            Some(name) => format!("SELECT odoo_sync.run_due({})", quote_literal(name)),
            None => "SELECT odoo_sync.run_due()".to_string(),
        };
        let place = CronPlace::find()?;
        let here = current_database_name()?;
        let job = place.free_name(job, &here)?;
        let id = if place.is_here {
            place.query("SELECT cron.schedule($1, $2, $3)", &[&job, cron, &command])
        } else {
            place.query("SELECT cron.schedule_in_database($1, $2, $3, $4)", &[&job, cron, &command, &here])
        }
        .map_err(|failure| explain(failure, cron, &place))?;
        id.ok_or_else(|| Failure::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "pg_cron gave the job no number"))
    })
}

#[pg_extern]
fn unschedule(connection: default!(Option<&str>, "NULL")) -> Result<bool, ErrorReport> {
    guarded(|| {
        arguments::writable_server("odoo_sync.unschedule()")?;
        if let Some(name) = connection {
            arguments::text("connection", Some(name))?;
        }
        remove(connection)
    })
}

/// Removes the caller's job for a connection, or the one for all; whether there was one.
fn remove(connection: Option<&str>) -> Result<bool, Failure> {
    let job = job_name(connection);
    let place = CronPlace::find()?;
    let here = current_database_name()?;
    let removed = place.query(
        "SELECT count(cron.unschedule(j.jobid)) FROM cron.job j
         WHERE j.jobname IN ($1, $2) AND j.database = $3 AND j.username = current_user",
        &[&job, &name_of_its_own(&job, &here), &here],
    )?;
    Ok(removed.unwrap_or(0) > 0)
}

/// Removes the caller's job for a connection that is about to be forgotten, where there is pg_cron and the caller may
/// use it.
pub fn forget(connection: &str) -> Result<(), Failure> {
    use PgSqlErrorCode::*;
    let Err(failure) = attempt(|| remove(Some(connection))) else {
        return Ok(());
    };
    // without pg_cron, or without a right in it, there is none of the caller's
    let has_none = [ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, ERRCODE_INSUFFICIENT_PRIVILEGE];
    if failure.is_cancelled() {
        return Err(failure);
    }
    if !has_none.into_iter().any(|code| failure.is(code)) {
        pgrx::warning!(
            "the schedule of connection {connection} could not be removed, if there is one: {}",
            failure.summary()
        );
    }
    Ok(())
}

/// The job's name, for a connection that exists.
fn job(connection: Option<&str>) -> Result<String, Failure> {
    connection::named_or_all(connection)?;
    Ok(job_name(connection))
}

fn job_name(connection: Option<&str>) -> String {
    connection.map_or_else(|| JOB.to_string(), |name| format!("{JOB}-{name}"))
}

/// The job's name where another database of the cluster has the plain one: to pg_cron, names are a role's over all of
/// them, and it would change the other job and make none here.
fn name_of_its_own(job: &str, database: &str) -> String {
    format!("{job}@{database}")
}

fn current_database_name() -> Result<String, Failure> {
    Ok(Spi::get_one::<String>("SELECT current_database()::text")?.unwrap_or_default())
}

/// The database in which pg_cron keeps its jobs: there is one in a cluster.
struct CronPlace {
    database: pg_sys::Oid,
    name: String,
    is_here: bool,
}

impl CronPlace {
    fn find() -> Result<CronPlace, Failure> {
        // a setting that not every role may look at
        let name = as_owner(|| {
            let query = "SELECT pg_catalog.current_setting('cron.database_name', true)";
            Ok(Spi::get_one::<String>(query)?)
        })?;
        let name = name.ok_or_else(|| {
                missing("pg_cron is not loaded in this server").hint(
                    "Install it (on Debian: apt-get install postgresql-NN-cron), put shared_preload_libraries = 'pg_cron' into postgresql.conf, restart, and CREATE EXTENSION pg_cron in the database that cron.database_name names. Without it, call SELECT odoo_sync.run_due() from any scheduler.",
                )
            })?;
        let database = Spi::get_one_with_args::<pg_sys::Oid>(
            "SELECT coalesce((SELECT oid FROM pg_catalog.pg_database WHERE datname = $1), 0)",
            &[name.as_str().into()],
        )?
        .filter(|oid| *oid != pg_sys::InvalidOid)
        .ok_or_else(|| {
            missing(format!("the database of pg_cron, {name:?}, does not exist"))
                .hint("Set cron.database_name in postgresql.conf and restart the server.")
        })?;
        let is_here = current_database_name()? == name;
        let place = CronPlace { database, name, is_here };
        let installed = "SELECT count(*) FROM pg_catalog.pg_extension WHERE extname = 'pg_cron'";
        if place.query(installed, &[])? != Some(1) {
            let hint = format!("In database {}: CREATE EXTENSION pg_cron;", place.name);
            let message = format!("pg_cron is loaded, but not installed in its database {:?}", place.name);
            return Err(missing(message).hint(hint));
        }
        Ok(place)
    }

    /// The name that a job of this database can have.
    fn free_name(&self, job: String, here: &str) -> Result<String, Failure> {
        let taken = self.query(
            "SELECT count(*) FROM cron.job j
             WHERE j.jobname = $1 AND j.database <> $2 AND j.username = current_user",
            &[&job, here],
        )?;
        if taken.unwrap_or(0) == 0 {
            return Ok(job);
        }
        let own = name_of_its_own(&job, here);
        pgrx::notice!("another database has the job {job}: this one is {own}");
        Ok(own)
    }

    /// Runs a query whose result is a bigint where pg_cron lives.
    fn query(&self, query: &str, arguments: &[&str]) -> Result<Option<i64>, Failure> {
        if !self.is_here {
            return statement::query(self.database, query, arguments);
        }
        let arguments: Vec<DatumWithOid> = arguments.iter().map(|text| (*text).into()).collect();
        caught(|| Ok(Spi::get_one_with_args::<i64>(query, &arguments)?))
    }
}

fn missing(message: impl Into<String>) -> Failure {
    Failure::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message)
}

/// Adds to an error of pg_cron what the caller can do about it.
fn explain(failure: Failure, cron: &str, place: &CronPlace) -> Failure {
    if failure.is(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE) {
        let function = if place.is_here {
            "cron.schedule(text, text, text)"
        } else {
            "cron.schedule_in_database(text, text, text, text, text, boolean)"
        };
        return failure.hint(format!(
            "In database {}, an administrator can GRANT USAGE ON SCHEMA cron, and EXECUTE ON FUNCTION {function}, to this role.",
            place.name
        ));
    }
    if failure.message.contains("schedule") {
        let message = format!("pg_cron does not take {cron:?} for a schedule");
        return Failure::argument(message)
            .detail(failure.message)
            .hint("Five fields, as in '0 */2 * * *': minute, hour, day of month, month, day of week.");
    }
    failure
}
