//! Where each mirror stands: what is known of it from the runs before, and whether it is due to be read in full.

use crate::failure::Failure;
use crate::pg::sql;
use crate::reader::spec::MirrorSpec;
use crate::reader::tracked::TrackedModels;
use crate::reader::unreadable::UnreadableFields;
use crate::settings::Settings;
use crate::state::extension::as_owner;
use crate::state::history;
use crate::state::task::Task;
use odoo::Domain;
use pgrx::prelude::*;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// One mirror's past.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct MirrorState {
    pub table_name: String,
    pub row_count: u64,
    /// The domain that it was filled by.
    pub domain: Option<serde_json::Value>,
    /// From when on an incremental run reads, as Odoo writes times. None: the mirror is due to be read in full.
    pub since: Option<String>,
    /// Whether a run of it has ever ended well.
    pub is_loaded: bool,
    /// Which column each of its fields was in.
    pub columns: Option<HashMap<String, String>>,
    /// The language of its texts.
    pub lang: Option<String>,
    /// The company as whose user its records were read.
    pub company_id: Option<i64>,
    /// What the models and custom fields that are tracked were like.
    #[serde(default)]
    pub tracked: TrackedModels,
    /// The fields that could not be read.
    #[serde(default)]
    pub unreadable: UnreadableFields,
    /// How Odoo's totals differed from the mirror's even when everything had been read.
    pub known_difference: Option<TotalsDifference>,
    /// Records that failed before and are tried again.
    pub failed_ids: Vec<i64>,
}

/// By how much Odoo's totals are more than the mirror's: by field, where they differ; `id` stands for the records.
pub type TotalsDifference = BTreeMap<String, i64>;

/// The mirrors of a type that were run before. `lookback_s` is the type's own, if it has one.
///
/// The day's full run is due when the last one began before the day's `full_at`, in the setting's time zone.
pub fn of_type(
    connection: &str,
    r#type: &str,
    settings: &Settings,
    lookback_s: Option<f64>,
) -> Result<Vec<MirrorState>, Failure> {
    let lookback = lookback_s.unwrap_or(f64::from(settings.lookback_s));
    sql::rows(
        "WITH clock AS (
             SELECT zone, pg_catalog.now() AT TIME ZONE zone AS local
             FROM (SELECT coalesce(nullif($4, ''), pg_catalog.current_setting('TimeZone')) AS zone) AS z),
         today AS (
             SELECT zone, local, pg_catalog.date_trunc('day', local) + $5::interval AS full_at FROM clock),
         due AS (
             SELECT (CASE WHEN full_at > local THEN full_at - interval '1 day' ELSE full_at END) AT TIME ZONE zone AS since
             FROM today)
         SELECT m.table_name, m.row_count, m.domain, m.columns, m.lang, m.company_id, coalesce(m.tracked, '{}') AS tracked, coalesce(m.unreadable, '{}') AS unreadable,
                m.known_difference, m.window_end IS NOT NULL AS is_loaded,
                CASE WHEN m.full_at >= due.since THEN
                    pg_catalog.to_char((m.window_end - pg_catalog.make_interval(secs => $3)) AT TIME ZONE 'UTC',
                                       'YYYY-MM-DD HH24:MI:SS') END AS since,
                coalesce((SELECT pg_catalog.array_agg(f.odoo_id ORDER BY f.odoo_id) FROM odoo_sync.failures f
                          WHERE f.connection = m.connection AND f.table_name = m.table_name), '{}') AS failed_ids
         FROM odoo_sync.mirror_state m, due WHERE m.connection = $1 AND m.type = $2",
        &[
            connection.into(),
            r#type.into(),
            lookback.into(),
            settings.timezone.as_str().into(),
            settings.full_at.as_str().into(),
        ],
    )
}

/// The fields of a mirror that could not be read when it was last run.
pub fn unreadable(connection: &str, table: &str) -> Result<UnreadableFields, Failure> {
    #[derive(Deserialize)]
    struct Row {
        unreadable: UnreadableFields,
    }
    let rows: Vec<Row> = sql::rows(
        "SELECT unreadable FROM odoo_sync.mirror_state
         WHERE connection = $1 AND table_name = $2 AND unreadable IS NOT NULL",
        &[connection.into(), table.into()],
    )?;
    Ok(rows.into_iter().next().map(|row| row.unreadable).unwrap_or_default())
}

/// Which column each field of a mirror was in when it was last run; None if that was never.
pub fn columns(connection: &str, table: &str) -> Result<Option<HashMap<String, String>>, Failure> {
    #[derive(Deserialize)]
    struct Row {
        columns: HashMap<String, String>,
    }
    let rows: Vec<Row> = sql::rows(
        "SELECT columns FROM odoo_sync.mirror_state
         WHERE connection = $1 AND table_name = $2 AND columns IS NOT NULL",
        &[connection.into(), table.into()],
    )?;
    Ok(rows.into_iter().next().map(|row| row.columns))
}

/// Where a mirror stands after a run of it has ended well.
pub struct NewState<'a> {
    pub spec: &'a MirrorSpec,
    pub domain: &'a Domain,
    /// Odoo's clock when the run began, in seconds since 1970: the mirror equals Odoo as of then.
    pub window_end: f64,
    /// Whether everything was read.
    pub is_full: bool,
    /// Whether the next run must read everything: a field that could not be read can be again.
    pub is_due: bool,
    pub rows: u64,
    /// Which column each field is in.
    pub columns: HashMap<&'a str, &'a str>,
    pub tracked: &'a TrackedModels,
    pub known_difference: Option<&'a TotalsDifference>,
    pub unreadable: &'a UnreadableFields,
    pub lang: Option<&'a str>,
    pub company_id: i64,
}

/// Notes where a mirror stands.
pub fn save(task: &Task, new: &NewState) -> Result<(), Failure> {
    let json = |value: serde_json::Value| pgrx::JsonB(value);
    let spec = new.spec;
    as_owner(|| {
        let saved = Spi::get_one_with_args::<i64>(
            "WITH saved AS (
                 INSERT INTO odoo_sync.mirror_state AS s
                        (connection, table_name, type, model, row_count, window_end, full_at, domain, columns,
                         tracked, known_difference, lang, company_id, unreadable)
                 SELECT $1, $2, $3, $4, $5, pg_catalog.to_timestamp($6), CASE WHEN $7 THEN r.started_at END, $8, $9,
                        $11, $12, $13, $14, $15
                 FROM odoo_sync.runs r WHERE r.run_id = $10 AND r.connection = $1 AND r.type = $3
                 ON CONFLICT (connection, table_name) DO UPDATE
                 SET type = EXCLUDED.type, model = EXCLUDED.model, row_count = EXCLUDED.row_count,
                     window_end = EXCLUDED.window_end, full_at = coalesce(EXCLUDED.full_at, CASE WHEN NOT $16 THEN s.full_at END),
                     domain = EXCLUDED.domain, columns = EXCLUDED.columns, tracked = EXCLUDED.tracked,
                     known_difference = EXCLUDED.known_difference, lang = EXCLUDED.lang,
                     company_id = EXCLUDED.company_id, unreadable = EXCLUDED.unreadable
                 RETURNING true)
             SELECT count(*) FROM saved",
            &[
                task.connection.as_str().into(),
                spec.table_name.as_str().into(),
                spec.r#type.as_str().into(),
                spec.model.as_str().into(),
                (new.rows as i64).into(),
                new.window_end.into(),
                new.is_full.into(),
                json(new.domain.to_value()).into(),
                json(serde_json::json!(new.columns)).into(),
                task.run_id.into(),
                json(serde_json::json!(new.tracked)).into(),
                new.known_difference.map(|difference| json(serde_json::json!(difference))).into(),
                new.lang.into(),
                new.company_id.into(),
                json(serde_json::json!(new.unreadable)).into(),
                new.is_due.into(),
            ],
        )?;
        match saved {
            Some(1) => Ok(()),
            _ => Err(history::unknown_run()),
        }
    })
}

/// Forgets what is known of a mirror, so that the next run reads everything.
pub fn forget(connection: &str, table: &str) -> Result<(), Failure> {
    as_owner(|| {
        Ok(Spi::run_with_args(
            "DELETE FROM odoo_sync.mirror_state WHERE connection = $1 AND table_name = $2",
            &[connection.into(), table.into()],
        )?)
    })
}
