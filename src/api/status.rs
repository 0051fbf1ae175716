//! `status()`.

use crate::connection;
use crate::failure::{Failure, guarded};
use crate::pg::identity::as_owner;
use crate::settings;
use crate::sync::catalogue;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

type Row = (
    String,
    String,
    String,
    Option<TimestampWithTimeZone>,
    Option<TimestampWithTimeZone>,
    Option<TimestampWithTimeZone>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<String>,
);

/// A type's last run that did something, its last one that ended well, and its rows.
const QUERY: &str = "
    SELECT CASE WHEN last.status = 'running' AND odoo_sync.is_running($1, $2) THEN 'running'
                WHEN NOT $3 THEN 'disabled'
                WHEN last.status = 'running' THEN 'interrupted'
                ELSE coalesce(last.status, 'never run') END,
           last.started_at,
           good.finished_at,
           CASE WHEN $3 AND $4 THEN coalesce(odoo_sync.due_after(settled.started_at,
                coalesce(t.\"interval\", pg_catalog.make_interval(mins => $5))), pg_catalog.now()) END,
           (SELECT sum(m.row_count)::bigint FROM odoo_sync.mirror_state m WHERE m.connection = $1 AND m.type = $2),
           last.fetched, last.inserted, last.updated, last.deleted, last.failed, last.progress,
           coalesce(last.message, lacking.message)
    FROM (VALUES (1)) AS one (row)
    LEFT JOIN odoo_sync.types t ON t.connection = $1 AND t.type = $2
    LEFT JOIN LATERAL (SELECT * FROM odoo_sync.runs r WHERE r.connection = $1 AND r.type = $2 AND r.status <> 'skipped'
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
            name!(fetched, Option<i64>),
            name!(inserted, Option<i64>),
            name!(updated, Option<i64>),
            name!(deleted, Option<i64>),
            name!(failed, Option<i64>),
            name!(progress, Option<String>),
            name!(message, Option<String>),
        ),
    >,
    ErrorReport,
> {
    guarded(|| {
        let connections = connection::named_or_all(connection)?;
        let listed = settings::types()?;
        if let Some(listed) = &listed
            && let Err(failure) = as_owner(|| catalogue::check_types(listed))
        {
            pgrx::warning!("odoo_sync.types: {}", failure.summary());
        }
        let rows = as_owner(|| {
            let mut rows = Vec::new();
            for connection in connections {
                let enabled = catalogue::enabled_types(&connection.name, listed.as_deref())?;
                for name in catalogue::type_names()? {
                    let is_enabled = enabled.contains(&name);
                    rows.push(status_row(&connection.name, name, is_enabled)?);
                }
            }
            Ok(rows)
        })?;
        Ok(TableIterator::new(rows))
    })
}

fn status_row(connection: &str, name: String, is_enabled: bool) -> Result<Row, Failure> {
    let arguments = [
        connection.into(),
        name.as_str().into(),
        is_enabled.into(),
        settings::enabled().into(),
        settings::interval_minutes().into(),
    ];
    Spi::connect(|client| {
        let row = client.select(QUERY, Some(1), &arguments)?.first();
        Ok((
            connection.to_string(),
            name.clone(),
            row.get::<String>(1)?.unwrap_or_default(),
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
            row.get(7)?,
            row.get(8)?,
            row.get(9)?,
            row.get(10)?,
            row.get(11)?,
            row.get(12)?,
        ))
    })
}
