//! The types that a run is about and their mirrors, as the catalogue and the settings of each have them.

use crate::failure::Failure;
use crate::pg::sql;
use crate::reader::spec::MirrorSpec;
use odoo::Domain;
use pgrx::prelude::*;
use serde::Deserialize;

/// What becomes of the row of a record that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deletes {
    Remove,
    Mark,
}

/// One type of a connection with what is set for it.
#[derive(Debug, Clone, Deserialize)]
pub struct TypeSpec {
    pub r#type: String,
    pub batch_size: Option<usize>,
    pub delay_ms: Option<f64>,
    pub lookback_s: Option<f64>,
    pub domain: Option<serde_json::Value>,
    pub deletes: Deletes,
}

impl TypeSpec {
    /// The records that a mirror of the type is about: the catalogue's domain, narrowed by what is set for the type.
    /// Lines are narrowed through their header.
    pub fn domain_of(&self, mirror: &MirrorSpec) -> Result<Domain, Failure> {
        let own = Domain::parse(&mirror.domain)?;
        let Some(set) = &self.domain else {
            return Ok(own);
        };
        let set = Domain::parse(set).map_err(|error| Failure::from(error).at("the domain set in odoo_sync.types"))?;
        Ok(own.and(&match &mirror.parent {
            Some(parent) => set.through(parent),
            None => set,
        }))
    }
}

/// The names of all types, in the order in which they run.
pub fn type_names() -> Result<Vec<String>, Failure> {
    #[derive(Deserialize)]
    struct Row {
        r#type: String,
    }
    let rows: Vec<Row> =
        sql::rows("SELECT m.type FROM odoo_sync.mirrors m GROUP BY m.type ORDER BY min(m.position), m.type", &[])?;
    Ok(rows.into_iter().map(|row| row.r#type).collect())
}

/// Fails for a type that the catalogue does not have.
pub fn check_types(types: &[String]) -> Result<(), Failure> {
    let known = type_names()?;
    match types.iter().find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(unknown) => {
            Err(Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, format!("there is no type named {unknown:?}"))
                .hint(format!("There is: {}.", known.join(", "))))
        }
    }
}

/// The settings of the named types on a connection, in the order in which they run.
pub fn types(connection: &str, names: &[String]) -> Result<Vec<TypeSpec>, Failure> {
    sql::rows(
        "SELECT m.type, t.batch_size, extract(epoch FROM t.delay) * 1000 AS delay_ms, extract(epoch FROM t.lookback) AS lookback_s, t.domain,
                coalesce(t.deletes, 'remove') AS deletes
         FROM odoo_sync.mirrors m LEFT JOIN odoo_sync.types t ON t.connection = $1 AND t.type = m.type
         WHERE m.type = ANY ($2) GROUP BY m.type, t.connection, t.type ORDER BY min(m.position), m.type",
        &[connection.into(), names.to_vec().into()],
    )
}

/// The mirrors of the named types, in the order in which they run.
pub fn mirrors(names: &[String]) -> Result<Vec<MirrorSpec>, Failure> {
    sql::rows(
        "SELECT type, builtin, table_name, model, since, until, domain, fields, indexes, parent, depends, compare,
                compared_sums, depends_in_doubt, tracked_models, unique_key
         FROM odoo_sync.mirrors WHERE type = ANY ($1) ORDER BY position, type, table_name",
        &[names.to_vec().into()],
    )
}

/// A mirror, and the records that it is about on a connection, or why that cannot be said.
pub type WithDomain = (MirrorSpec, Result<Domain, Failure>);

/// The mirrors of the named types, in the order in which they run.
pub fn mirrors_with_domains(connection: &str, names: &[String]) -> Result<Vec<WithDomain>, Failure> {
    let types = types(connection, names)?;
    let mut mirrors_with_domains = Vec::new();
    for spec in mirrors(names)? {
        if let Some(r#type) = types.iter().find(|r#type| r#type.r#type == spec.r#type) {
            let domain = r#type.domain_of(&spec);
            mirrors_with_domains.push((spec, domain));
        }
    }
    Ok(mirrors_with_domains)
}

/// The types of a connection that run when none is named: those that are enabled for themselves, or by
/// `odoo_sync.types`.
pub fn enabled_types(connection: &str, listed: Option<&[String]>) -> Result<Vec<String>, Failure> {
    #[derive(Deserialize)]
    struct Row {
        r#type: String,
        enabled: Option<bool>,
    }
    let rows: Vec<Row> = sql::rows(
        "SELECT m.type, bool_and(t.enabled) AS enabled
         FROM odoo_sync.mirrors m LEFT JOIN odoo_sync.types t ON t.connection = $1 AND t.type = m.type
         GROUP BY m.type ORDER BY min(m.position), m.type",
        &[connection.into()],
    )?;
    let by_list = |name: &String| listed.is_none_or(|listed| listed.contains(name));
    let enabled = rows.into_iter().filter(|row| row.enabled.unwrap_or_else(|| by_list(&row.r#type)));
    Ok(enabled.map(|row| row.r#type).collect())
}

/// The enabled types that are due: whose interval has passed since the start of their last successful run. A type that
/// this Odoo has no model for counts as successful, or each call would ask again; one that another run held up does
/// not.
pub fn due_types(connection: &str, enabled: &[String], minutes: i32) -> Result<Vec<String>, Failure> {
    #[derive(Deserialize)]
    struct Row {
        r#type: String,
    }
    let rows: Vec<Row> = sql::rows(
        "SELECT e.type FROM pg_catalog.unnest($2::text[]) WITH ORDINALITY AS e (type, place)
         LEFT JOIN odoo_sync.types t ON t.connection = $1 AND t.type = e.type
         WHERE NOT EXISTS (
             SELECT FROM odoo_sync.runs r
             WHERE r.connection = $1 AND r.type = e.type AND r.mode IS NOT NULL
               AND r.status IN ('ok', 'partial', 'skipped')
               AND odoo_sync.due_after(r.started_at, coalesce(t.\"interval\", pg_catalog.make_interval(mins => $3)))
                   > clock_timestamp())
         ORDER BY e.place",
        &[connection.into(), enabled.to_vec().into(), minutes.into()],
    )?;
    Ok(rows.into_iter().map(|row| row.r#type).collect())
}

/// Whether the transaction that this backend is in writes to the catalogue, to what is set for types, or to where
/// mirrors stand: a writer's lock tells, and stays until the transaction ends.
pub fn is_being_changed_here() -> Result<bool, Failure> {
    let query = "SELECT EXISTS (
        SELECT FROM pg_catalog.pg_locks l
        WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
          AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
          AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
          AND l.relation IN ('odoo_sync.mirrors'::pg_catalog.regclass, 'odoo_sync.types'::pg_catalog.regclass,
                             'odoo_sync.mirror_state'::pg_catalog.regclass))";
    Ok(sql::value::<bool>(query, &[])? == Some(true))
}
