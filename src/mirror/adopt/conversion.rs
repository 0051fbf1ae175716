//! Converts columns whose type is not the one for their field's values.

use super::adoption::Adoption;
use super::found::{FoundColumn, base_type};
use crate::failure::Failure;
use crate::mirror::column::MirrorColumn;
use crate::pg::savepoint;
use odoo::ColumnKind;
use pgrx::spi::quote_identifier;

/// A change of a column's type.
struct Conversion {
    name: String,
    from: String,
    to: &'static str,
    clause: String,
}

impl Adoption {
    /// Converts the columns that cannot hold their field's values to the mirror's type, where their values can be
    /// converted and nothing else in the database depends on the column: a view would have to be dropped. The others
    /// are left as they are, and get a column beside them.
    pub(super) fn convert(&mut self, columns: &[MirrorColumn]) -> Result<(), Failure> {
        let conversions: Vec<Conversion> = columns.iter().filter_map(|column| self.conversion(column)).collect();
        if conversions.is_empty() {
            return Ok(());
        }
        // one ALTER TABLE for all rewrites the table only once; if that fails, one for each finds the cause
        let all: Vec<&str> = conversions.iter().map(|conversion| conversion.clause.as_str()).collect();
        let at_once = savepoint::attempt(|| self.alter(&all.join(", ")));
        match at_once {
            Ok(()) => conversions.iter().for_each(|conversion| self.tell_converted(conversion)),
            Err(failure) if failure.is_cancelled() => return Err(failure),
            Err(_) => {
                for conversion in &conversions {
                    match savepoint::attempt(|| self.alter(&conversion.clause)) {
                        Ok(()) => self.tell_converted(conversion),
                        Err(failure) if failure.is_cancelled() => return Err(failure),
                        Err(failure) => self.note_refusal(conversion, failure),
                    }
                }
            }
        }
        Ok(())
    }

    fn tell_converted(&mut self, conversion: &Conversion) {
        let Conversion { name, from, to, .. } = conversion;
        self.tell("converted", format!("column {name} from {from} to {to}"), None);
    }

    fn note_refusal(&mut self, conversion: &Conversion, failure: Failure) {
        let why = match failure.detail {
            Some(detail) => format!("{} ({detail})", failure.message),
            None => failure.message,
        };
        self.refusals.insert(conversion.name.clone(), why);
    }

    /// Renames user's columns that have the name of a column that a field gets beside its own.
    pub(super) fn free_places(&mut self, columns: &[MirrorColumn]) -> Result<(), Failure> {
        let is_field = |name: &str| columns.iter().any(|column| column.field == name);
        for column in columns {
            if self.holds(column, &column.field) != Some(false) {
                continue;
            }
            let names = (1..).map(|number| format!("{}_{number}", column.field));
            for name in names.filter(|name| !is_field(name)) {
                match self.holds(column, &name) {
                    Some(false) => {}
                    Some(true) => {
                        self.rename_away(&name, |_| false)?;
                        break;
                    }
                    None => break,
                }
            }
        }
        Ok(())
    }

    /// Whether the column of that name can hold a field's values; None if it does not exist.
    fn holds(&self, column: &MirrorColumn, name: &str) -> Option<bool> {
        let found = self.found.column(name)?;
        Some(column.fits(&found.usable_type))
    }

    /// How a field's column is converted to the type for its values; None if it has that type, or cannot be converted.
    fn conversion(&self, column: &MirrorColumn) -> Option<Conversion> {
        let found = self.found.column(&column.field)?;
        let will_do = column.fits(&found.usable_type) && !is_narrow(column, found);
        if will_do || found.is_generated || found.is_identity {
            return None;
        }
        let (name, to) = (quote_identifier(&found.name), column.sql_type());
        let value = converted(column.kind, &base_type(&found.sql_type), &name)?;
        let default = match found.default {
            Some(_) => format!("ALTER COLUMN {name} DROP DEFAULT, "),
            None => String::new(),
        };
        Some(Conversion {
            clause: format!("{default}ALTER COLUMN {name} TYPE {to} USING {value}"),
            name: found.name.clone(),
            from: found.sql_type.clone(),
            to,
        })
    }
}

/// Whether a column is int4 where the mirror has int8: it holds the ids of today's Odoo, which are int4 themselves, and
/// would refuse larger ones, so that it is better converted.
pub(super) fn is_narrow(column: &MirrorColumn, found: &FoundColumn) -> bool {
    matches!(column.kind, ColumnKind::Bigint | ColumnKind::BigintArray)
        && matches!(found.sql_type.as_str(), "integer" | "integer[]")
}

/// The conversion of a column's value to the type for a kind of field, in SQL; None if there is none. The next run
/// overwrites all values with Odoo's, so that rounding here loses nothing.
fn converted(kind: ColumnKind, from: &str, name: &str) -> Option<String> {
    let is_text = matches!(from, "text" | "character varying" | "character" | "citext");
    let text = format!("nullif(pg_catalog.btrim({name}::text), '')");
    Some(match (kind, from) {
        (ColumnKind::Text, _) if is_text => format!("{name}::text"),
        // times without a time zone are Odoo's own, which are in UTC
        (ColumnKind::Timestamp, _) if is_text => format!("{text}::timestamp AT TIME ZONE 'UTC'"),
        (ColumnKind::Timestamp, "timestamp without time zone") => {
            format!("{name} AT TIME ZONE 'UTC'")
        }
        (ColumnKind::Timestamp, "timestamp with time zone") => name.to_string(),
        (ColumnKind::Timestamp, "date") => format!("{name}::timestamp AT TIME ZONE 'UTC'"),
        (ColumnKind::Date, _) if is_text => format!("{text}::date"),
        (ColumnKind::Date, "timestamp without time zone") => format!("{name}::date"),
        (ColumnKind::Date, "timestamp with time zone") => {
            format!("({name} AT TIME ZONE 'UTC')::date")
        }
        (ColumnKind::Numeric, _) if is_text => format!("{text}::numeric"),
        (ColumnKind::Numeric, "smallint" | "integer" | "bigint" | "real" | "double precision" | "numeric") => {
            format!("{name}::numeric")
        }
        (ColumnKind::Bigint, _) if is_text => format!("{text}::numeric::bigint"),
        (ColumnKind::Bigint, "smallint" | "integer" | "real" | "double precision" | "numeric") => {
            format!("{name}::bigint")
        }
        (ColumnKind::Boolean, _) if is_text => format!("{text}::boolean"),
        (ColumnKind::Boolean, "smallint" | "integer" | "bigint") => format!("{name} <> 0"),
        (ColumnKind::BigintArray, "smallint[]" | "integer[]") => format!("{name}::bigint[]"),
        (ColumnKind::Json, "json") => format!("{name}::jsonb"),
        (ColumnKind::Json, _) if is_text => format!("{text}::jsonb"),
        _ => return None,
    })
}
