//! Which column a field's values go to, in an existing table.

use crate::mirror::column::MirrorColumn;
use crate::mirror::names::{LONGEST_NAME, cut};
use std::collections::{HashMap, HashSet};

/// Gives each column its name, and returns those that must be added to the table; `existing` has the types of its
/// columns by name.
///
/// A field stays in the column that is `known` to be its own, or goes to the one of its name, if that can hold its
/// values exactly. If not (its type changed in Odoo, or here), it goes to `name_1` beside it, or the next number that
/// makes no other field's name: a column's type cannot be changed without dropping the views on it.
pub fn place(
    columns: &mut [MirrorColumn],
    existing: &HashMap<String, String>,
    known: Option<&HashMap<String, String>>,
) -> Vec<MirrorColumn> {
    let mut gained = Vec::new();
    let fields: HashSet<String> = columns.iter().map(|column| column.field.clone()).collect();
    for column in columns {
        let before = known.and_then(|known| known.get(&column.field));
        let before = before.filter(|name| existing.contains_key(*name)).cloned();
        let names = before.into_iter().chain([column.field.clone()]).chain(
            (1..)
                .map(|number| {
                    let suffix = format!("_{number}");
                    let stem = cut(&column.field, LONGEST_NAME - suffix.len());
                    format!("{stem}{suffix}")
                })
                .filter(|name| !fields.contains(name)),
        );
        for name in names {
            match existing.get(&name) {
                Some(sql_type) if !column.fits(sql_type) => continue,
                found => {
                    column.name = name;
                    if found.is_none() {
                        gained.push(column.clone());
                    }
                    break;
                }
            }
        }
    }
    gained
}
