//! `status()`: each type's state, last run, last success and rows.

use crate::api::guard::guarded;
use crate::connection;
use crate::failure::Failure;
use crate::pg::transaction::with_fresh_snapshot;
use crate::settings;
use crate::state::catalogue;
use crate::state::counts::{Counts, with_counts};
use crate::state::extension::as_owner;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// A type's state, its last run that was not skipped, its last success and its row count; `{counts}` stands for the
/// columns of the counts. A queued run does not count as the last one while another is still under way.
const QUERY: &str = "
    SELECT CASE WHEN last.status = 'running' AND odoo_sync.is_running($1, $2) THEN 'running'
                WHEN last.status = 'queued'
                     AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.pid = last.pid) THEN 'queued'
                WHEN NOT $3 THEN 'disabled'
                WHEN last.status IN ('running', 'queued') THEN 'interrupted'
                ELSE coalesce(last.status, 'never run') END AS state,
           last.started_at AS last_run,
           good.finished_at AS last_success,
           CASE WHEN $3 AND $4 THEN coalesce(odoo_sync.due_after(settled.started_at,
                coalesce(t.\"interval\", pg_catalog.make_interval(mins => $5))), pg_catalog.now()) END AS next_due,
           (SELECT sum(m.row_count)::bigint FROM odoo_sync.mirror_state m
            WHERE m.connection = $1 AND m.type = $2) AS row_count,
           {counts}, last.run_id, last.progress, coalesce(last.message, lacking.message) AS message
    FROM (VALUES (1)) AS one (row)
    LEFT JOIN odoo_sync.types t ON t.connection = $1 AND t.type = $2
    LEFT JOIN LATERAL (SELECT * FROM odoo_sync.runs r WHERE r.connection = $1 AND r.type = $2 AND r.status <> 'skipped'
                         AND NOT (r.status = 'queued' AND odoo_sync.is_running($1, $2))
                       ORDER BY r.run_id DESC LIMIT 1) AS last ON true
    LEFT JOIN LATERAL (SELECT r.finished_at FROM odoo_sync.runs r
                       WHERE r.connection = $1 AND r.type = $2 AND r.status IN ('ok', 'partial')
                       ORDER BY r.run_id DESC LIMIT 1) AS good ON true
    LEFT JOIN LATERAL (SELECT r.started_at FROM odoo_sync.runs r
                       WHERE r.connection = $1 AND r.type = $2 AND r.mode IS NOT NULL
                         AND r.status IN ('ok', 'partial', 'skipped')
                       ORDER BY r.run_id DESC LIMIT 1) AS settled ON true
    LEFT JOIN LATERAL (SELECT r.message FROM odoo_sync.runs r
                       WHERE r.connection = $1 AND r.type = $2 AND r.mode IS NOT NULL AND r.status = 'skipped'
                       ORDER BY r.run_id DESC LIMIT 1) AS lacking ON true";

/// Defines `status()`, with a run's counts among its columns.
macro_rules! define_function {
    ($($count:ident),*) => {
        #[allow(clippy::type_complexity)]
        #[pg_extern]
        fn status(
            connection: default!(Option<&str>, "NULL"),
        ) -> Result<
            TableIterator<
                'static,
                (
                    name!(connection, String),
                    name!(type, String),
                    name!(state, String),
                    name!(last_run, Option<TimestampWithTimeZone>),
                    name!(last_success, Option<TimestampWithTimeZone>),
                    name!(next_due, Option<TimestampWithTimeZone>),
                    name!(row_count, Option<i64>),
                    $(name!($count, Option<i64>),)*
                    name!(progress, Option<String>),
                    name!(message, Option<String>),
                ),
            >,
            ErrorReport,
        > {
            guarded(|| {
                let mut rows = Vec::new();
                for (connection, name, is_enabled) in types_to_show(connection)? {
                    rows.push(as_owner(|| {
                        with_row(&connection, &name, is_enabled, |row| {
                            Ok((
                                connection.clone(),
                                name.clone(),
                                row.get_by_name::<String, _>("state")?.unwrap_or_default(),
                                row.get_by_name("last_run")?,
                                row.get_by_name("last_success")?,
                                row.get_by_name("next_due")?,
                                row.get_by_name("row_count")?,
                                $(row.get_by_name(stringify!($count))?,)*
                                row.get_by_name("progress")?,
                                row.get_by_name("message")?,
                            ))
                        })
                    })?);
                }
                Ok(TableIterator::new(rows))
            })
        }
    };
}
with_counts!(define_function);

/// The types of the named connection, or of all, each with whether it is enabled.
fn types_to_show(connection: Option<&str>) -> Result<Vec<(String, String, bool)>, Failure> {
    let connections = connection::named_or_all(connection)?;
    let listed = settings::types()?;
    if let Some(listed) = &listed
        && let Err(failure) = as_owner(|| catalogue::check_types(listed))
    {
        pgrx::warning!("odoo_sync.types: {}", failure.summary());
    }
    as_owner(|| {
        let mut types = Vec::new();
        for connection in connections {
            let enabled = catalogue::enabled_types(&connection.name, listed.as_deref())?;
            for name in catalogue::type_names()? {
                let is_enabled = enabled.contains(&name);
                types.push((connection.name.clone(), name, is_enabled));
            }
        }
        Ok(types)
    })
}

/// Queries a type's status and passes the row to `work`.
fn with_row<R>(
    connection: &str,
    name: &str,
    is_enabled: bool,
    work: impl Fn(&pgrx::spi::SpiTupleTable) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let counts: Vec<String> = Counts::NAMES.iter().map(|name| format!("last.{name}")).collect();
    let query = QUERY.replace("{counts}", &counts.join(", "));
    let arguments = [
        connection.into(),
        name.into(),
        is_enabled.into(),
        settings::enabled().into(),
        settings::interval_minutes().into(),
    ];
    let mut interrupted = None;
    loop {
        // a run that ends after the snapshot is taken and before its lock is checked looks interrupted: that is
        // checked again with a fresh snapshot
        let row = with_fresh_snapshot(|| {
            Spi::connect(|client| {
                let row = client.select(query.as_str(), Some(1), &arguments)?.first();
                let state: Option<String> = row.get_by_name("state")?;
                let run_id: Option<i64> = row.get_by_name("run_id")?;
                let is_doubtful = state.as_deref() == Some("interrupted") && interrupted != run_id;
                interrupted = run_id;
                (!is_doubtful).then(|| work(&row)).transpose()
            })
        })?;
        if let Some(row) = row {
            return Ok(row);
        }
    }
}
