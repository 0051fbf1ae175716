//! Locks on the mirrors that a run cannot get.
//!
//! A caller that waits for its run cannot release a lock that the run needs, and PostgreSQL's deadlock detector does
//! not see that the one waits for the other: the worker's `lock_timeout` ends it, and this tells who holds the lock.

use crate::failure::Failure;
use crate::pg::sql;
use pgrx::prelude::*;
use pgrx::spi::quote_qualified_identifier;
use serde::Deserialize;

/// The modes beside which no row can be written.
const AGAINST_WRITING: &str = "('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')";

/// Fails when this session, which is about to wait for a run of these types, holds a lock on one of their mirrors
/// beside which the run could write nothing, or one on a catalogue of PostgreSQL's beside which no process can start.
pub fn ensure_caller_is_not(connection: &str, types: &[String]) -> Result<(), Failure> {
    #[derive(Deserialize)]
    struct Held {
        schema: String,
        table_name: String,
        mode: String,
    }
    let query = format!(
        "SELECT n.nspname AS schema, c.relname AS table_name, l.mode
         FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
           AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
           AND l.mode IN {AGAINST_WRITING}
           AND (n.nspname = $1 AND c.relname = ANY (SELECT m.table_name FROM odoo_sync.mirrors m WHERE m.type = ANY ($2))
                OR n.nspname = 'pg_catalog' AND l.mode = 'AccessExclusiveLock')
         ORDER BY 1 LIMIT 1"
    );
    let held: Vec<Held> = sql::rows(&query, &[connection.into(), types.to_vec().into()])?;
    match held.into_iter().next() {
        None => Ok(()),
        Some(Held { schema, table_name, mode }) => {
            let table = quote_qualified_identifier(&schema, &table_name);
            Err(Failure::new(
                PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE,
                format!("this transaction holds a lock on {table} ({mode}), which the run would wait for forever"),
            )
            .hint("COMMIT or ROLLBACK before you call the run."))
        }
    }
}

/// Says of a lock timeout which table of the schema it was about, or whether it was about this one, and who holds a
/// lock on it. Called in a transaction after the one that failed. `caller` is the process that waits for the run.
pub fn explain(failure: Failure, schema: &str, table: Option<&str>, caller: Option<i32>) -> Result<Failure, Failure> {
    #[derive(Deserialize)]
    struct Holder {
        table_name: String,
        pid: Option<i32>,
        mode: String,
        role: Option<String>,
        application: Option<String>,
    }
    // whoever is against all writing comes first, then whoever writes itself, then whoever reads, which is in the way
    // when a column is added; a transaction that was prepared has no process
    let query = format!(
        "SELECT c.relname AS table_name, l.pid, l.mode, a.usename AS role, nullif(a.application_name, '') AS application
         FROM pg_catalog.pg_locks l
         JOIN pg_catalog.pg_class c ON c.oid = l.relation
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
         WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
           AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
           AND n.nspname = $1 AND c.relname = coalesce($2, c.relname) AND c.relkind IN ('r', 'p')
         ORDER BY CASE WHEN l.mode IN {AGAINST_WRITING} THEN 1 WHEN l.mode = 'RowExclusiveLock' THEN 2 ELSE 3 END,
                  l.pid IS NOT DISTINCT FROM $3 DESC, l.pid LIMIT 1"
    );
    let arguments = [schema.into(), table.into(), caller.into()];
    let holder = sql::rows::<Holder>(&query, &arguments)?.into_iter().next();
    let Some(holder) = holder else {
        return Ok(failure); // released meanwhile
    };
    let table = quote_qualified_identifier(schema, &holder.table_name);
    let mode = &holder.mode;
    let (message, hint) = match holder.pid {
        Some(pid) if caller == Some(pid) => (
            format!("{table} is locked by the transaction that called the run and waits for it (pid {pid}, {mode})"),
            "COMMIT or ROLLBACK before you call the run.",
        ),
        Some(pid) => {
            let role = holder.role.unwrap_or_default();
            let application = holder.application.map(|name| format!(", {name}")).unwrap_or_default();
            (
                format!("{table} is locked by another session (pid {pid}, role {role}{application}, {mode})"),
                "The next run does what this one could not, once that session's transaction has ended.",
            )
        }
        None => (
            format!("{table} is locked by a prepared transaction ({mode})"),
            "pg_prepared_xacts lists them; COMMIT PREPARED or ROLLBACK PREPARED it.",
        ),
    };
    Ok(Failure { message, hint: Some(hint.to_string()), ..failure })
}

/// Whether somebody waits for the database to be left alone, to drop, rename or move it.
pub fn is_database_wanted() -> Result<bool, Failure> {
    let query = "SELECT EXISTS (
        SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'object' AND l.mode = 'AccessExclusiveLock'
          AND l.classid = 'pg_catalog.pg_database'::regclass
          AND l.objid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))";
    Ok(Spi::get_one::<bool>(query)? == Some(true))
}
