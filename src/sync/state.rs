//! What is known of a mirror from the runs before, and whether it is due to be read in full.

use crate::failure::Failure;
use crate::settings::Settings;
use crate::sql;
use crate::sync::trace::Traces;
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
    /// What the catalogue's `traces` were like.
    #[serde(default)]
    pub traces: Traces,
    /// How Odoo's totals differed from the mirror's even when everything had been read.
    pub standing: Option<Deviation>,
    /// Records that failed before and are tried again.
    pub failed_ids: Vec<i64>,
}

/// By how much Odoo's totals are more than the mirror's: by field, where they differ; `id` stands for the records.
pub type Deviation = BTreeMap<String, i64>;

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
         SELECT m.table_name, m.row_count, m.domain, m.columns, m.lang, m.company_id, coalesce(m.traces, '{}') AS traces, m.standing, m.window_end IS NOT NULL AS is_loaded,
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
