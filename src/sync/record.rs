//! What a run leaves behind in the extension's tables. Each function is called inside a transaction.

use crate::failure::Failure;
use crate::pg::identity::as_owner;
use crate::sync::catalogue::MirrorSpec;
use crate::sync::mirror::MirrorRun;
use crate::sync::store::Refused;
use crate::sync::task::{Counts, Status, Task};
use odoo::Traffic;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;

fn execute(statement: &str, args: &[DatumWithOid]) -> Result<(), Failure> {
    Ok(Spi::run_with_args(statement, args)?)
}

/// Changes the row of a running type, or what depends on it; an error where that row is no longer there.
fn update(statement: &str, args: &[DatumWithOid]) -> Result<(), Failure> {
    let rows =
        Spi::connect_mut(|client| Ok::<_, Failure>(client.update(statement, None, args)?.len()))?;
    if rows > 0 {
        return Ok(());
    }
    Err(Failure::new(
        PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        "the run is no longer known here: the extension was dropped and made anew meanwhile, or odoo_sync.runs was emptied",
    )
    .hint("Run again: what was stored stays, and nothing is stored twice."))
}

/// The id of a new run.
pub fn next_run_id() -> Result<i64, Failure> {
    as_owner(|| {
        let next = "SELECT pg_catalog.nextval('odoo_sync.run_ids')";
        Ok(Spi::get_one::<i64>(next)?.unwrap_or_default())
    })
}

/// Takes the lock of a type for as long as this process lives, if no other run holds it.
pub fn try_lock(connection: &str, r#type: &str) -> Result<bool, Failure> {
    lock("pg_try_advisory_lock", connection, r#type)
}

/// Takes the lock of a type until this transaction ends, if no run holds it.
pub fn try_lock_for_transaction(connection: &str, r#type: &str) -> Result<bool, Failure> {
    lock("pg_try_advisory_xact_lock", connection, r#type)
}

/// Lets go of the lock of a type that has ended.
pub fn unlock(connection: &str, r#type: &str) -> Result<(), Failure> {
    lock("pg_advisory_unlock", connection, r#type).map(drop)
}

/// Calls one of PostgreSQL's functions for advisory locks with the lock of a type; its answer.
fn lock(function: &str, connection: &str, r#type: &str) -> Result<bool, Failure> {
    as_owner(|| {
        let query = format!("SELECT pg_catalog.{function}(odoo_sync.lock_key($1, $2))");
        let arguments = [connection.into(), r#type.into()];
        Ok(Spi::get_one_with_args::<bool>(&query, &arguments)? == Some(true))
    })
}

/// Notes that a type runs from now on, and that earlier runs which never said how they ended were cut off.
pub fn begin(task: &Task, r#type: &str, mode: &str) -> Result<(), Failure> {
    as_owner(|| {
        execute(
            "UPDATE odoo_sync.runs SET status = 'interrupted', finished_at = clock_timestamp(), pid = NULL,
                    message = 'The run ended without saying how: its process or the server was stopped.'
             WHERE connection = $1 AND type = $2 AND status = 'running'",
            &[task.connection.as_str().into(), r#type.into()],
        )?;
        execute(
            "INSERT INTO odoo_sync.runs (run_id, connection, type, role, status, mode, started_at, pid, progress)
             VALUES ($1, $2, $3, (SELECT rolname FROM pg_catalog.pg_roles WHERE oid = $4), 'running', $5,
                     clock_timestamp(), pg_catalog.pg_backend_pid(), 'waiting for Odoo')",
            &[
                task.run_id.into(),
                task.connection.as_str().into(),
                r#type.into(),
                pg_sys::Oid::from(task.user).into(),
                mode.into(),
            ],
        )
    })
}

/// Notes that a type did not run, since another run of it is under way.
pub fn skipped(task: &Task, r#type: &str, message: &str) -> Result<(), Failure> {
    as_owner(|| {
        execute(
            "INSERT INTO odoo_sync.runs (run_id, connection, type, role, status, started_at, finished_at, message)
             VALUES ($1, $2, $3, (SELECT rolname FROM pg_catalog.pg_roles WHERE oid = $4), 'skipped',
                     clock_timestamp(), clock_timestamp(), $5)",
            &[
                task.run_id.into(),
                task.connection.as_str().into(),
                r#type.into(),
                pg_sys::Oid::from(task.user).into(),
                message.into(),
            ],
        )
    })
}

/// Notes that a running type's mode is another one than it seemed.
pub fn mode(task: &Task, r#type: &str, mode: &str) -> Result<(), Failure> {
    as_owner(|| {
        update(
            "UPDATE odoo_sync.runs SET mode = $4 WHERE run_id = $1 AND connection = $2 AND type = $3",
            &[
                task.run_id.into(),
                task.connection.as_str().into(),
                r#type.into(),
                mode.into(),
            ],
        )
    })
}

/// Brings a running type's row up to date, along with the page that it tells of.
pub fn progress(task: &Task, r#type: &str, counts: &Counts, progress: &str) -> Result<(), Failure> {
    as_owner(|| {
        update(
            "UPDATE odoo_sync.runs SET fetched = $4, inserted = $5, updated = $6, deleted = $7, failed = $8, progress = $9
             WHERE run_id = $1 AND connection = $2 AND type = $3",
            &[
                task.run_id.into(),
                task.connection.as_str().into(),
                r#type.into(),
                (counts.fetched as i64).into(),
                (counts.inserted as i64).into(),
                (counts.updated as i64).into(),
                (counts.deleted as i64).into(),
                (counts.failed as i64).into(),
                progress.into(),
            ],
        )
    })
}

/// Notes how a type ended.
pub fn end(
    task: &Task,
    r#type: &str,
    status: Status,
    traffic: &Traffic,
    writing: f64,
    message: Option<&str>,
) -> Result<(), Failure> {
    as_owner(|| {
        update(
            "UPDATE odoo_sync.runs SET status = $4, finished_at = clock_timestamp(), pid = NULL, progress = NULL,
                    requests = $5, bytes = $6, retries = $7, odoo_seconds = round($8::numeric, 3),
                    write_seconds = round($9::numeric, 3), message = $10
             WHERE run_id = $1 AND connection = $2 AND type = $3",
            &[
                task.run_id.into(),
                task.connection.as_str().into(),
                r#type.into(),
                status.as_str().into(),
                (traffic.requests as i64).into(),
                (traffic.bytes as i64).into(),
                (traffic.retries as i64).into(),
                traffic.waiting.as_secs_f64().into(),
                writing.into(),
                message.into(),
            ],
        )
    })
}

/// Notes where a mirror stands after a run of it has ended well: the window that it is equal to Odoo up to, in seconds
/// since 1970 by Odoo's clock, and the domain.
pub fn mirror(task: &Task, mirror: &MirrorRun, window_end: f64) -> Result<(), Failure> {
    let (spec, rows) = (&mirror.source.spec, mirror.row_count()?);
    let columns = serde_json::json!(mirror.columns()?);
    let as_json = |value: serde_json::Value| (!value.is_null()).then_some(pgrx::JsonB(value));
    let traces = as_json(serde_json::json!(mirror.state.traces));
    let standing = as_json(serde_json::json!(mirror.state.standing));
    as_owner(|| {
        update(
            "INSERT INTO odoo_sync.mirror_state AS s
                    (connection, table_name, type, model, row_count, window_end, full_at, domain, columns, traces, standing, lang, company_id)
             SELECT $1, $2, $3, $4, $5, pg_catalog.to_timestamp($6), CASE WHEN $7 THEN r.started_at END, $8, $9, $11, $12, $13, $14
             FROM odoo_sync.runs r WHERE r.run_id = $10 AND r.connection = $1 AND r.type = $3
             ON CONFLICT (connection, table_name) DO UPDATE
             SET type = EXCLUDED.type, model = EXCLUDED.model, row_count = EXCLUDED.row_count,
                 window_end = EXCLUDED.window_end, full_at = coalesce(EXCLUDED.full_at, s.full_at),
                 domain = EXCLUDED.domain, columns = EXCLUDED.columns, traces = EXCLUDED.traces,
                 standing = EXCLUDED.standing, lang = EXCLUDED.lang, company_id = EXCLUDED.company_id",
            &[
                task.connection.as_str().into(),
                spec.table_name.as_str().into(),
                spec.r#type.as_str().into(),
                spec.model.as_str().into(),
                (rows as i64).into(),
                window_end.into(),
                mirror.state.since.is_none().into(),
                pgrx::JsonB(mirror.source.domain.to_value()).into(),
                pgrx::JsonB(columns).into(),
                task.run_id.into(),
                traces.into(),
                standing.into(),
                mirror.state.lang.as_deref().into(),
                mirror.state.company_id.into(),
            ],
        )
    })
}

/// Forgets what is known of a mirror, so that the next run reads everything.
pub fn forget_mirror(connection: &str, table: &str) -> Result<(), Failure> {
    as_owner(|| {
        execute(
            "DELETE FROM odoo_sync.mirror_state WHERE connection = $1 AND table_name = $2",
            &[connection.into(), table.into()],
        )
    })
}

/// Keeps a record that could not be read or stored, with the reason.
pub fn failed_record(connection: &str, spec: &MirrorSpec, record: Refused) -> Result<(), Failure> {
    as_owner(|| {
        execute(
            "INSERT INTO odoo_sync.failures AS f (connection, type, table_name, odoo_id, error, payload)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (connection, table_name, odoo_id) DO UPDATE
             SET last_seen = now(), attempts = f.attempts + 1, error = EXCLUDED.error, type = EXCLUDED.type,
                 payload = EXCLUDED.payload",
            &[
                connection.into(),
                spec.r#type.as_str().into(),
                spec.table_name.as_str().into(),
                record.id.into(),
                record.error.as_str().into(),
                record.payload.into(),
            ],
        )
    })
}

/// Forgets the failures of a mirror that this run, which read everything, did not meet again.
pub fn forget_failures(connection: &str, table: &str, still: &[i64]) -> Result<(), Failure> {
    as_owner(|| {
        execute(
            "DELETE FROM odoo_sync.failures WHERE connection = $1 AND table_name = $2 AND NOT odoo_id = ANY ($3)",
            &[connection.into(), table.into(), still.to_vec().into()],
        )
    })
}

/// Drops what is older than the history is kept, save each type's last run and last success, which status() shows.
pub fn prune(days: i32) -> Result<(), Failure> {
    as_owner(|| {
        execute(
            "DELETE FROM odoo_sync.runs r WHERE r.started_at < now() - pg_catalog.make_interval(days => $1)
               AND r.status <> 'running'
               AND EXISTS (SELECT FROM odoo_sync.runs n WHERE n.connection = r.connection AND n.type = r.type
                           AND n.run_id > r.run_id AND n.status IN ('ok', 'partial'))",
            &[days.into()],
        )
    })
}
