//! The types that a run is about and their mirrors, as the catalogue and the settings of each have them.

use crate::failure::Failure;
use crate::sql;
use odoo::Domain;
use pgrx::prelude::*;
use serde::Deserialize;

/// One mirror, as the catalogue describes it for a range of Odoo series.
#[derive(Debug, Clone, Deserialize)]
pub struct MirrorSpec {
    pub r#type: String,
    /// Whether it is the extension's own, which names fields of many versions of Odoo.
    pub builtin: bool,
    pub table_name: String,
    pub model: String,
    pub since: u32,
    pub until: u32,
    pub domain: serde_json::Value,
    pub fields: Vec<String>,
    pub indexes: Vec<String>,
    /// In lines: the many2one to their header.
    pub parent: Option<String>,
    /// Relational fields, dotted paths too, whose records' changes are changes of this one.
    pub depends: Vec<String>,
    pub compare: Compare,
    /// Whole numbers that Odoo changes by raw SQL: their sums are compared.
    pub watch: Vec<String>,
    /// Relational fields, dotted paths too, whose changes are looked for where the totals differ.
    pub suspects: Vec<String>,
    /// What tells of changes that leave no other trace: other models, or `model:field`.
    pub traces: Vec<String>,
    /// Columns that Odoo keeps unique among the records.
    pub unique_key: Option<Vec<String>>,
}

impl MirrorSpec {
    /// The records that the mirror is about: the catalogue's domain, narrowed by what is set for the type.
    /// Lines are narrowed through their header.
    pub fn domain_for(&self, r#type: &TypeSpec) -> Result<Domain, Failure> {
        let own = Domain::parse(&self.domain)?;
        let Some(set) = &r#type.domain else {
            return Ok(own);
        };
        let set = Domain::parse(set)
            .map_err(|error| Failure::from(error).at("the domain set in odoo_sync.types"))?;
        Ok(own.and(&match &self.parent {
            Some(parent) => set.through(parent),
            None => set,
        }))
    }
}

/// How an incremental run finds what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// By write_date, since the last run.
    Window,
    /// By reading everything.
    Whole,
}

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

/// The names of all types, in the order in which they run.
pub fn type_names() -> Result<Vec<String>, Failure> {
    #[derive(Deserialize)]
    struct Row {
        r#type: String,
    }
    let rows: Vec<Row> = sql::rows(
        "SELECT m.type FROM odoo_sync.mirrors m GROUP BY m.type ORDER BY min(m.position), m.type",
        &[],
    )?;
    Ok(rows.into_iter().map(|row| row.r#type).collect())
}

/// Fails for a type that the catalogue does not have.
pub fn check_types(types: &[String]) -> Result<(), Failure> {
    let known = type_names()?;
    match types.iter().find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(unknown) => Err(Failure::new(
            PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT,
            format!("there is no type named {unknown:?}"),
        )
        .hint(format!("There is: {}.", known.join(", ")))),
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
        "SELECT type, builtin, table_name, model, since, until, domain, fields, indexes, parent, depends, compare, watch, suspects, traces, unique_key
         FROM odoo_sync.mirrors WHERE type = ANY ($1) ORDER BY position, type, table_name",
        &[names.to_vec().into()],
    )
}

/// A mirror, and the records that it is about on a connection, or why that cannot be said.
pub type WithDomain = (MirrorSpec, Result<Domain, Failure>);

/// The mirrors of the named types, in the order in which they run.
pub fn mirrors_with_domains(
    connection: &str,
    names: &[String],
) -> Result<Vec<WithDomain>, Failure> {
    let types = types(connection, names)?;
    let mut mirrors_with_domains = Vec::new();
    for spec in mirrors(names)? {
        if let Some(r#type) = types.iter().find(|r#type| r#type.r#type == spec.r#type) {
            let domain = spec.domain_for(r#type);
            mirrors_with_domains.push((spec, domain));
        }
    }
    Ok(mirrors_with_domains)
}

/// The types of a connection that run when none is named: those that are enabled for themselves, or by `odoo_sync.types`.
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
    let enabled = rows
        .into_iter()
        .filter(|row| row.enabled.unwrap_or_else(|| by_list(&row.r#type)));
    Ok(enabled.map(|row| row.r#type).collect())
}

/// Those of the enabled types whose interval has passed since the last run of them that ended well began. A type that this
/// Odoo has no model for counts as ended well, or each call would ask again; one that another run held up does not.
pub fn due_types(
    connection: &str,
    enabled: &[String],
    minutes: i32,
) -> Result<Vec<String>, Failure> {
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
