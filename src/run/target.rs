//! A mirror's table, made ready for what Odoo has, and what there is to tell of fields that came and went.

use crate::failure::Failure;
use crate::mirror::column::MirrorColumn;
use crate::mirror::table::{Ensured, Table, Wanted};
use crate::reader::plan::FieldPlan;
use crate::reader::request::{Listed, Scope};
use crate::reader::spec::MirrorSpec;
use crate::state::mirror_state::MirrorState;
use std::collections::HashSet;

/// A table that pages can be written to.
pub struct Target {
    pub table: Table,
    /// The greatest id that it has.
    pub known_max: Option<i64>,
    /// Whether there are fields that only a full read can fill.
    pub has_new_fields: bool,
    /// What became of the fields since the last run.
    pub notes: Vec<String>,
}

/// Makes the table ready for these fields, with the rights of the run's role.
pub fn prepare(
    schema: &str,
    spec: &MirrorSpec,
    past: &MirrorState,
    plan: &FieldPlan,
    marks: bool,
) -> Result<Target, Failure> {
    let known = past.columns.as_ref();
    let Ensured { table, is_new: is_new_table, gained } = Table::ensure(Wanted {
        schema,
        name: &spec.table_name,
        model: &spec.model,
        columns: plan.all().filter_map(MirrorColumn::of).collect(),
        unique_key: spec.unique_key.clone(),
        marks,
        known: known.filter(|_| past.is_loaded),
    })?;
    let is_new = |column: &MirrorColumn| known.and_then(|known| known.get(&column.field)) != Some(&column.name);
    let mut notes = Vec::new();
    if !is_new_table && past.is_loaded {
        notes = fields_changed(&table, past, &gained);
    }
    if !spec.builtin && !plan.lacking.is_empty() {
        notes.push(format!(
            "{}: this Odoo's {} has no {}, or not for this user.",
            table.name,
            spec.model,
            plan.lacking.join(", ")
        ));
    }
    Ok(Target {
        known_max: table.last_id()?,
        has_new_fields: !gained.is_empty() || table.columns.iter().any(is_new),
        table,
        notes,
    })
}

/// Empties what the type no longer keeps: rows that were marked, columns whose fields are elsewhere or gone. Gives the
/// number of rows.
pub fn tidy(table: &Table, past: &MirrorState, marks: bool) -> Result<u64, Failure> {
    let deleted = if marks { 0 } else { table.delete_marked()? };
    if past.is_loaded {
        let known = past.columns.iter().flatten();
        let left = known.filter(|(field, column)| table.column_of(field) != Some(column));
        table.empty(&left.map(|(_, column)| column).collect::<Vec<_>>())?;
    }
    Ok(deleted)
}

/// Finds out which rows Odoo no longer lists, where all records are to be read; where those that changed are, adds
/// those whose custom lists may have changed.
pub fn take_up(table: &Table, scope: &mut Scope, listed: &Listed) -> Result<HashSet<i64>, Failure> {
    match scope {
        Scope::Whole(ids) => Ok(table.ids_beyond(ids)?.into_iter().collect()),
        Scope::OnePage => Ok(HashSet::new()),
        Scope::Changed(ids) => {
            for (field, others) in listed {
                ids.extend(table.listing(field, others)?);
            }
            Ok(HashSet::new())
        }
    }
}

/// Tells of fields that came and went since the last run.
fn fields_changed(table: &Table, past: &MirrorState, gained: &[MirrorColumn]) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(known) = &past.columns else {
        return notes;
    };
    let moved = |column: &&MirrorColumn| known.get(&column.field).is_some_and(|before| *before != column.name);
    for column in table.columns.iter().filter(moved) {
        let before = &known[&column.field];
        notes.push(format!(
            "{}: the type of {} changed, in Odoo or here; its values are in {} from now on, and {before} is empty.",
            table.name, column.field, column.name
        ));
    }
    let is_new = |column: &&MirrorColumn| !known.contains_key(&column.field);
    for MirrorColumn { name, field, .. } in gained.iter().filter(is_new) {
        notes.push(if name == field {
            format!("{}: {name} is new.", table.name)
        } else {
            format!("{}: {field} is new; its values are in {name}, for the table has a {field} of its own.", table.name)
        });
    }
    let left = known.iter().filter(|(field, _)| table.column_of(field).is_none()).map(|(_, column)| column);
    notes.extend(left.map(|column| format!("{}: Odoo no longer has {column}; the column stays, empty.", table.name)));
    notes
}
