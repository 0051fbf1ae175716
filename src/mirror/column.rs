//! A mirror's columns: which PostgreSQL type stores which type of Odoo field.

use odoo::{ColumnKind, Field};

/// A column, filled from one of Odoo's fields.
#[derive(Debug, Clone)]
pub struct MirrorColumn {
    /// The field's name.
    pub field: String,
    /// The column's name: the field's, unless a column of that name exists and cannot hold the field's values.
    pub name: String,
    pub kind: ColumnKind,
    /// The field's label in Odoo, which becomes the column's comment.
    pub label: String,
}

impl MirrorColumn {
    /// The column for a field; None for a field that no column can hold.
    pub fn of(field: &Field) -> Option<MirrorColumn> {
        let kind = field.kind.column_kind()?;
        Some(MirrorColumn {
            field: field.name.clone(),
            name: field.name.clone(),
            kind,
            // PostgreSQL's text cannot hold NUL
            label: field.label.replace('\0', ""),
        })
    }

    /// The type of the column, as `format_type` spells it.
    pub fn sql_type(&self) -> &'static str {
        match self.kind {
            ColumnKind::Bigint => "bigint",
            ColumnKind::Numeric => "numeric",
            ColumnKind::Boolean => "boolean",
            ColumnKind::Text => "text",
            ColumnKind::Date => "date",
            ColumnKind::Timestamp => "timestamp with time zone",
            ColumnKind::BigintArray => "bigint[]",
            ColumnKind::Json => "jsonb",
        }
    }

    /// Whether a column of this type, as `format_type` spells it, stores every value unchanged and compares different
    /// values as different: not citext, to which `a` equals `A`, nor json, which has no equality operator.
    pub fn fits(&self, sql_type: &str) -> bool {
        sql_type == self.sql_type()
            || match self.kind {
                // Odoo's own columns are int4: its ids and integers never get larger
                ColumnKind::Bigint => matches!(sql_type, "numeric" | "integer"),
                ColumnKind::BigintArray => sql_type == "integer[]",
                ColumnKind::Text => sql_type == "character varying",
                _ => false,
            }
    }
}
