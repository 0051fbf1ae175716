//! The table as it was found.

use crate::failure::Failure;
use crate::mirror::table::COLUMN_TYPE;
use crate::pg::sql;
use pgrx::pg_sys;
use pgrx::prelude::*;
use pgrx::spi::quote_qualified_identifier;
use serde::Deserialize;

/// A table of the user's.
#[derive(Debug, Clone, Deserialize)]
pub struct Found {
    oid: u32,
    pub schema: String,
    pub name: String,
    /// `relkind`: r for an ordinary table.
    kind: String,
    is_owned: bool,
    /// Made by `CREATE TABLE … OF`, whose columns are its type's.
    is_typed: bool,
    is_related: bool,
    hides_rows: bool,
    /// The names of its rewrite rules.
    rules: Vec<String>,
    triggers: Vec<String>,
    pub columns: Vec<FoundColumn>,
    pub indexes: Vec<FoundIndex>,
    /// CHECKs and foreign keys.
    constraints: Vec<FoundConstraint>,
    /// Foreign keys of other tables.
    pub references: Vec<Reference>,
    /// What would keep the type of `id` from being changed: views, rules, policies, triggers.
    pub id_users: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct FoundColumn {
    pub name: String,
    /// As `format_type` spells it.
    pub sql_type: String,
    /// The column's type as [`COLUMN_TYPE`] spells it: with a mark where it cannot store Odoo's values unchanged.
    pub usable_type: String,
    pub not_null: bool,
    pub is_generated: bool,
    pub is_identity: bool,
    pub default: Option<String>,
    /// Its type is a domain that takes no NULL.
    is_strict: bool,
}

/// An index that keeps something unique, or excludes something.
#[derive(Debug, Clone, Deserialize)]
pub struct FoundIndex {
    oid: u32,
    pub name: String,
    pub is_primary: bool,
    /// Checked at once, and whole.
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

/// A foreign key of another table that points to this one.
#[derive(Debug, Clone, Deserialize)]
pub struct Reference {
    pub name: String,
    pub table: String,
    index: u32,
}

impl Found {
    /// The table of that oid, whatever it is; None when there is none.
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

    /// Fails where the table cannot be made a mirror at all.
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
            _ => Some("no table"),
        };
        if let Some(kind) = kind {
            return refuse(
                format!("{table} is {kind}; a mirror is an ordinary table"),
                "Rename it out of the way: the next run then makes the mirror.",
            );
        }
        if !self.is_owned {
            let message = format!("must be owner of table {table}");
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
                .hint("Its owner can adopt it, or give it away with ALTER TABLE ... OWNER TO."));
        }
        if self.is_related {
            return refuse(
                format!("{table} is a partition, or inherits from another table or is inherited from"),
                "Detach it with ALTER TABLE ... DETACH PARTITION or NO INHERIT, and adopt again.",
            );
        }
        if self.is_typed {
            return refuse(
                format!("{table} was made by CREATE TABLE ... OF, so that it can have no other columns"),
                "ALTER TABLE ... NOT OF makes it an ordinary table.",
            );
        }
        if !self.rules.is_empty() {
            return refuse(
                format!(
                    "{table} has rules, which INSERT ... ON CONFLICT does not work with: {}",
                    self.rules.join(", ")
                ),
                "DROP RULE ... ON ...; a trigger can do the same.",
            );
        }
        if self.hides_rows {
            return refuse(
                format!("{table} hides rows from its owner by row security"),
                "ALTER TABLE ... NO FORCE ROW LEVEL SECURITY, and adopt again.",
            );
        }
        if let Some(id) = self.column("id")
            && (id.is_generated || number(id).is_none())
        {
            return refuse(
                format!("column id of {table} is {}, which holds no ids of Odoo's", id.usable_type),
                "Rename it; where another column holds Odoo's ids, rename that one to id.",
            );
        }
        self.check_references()
    }

    /// A foreign key of another table blocks the adoption where it references a key that must be dropped.
    fn check_references(&self) -> Result<(), Failure> {
        for index in self.obstacles() {
            if let Some(reference) = self.references.iter().find(|found| found.index == index.oid) {
                let message = format!(
                    "the foreign key {} of {} leans on {} of {}, which Odoo's records do not keep to",
                    reference.name,
                    reference.table,
                    index.definition,
                    self.qualified()
                );
                return Err(Failure::new(PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, message)
                    .hint("Drop that foreign key, adopt, and point it to id."));
            }
        }
        Ok(())
    }

    /// What is unique and is not for Odoo to keep to: everything save what has `id` in it, and that too where it is not
    /// the key that a mirror needs.
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

    /// What stays on the table, and what comes of it.
    pub fn kept(&self) -> Vec<(String, String)> {
        let mut kept = Vec::new();
        for constraint in &self.constraints {
            let consequence = match constraint.is_foreign_key {
                true => "a record that points to what is not there is refused, and kept in odoo_sync.failures",
                false => "a record that does not keep to it is refused, and kept in odoo_sync.failures",
            };
            kept.push((format!("{} {}", constraint.name, constraint.definition), consequence.to_string()));
        }
        for reference in &self.references {
            kept.push((
                format!("the foreign key {} of {}", reference.name, reference.table),
                "it has its say when the row of a record that is gone is removed".to_string(),
            ));
        }
        for trigger in &self.triggers {
            kept.push((
                format!("the trigger {trigger}"),
                "it sees, and may change, each row that a run writes".to_string(),
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
    /// Whether it is a primary key of `id` alone that ON CONFLICT can go by.
    fn is_key(&self) -> bool {
        let is_id = self.keys.len() == 1 && self.keys[0].as_deref() == Some("id");
        self.is_primary && self.is_usable && is_id
    }
}

/// What a column's type is called without its length and precision.
pub fn base_type(sql_type: &str) -> String {
    match (sql_type.find('('), sql_type.find(')')) {
        (Some(from), Some(to)) if from < to => {
            format!("{}{}", &sql_type[..from], &sql_type[to + 1..])
        }
        _ => sql_type.to_string(),
    }
}

/// The id that a row's `id` stands for, in SQL, where it is a positive whole number, and else NULL. None for a type
/// that holds no numbers.
pub fn number(id: &FoundColumn) -> Option<String> {
    Some(match base_type(&id.sql_type).as_str() {
        "smallint" | "integer" | "bigint" => "CASE WHEN id > 0 THEN id::bigint END".to_string(),
        "numeric" => {
            "CASE WHEN id > 0 AND id < 9223372036854775808 AND id = pg_catalog.trunc(id) THEN id::bigint END".to_string()
        }
        // beyond 2^53 doubles do not tell each whole number from the next
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
