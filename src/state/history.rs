//! The rows of `odoo_sync.runs`: one for each type of each run. Each function is called inside a transaction.

use crate::failure::Failure;
use crate::state::counts::Counts;
use crate::state::extension::as_owner;
use crate::state::task::{Mode, Status, Task};
use odoo::Traffic;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;

fn execute(statement: &str, args: &[DatumWithOid]) -> Result<(), Failure> {
    Ok(Spi::run_with_args(statement, args)?)
}

/// Changes the row of a type of a run; an error where that row is no longer there.
fn update(statement: &str, args: &[DatumWithOid]) -> Result<(), Failure> {
    let rows = Spi::connect_mut(|client| Ok::<_, Failure>(client.update(statement, None, args)?.len()))?;
    if rows > 0 {
        return Ok(());
    }
    Err(unknown_run())
}

/// The run has no row any more.
pub fn unknown_run() -> Failure {
    Failure::new(
        PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        "the run is no longer known here: the extension was dropped and made anew meanwhile, or odoo_sync.runs was emptied",
    )
    .hint("Run again: what was stored stays, and nothing is stored twice.")
}

/// The id of a new run.
pub fn next_run_id() -> Result<i64, Failure> {
    as_owner(|| {
        let next = "SELECT pg_catalog.nextval('odoo_sync.run_ids')";
        Ok(Spi::get_one::<i64>(next)?.unwrap_or_default())
    })
}

/// Notes in the caller's transaction that a type begins when that commits; `pid` is the worker that waits for it.
pub fn queue(task: &Task, r#type: &str, pid: i32) -> Result<(), Failure> {
    as_owner(|| {
        execute(
            "INSERT INTO odoo_sync.runs (run_id, connection, type, role, status, started_at, pid)
             VALUES ($1, $2, $3, (SELECT rolname FROM pg_catalog.pg_roles WHERE oid = $4), 'queued', clock_timestamp(), $5)",
            &[
                task.run_id.into(),
                task.connection.as_str().into(),
                r#type.into(),
                pg_sys::Oid::from(task.user).into(),
                pid.into(),
            ],
        )
    })
}

/// Notes that a type runs from now on, and that earlier runs which never said how they ended were cut off.
pub fn begin(task: &Task, r#type: &str, mode: Mode) -> Result<(), Failure> {
    as_owner(|| {
        execute(
            "UPDATE odoo_sync.runs r SET status = 'interrupted', finished_at = clock_timestamp(), pid = NULL,
                    message = 'The run ended without saying how: its process or the server was stopped.'
             WHERE r.connection = $1 AND r.type = $2 AND r.run_id <> $3
               AND (r.status = 'running' OR r.status = 'queued' AND NOT EXISTS (
                        SELECT FROM pg_catalog.pg_stat_activity a WHERE a.pid = r.pid))",
            &[task.connection.as_str().into(), r#type.into(), task.run_id.into()],
        )?;
        execute(
            "INSERT INTO odoo_sync.runs (run_id, connection, type, role, status, mode, started_at, pid, progress)
             VALUES ($1, $2, $3, (SELECT rolname FROM pg_catalog.pg_roles WHERE oid = $4), 'running', $5,
                     clock_timestamp(), pg_catalog.pg_backend_pid(), 'waiting for Odoo')
             ON CONFLICT (run_id, connection, type) DO UPDATE
             SET status = EXCLUDED.status, mode = EXCLUDED.mode, started_at = EXCLUDED.started_at, pid = EXCLUDED.pid,
                 progress = EXCLUDED.progress",
            &[
                task.run_id.into(),
                task.connection.as_str().into(),
                r#type.into(),
                pg_sys::Oid::from(task.user).into(),
                mode.as_str().into(),
            ],
        )
    })
}

/// Notes that a type did not run, since another run of it is under way.
pub fn skip(task: &Task, r#type: &str, message: &str) -> Result<(), Failure> {
    as_owner(|| {
        execute(
            "INSERT INTO odoo_sync.runs (run_id, connection, type, role, status, started_at, finished_at, message)
             VALUES ($1, $2, $3, (SELECT rolname FROM pg_catalog.pg_roles WHERE oid = $4), 'skipped',
                     clock_timestamp(), clock_timestamp(), $5)
             ON CONFLICT (run_id, connection, type) DO UPDATE
             SET status = EXCLUDED.status, finished_at = EXCLUDED.finished_at, pid = NULL, message = EXCLUDED.message",
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

/// Notes why those types of a run that were queued did not even begin.
pub fn fail_queued(task: &Task, message: &str) -> Result<(), Failure> {
    as_owner(|| {
        execute(
            "UPDATE odoo_sync.runs SET status = 'failed', finished_at = clock_timestamp(), pid = NULL, message = $3
             WHERE run_id = $1 AND connection = $2 AND status = 'queued'",
            &[task.run_id.into(), task.connection.as_str().into(), message.into()],
        )
    })
}

/// Notes that a running type's mode is another one than it seemed.
pub fn set_mode(task: &Task, r#type: &str, mode: Mode) -> Result<(), Failure> {
    as_owner(|| {
        update(
            "UPDATE odoo_sync.runs SET mode = $4 WHERE run_id = $1 AND connection = $2 AND type = $3",
            &[task.run_id.into(), task.connection.as_str().into(), r#type.into(), mode.as_str().into()],
        )
    })
}

/// Brings a running type's row up to date, along with the page that it tells of.
pub fn progress(task: &Task, r#type: &str, counts: &Counts, progress: &str) -> Result<(), Failure> {
    let mut arguments: Vec<DatumWithOid> =
        vec![task.run_id.into(), task.connection.as_str().into(), r#type.into(), progress.into()];
    let mut set = String::new();
    for (name, number) in counts.named() {
        arguments.push((number as i64).into());
        set.push_str(&format!(", {name} = ${}", arguments.len()));
    }
    let statement =
        format!("UPDATE odoo_sync.runs SET progress = $4{set} WHERE run_id = $1 AND connection = $2 AND type = $3");
    as_owner(|| update(&statement, &arguments))
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

/// Drops what is older than the history is kept, save each type's last run and last success, which status() shows.
pub fn prune(days: i32) -> Result<(), Failure> {
    as_owner(|| {
        execute(
            "DELETE FROM odoo_sync.runs r WHERE r.started_at < now() - pg_catalog.make_interval(days => $1)
               AND r.status NOT IN ('running', 'queued')
               AND EXISTS (SELECT FROM odoo_sync.runs n WHERE n.connection = r.connection AND n.type = r.type
                           AND n.run_id > r.run_id AND n.status IN ('ok', 'partial'))",
            &[days.into()],
        )
    })
}
