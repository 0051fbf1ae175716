//! A mirror's columns: which PostgreSQL type stores which of Odoo's.

use odoo::{ColumnKind, Field};

/// One column, filled from one of Odoo's fields.
#[derive(Debug, Clone)]
pub struct MirrorColumn {
    /// The field's name.
    pub field: String,
    /// The column's name: the field's, unless that column is there already and cannot hold the field's values.
    pub name: String,
    pub kind: ColumnKind,
    /// What Odoo's screens call the field: the column's comment.
    pub label: String,
}

impl MirrorColumn {
    /// None for a field that no column can hold.
    pub fn of(field: &Field) -> Option<MirrorColumn> {
        let kind = field.kind.column_kind()?;
        Some(MirrorColumn {
            field: field.name.clone(),
            name: field.name.clone(),
            kind,
            // the one character that PostgreSQL's texts cannot have
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

    /// Whether a column of this type, as `format_type` spells it, holds every value exactly as it is, and tells each
    /// from the next: not citext, which takes `a` for `A`, nor json, which nothing can be compared with.
    pub fn fits(&self, sql_type: &str) -> bool {
        sql_type == self.sql_type()
            || match self.kind {
                // Odoo's own columns are int4: its ids and integers do not get any larger
                ColumnKind::Bigint => matches!(sql_type, "numeric" | "integer"),
                ColumnKind::BigintArray => sql_type == "integer[]",
                ColumnKind::Text => sql_type == "character varying",
                _ => false,
            }
    }
}
