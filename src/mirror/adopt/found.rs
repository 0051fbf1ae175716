//! The table that is to be adopted, as it is in PostgreSQL's catalogs.

use crate::failure::Failure;
use crate::mirror::table::COLUMN_TYPE;
use crate::pg::sql;
use pgrx::pg_sys;
use pgrx::prelude::*;
use pgrx::spi::quote_qualified_identifier;
use serde::Deserialize;

/// The table that is to be adopted, with its columns, indexes and constraints.
#[derive(Debug, Clone, Deserialize)]
pub struct Found {
    oid: u32,
    pub schema: String,
    pub name: String,
    /// `relkind`: r for an ordinary table.
    kind: String,
    is_owned: bool,
    /// Whether it is a typed table (`CREATE TABLE … OF`), whose columns are its type's.
    is_typed: bool,
    is_related: bool,
    hides_rows: bool,
    /// The names of its rewrite rules.
    rules: Vec<String>,
    triggers: Vec<String>,
    pub columns: Vec<FoundColumn>,
    pub indexes: Vec<FoundIndex>,
    /// Its CHECK constraints and foreign keys.
    constraints: Vec<FoundConstraint>,
    /// Foreign keys of other tables that reference it.
    pub references: Vec<Reference>,
    /// What blocks a change of the type of `id`: views, rules, policies, triggers.
    pub id_users: Vec<String>,
}

/// A column of the table.
#[derive(Debug, Clone, Deserialize)]
pub struct FoundColumn {
    pub name: String,
    /// The type, as `format_type` spells it.
    pub sql_type: String,
    /// The type, with a suffix where Odoo's values cannot be stored in the column unchanged.
    pub usable_type: String,
    pub not_null: bool,
    pub is_generated: bool,
    pub is_identity: bool,
    pub default: Option<String>,
    /// Whether its type is a domain with NOT NULL.
    is_strict: bool,
}

/// A unique index, or that of an exclusion constraint.
#[derive(Debug, Clone, Deserialize)]
pub struct FoundIndex {
    oid: u32,
    pub name: String,
    pub is_primary: bool,
    /// Whether it is immediate (not deferrable) and valid.
    is_usable: bool,
    pub is_constraint: bool,
    pub definition: String,
    /// The key's columns; None for an expression.
    keys: Vec<Option<String>>,
}

#[derive(Debug, Clone, Deserialize)]
struct FoundConstraint {
    name: String,
    is_foreign_key: bool,
    definition: String,
}

/// A foreign key of another table that references this one.
#[derive(Debug, Clone, Deserialize)]
pub struct Reference {
    pub name: String,
    pub table: String,
    index: u32,
}

impl Found {
    /// The relation with that OID, of any kind; None if there is none.
    pub fn look(oid: pg_sys::Oid) -> Result<Option<Found>, Failure> {
        let query = format!(
            "SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
                    pg_catalog.pg_has_role(c.relowner, 'USAGE') AS is_owned, c.reloftype <> 0 AS is_typed,
                    EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)) AS is_related,
                    c.relrowsecurity AND c.relforcerowsecurity AS hides_rows,
                    ARRAY(SELECT r.rulename::text FROM pg_catalog.pg_rewrite r
                          WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN') AS rules,
                    ARRAY(SELECT t.tgname::text FROM pg_catalog.pg_trigger t
                          WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' ORDER BY 1) AS triggers,
                    ({COLUMNS}) AS columns, ({INDEXES}) AS indexes, ({CONSTRAINTS}) AS constraints,
                    ({REFERENCES}) AS references, ({ID_USERS}) AS id_users
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1"
        )
        .replace("{COLUMN_TYPE}", COLUMN_TYPE);
        Ok(sql::rows(&query, &[oid.into()])?.pop())
    }

    pub fn oid(&self) -> pg_sys::Oid {
        pg_sys::Oid::from(self.oid)
    }

    /// The quoted, schema-qualified name.
    pub fn qualified(&self) -> String {
        quote_qualified_identifier(&self.schema, &self.name)
    }

    pub fn column(&self, name: &str) -> Option<&FoundColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Fails when the table cannot be made a mirror at all.
    pub fn check(&self) -> Result<(), Failure> {
        let table = self.qualified();
        let refuse = |message: String, hint: &str| {
            Err(Failure::new(PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE, message).hint(hint))
        };
        let kind = match self.kind.as_str() {
            "r" => None,
            "p" => Some("a partitioned table"),
            "v" => Some("a view"),
            "m" => Some("a materialized view"),
            "f" => Some("a foreign table"),
            "S" => Some("a sequence"),
            _ => Some("not a table"),
        };
        if let Some(kind) = kind {
            return refuse(
                format!("{table} is {kind}; a mirror is an ordinary table"),
                "Rename it: the next run then creates the mirror.",
            );
        }
        if !self.is_owned {
            let message = format!("must be owner of table {table}");
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
                .hint("Its owner can adopt it, or transfer it with ALTER TABLE ... OWNER TO."));
        }
        if self.is_related {
            return refuse(
                format!("{table} is a partition, or inherits from another table or is inherited from"),
                "Detach it with ALTER TABLE ... DETACH PARTITION or NO INHERIT, and adopt it again.",
            );
        }
        if self.is_typed {
            return refuse(
                format!("{table} is a typed table (CREATE TABLE ... OF), to which columns cannot be added"),
                "Make it an ordinary table with ALTER TABLE ... NOT OF, and adopt it again.",
            );
        }
        if !self.rules.is_empty() {
            return refuse(
                format!(
                    "{table} has rules, with which INSERT ... ON CONFLICT cannot be used: {}",
                    self.rules.join(", ")
                ),
                "Drop them with DROP RULE ... ON ..., and adopt it again; a trigger can do the same.",
            );
        }
        if self.hides_rows {
            return refuse(
                format!("{table} hides rows from its owner by forced row-level security"),
                "Run ALTER TABLE ... NO FORCE ROW LEVEL SECURITY, and adopt it again.",
            );
        }
        if let Some(id) = self.column("id")
            && (id.is_generated || number(id).is_none())
        {
            return refuse(
                format!("column id of {table} is {}, which cannot hold Odoo's ids", id.usable_type),
                "Rename it; where another column holds Odoo's ids, rename that one to id.",
            );
        }
        self.check_references()
    }

    /// Fails when a foreign key of another table depends on a key that has to be dropped.
    fn check_references(&self) -> Result<(), Failure> {
        for index in self.obstacles() {
            if let Some(reference) = self.references.iter().find(|found| found.index == index.oid) {
                let message = format!(
                    "the foreign key {} of {} depends on {} of {}, which has to be dropped",
                    reference.name,
                    reference.table,
                    index.definition,
                    self.qualified()
                );
                return Err(Failure::new(PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, message)
                    .hint("Drop that foreign key, adopt the table, and create it again with a reference to id."));
            }
        }
        Ok(())
    }

    /// The unique indexes and exclusion constraints that have to be dropped: those without `id`, which Odoo's records
    /// may violate; any other primary key than the one on `id`; and those on `id` alone that are deferrable or invalid.
    pub fn obstacles(&self) -> impl Iterator<Item = &FoundIndex> {
        self.indexes.iter().filter(|index| {
            let has_id = index.keys.iter().flatten().any(|key| key == "id");
            !has_id || (index.is_primary && !index.is_key()) || (index.keys.len() == 1 && !index.is_usable)
        })
    }

    /// Whether the primary key is the one that a mirror needs.
    pub fn has_key(&self) -> bool {
        self.indexes.iter().any(FoundIndex::is_key)
    }

    /// The constraints and triggers that stay on the table, each with its consequence.
    pub fn kept(&self) -> Vec<(String, String)> {
        let mut kept = Vec::new();
        for constraint in &self.constraints {
            let consequence = match constraint.is_foreign_key {
                true => "a record that references a missing row is refused, and kept in odoo_sync.failures",
                false => "a record that violates it is refused, and kept in odoo_sync.failures",
            };
            kept.push((format!("{} {}", constraint.name, constraint.definition), consequence.to_string()));
        }
        for reference in &self.references {
            kept.push((
                format!("the foreign key {} of {}", reference.name, reference.table),
                "it applies when the row of a record that is gone is removed".to_string(),
            ));
        }
        for trigger in &self.triggers {
            kept.push((
                format!("the trigger {trigger}"),
                "it fires for each row that a run writes, and may change it".to_string(),
            ));
        }
        for column in self.columns.iter().filter(|column| column.is_strict) {
            kept.push((
                format!("column {} {}", column.name, column.sql_type),
                "a record without a value for it is refused, and kept in odoo_sync.failures".to_string(),
            ));
        }
        kept
    }
}

impl FoundIndex {
    /// Whether it is a primary key on `id` alone that ON CONFLICT can use as its arbiter.
    fn is_key(&self) -> bool {
        let is_id = self.keys.len() == 1 && self.keys[0].as_deref() == Some("id");
        self.is_primary && self.is_usable && is_id
    }
}

/// A type's name without its length and precision.
pub fn base_type(sql_type: &str) -> String {
    match (sql_type.find('('), sql_type.find(')')) {
        (Some(from), Some(to)) if from < to => {
            format!("{}{}", &sql_type[..from], &sql_type[to + 1..])
        }
        _ => sql_type.to_string(),
    }
}

/// A row's `id` as a bigint, in SQL: NULL where it is no positive whole number. None for a type that holds no
/// numbers.
pub fn number(id: &FoundColumn) -> Option<String> {
    Some(match base_type(&id.sql_type).as_str() {
        "smallint" | "integer" | "bigint" => "CASE WHEN id > 0 THEN id::bigint END".to_string(),
        "numeric" => {
            "CASE WHEN id > 0 AND id < 9223372036854775808 AND id = pg_catalog.trunc(id) THEN id::bigint END".to_string()
        }
        // beyond 2^53 a double cannot represent each whole number
        "real" | "double precision" => {
            "CASE WHEN id > 0 AND id <= 9007199254740992 AND id = pg_catalog.trunc(id::double precision) THEN id::bigint END"
                .to_string()
        }
        // 42, and 42.0 as it comes out of a data frame; up to 18 digits fit into a bigint
        "text" | "character varying" | "character" => {
            "CASE WHEN id::text ~ '^[[:space:]]*[+]?0*[0-9]{1,18}([.]0*)?[[:space:]]*$'
                  THEN nullif(id::text::numeric::bigint, 0) END"
                .to_string()
        }
        _ => return None,
    })
}

const COLUMNS: &str = "
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'name', a.attname, 'sql_type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'usable_type', {COLUMN_TYPE},
        'not_null', a.attnotnull, 'is_generated', a.attgenerated <> '', 'is_identity', a.attidentity <> '',
        'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'is_strict', t.typtype = 'd' AND t.typnotnull)
        ORDER BY a.attnum), '[]')
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped";

const INDEXES: &str = "
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'oid', i.indexrelid::bigint, 'name', coalesce(k.conname, ic.relname), 'is_primary', i.indisprimary,
        'is_usable', i.indimmediate AND i.indisvalid, 'is_constraint', k.oid IS NOT NULL,
        'definition', coalesce(pg_catalog.pg_get_constraintdef(k.oid), pg_catalog.pg_get_indexdef(i.indexrelid)),
        'keys', ARRAY(SELECT a.attname FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS key (number, place)
                      LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = key.number AND key.number > 0
                      WHERE key.place <= i.indnkeyatts ORDER BY key.place)) ORDER BY ic.relname), '[]')
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
    LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x')
    WHERE i.indrelid = c.oid AND (i.indisunique OR i.indisexclusion)";

const CONSTRAINTS: &str = "
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'name', k.conname, 'is_foreign_key', k.contype = 'f', 'definition', pg_catalog.pg_get_constraintdef(k.oid))
        ORDER BY k.conname), '[]')
    FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f')";

const REFERENCES: &str = "
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'name', k.conname, 'table', k.conrelid::regclass, 'index', k.conindid::bigint) ORDER BY k.conname), '[]')
    FROM pg_catalog.pg_constraint k WHERE k.confrelid = c.oid AND k.contype = 'f'";

const ID_USERS: &str = "
    SELECT coalesce(pg_catalog.json_agg(DISTINCT CASE
        WHEN r.oid IS NOT NULL THEN pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, r.ev_class, 0)
        ELSE pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) END), '[]')
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attribute a
      ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
    LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
    WHERE a.attrelid = c.oid AND a.attname = 'id'
      AND (r.oid IS NOT NULL OR d.classid IN ('pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_trigger'::regclass))";
