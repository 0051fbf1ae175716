//! Records as `read` and `search_read` give them: an object each.

use super::calendar;
use super::computed::{Source, display_name};
use super::database::Database;
use super::datum::Datum;
use super::fault::Fault;
use super::field::{Field, Kind};
use super::json_text::JsonText;
use super::table::Row;

/// Integers above this one come as floats, since XML-RPC has no larger ones.
const LARGEST_INTEGER: i64 = i32::MAX as i64;

/// One field of a row read.
struct Reading<'a> {
    field: &'a Field,
    source: Source<'a>,
}

/// Writes the records with the fields that are named; with none named, all fields. `names`: a many2one comes as `[id,
/// name]`.
pub fn write_rows(
    out: &mut JsonText,
    database: &Database,
    model: &str,
    records: &[&Row],
    fields: &[String],
    names: bool,
    active_test: bool,
) -> Result<(), Fault> {
    let table = database.expect(model);
    let wanted: Vec<&str> = if fields.is_empty() {
        table.live().map(|(_, field)| field.name.as_str()).collect()
    } else {
        fields.iter().map(String::as_str).collect()
    };
    let mut readings: Vec<Reading> = Vec::new();
    for name in wanted {
        let field = table.field(name).ok_or_else(|| Fault::invalid_field(database.series, model, name))?;
        // the id comes first, and a field that is named twice comes once
        if name != "id" && !readings.iter().any(|reading| reading.field.name == name) {
            readings.push(Reading { field, source: Source::new(database, model, field) });
        }
    }
    out.raw("[");
    for (at, row) in records.iter().enumerate() {
        out.raw(if at == 0 { "{" } else { ", {" });
        out.key("id");
        out.integer(row[super::table::ID].as_id().unwrap_or_default());
        for reading in &readings {
            out.raw(", ");
            out.key(&reading.field.name);
            write_value(out, database, reading, row, names, active_test);
        }
        out.raw("}");
    }
    out.raw("]");
    Ok(())
}

fn write_value(out: &mut JsonText, database: &Database, reading: &Reading, row: &Row, names: bool, active_test: bool) {
    let field = reading.field;
    if field.kind.is_multiple() {
        let related = field.relation.as_deref().and_then(|relation| database.table(relation));
        let active = related.and_then(|table| Some((table, table.position("active")?))).filter(|_| active_test);
        let shown = |id: &&i64| {
            active.is_none_or(|(table, at)| table.rows.get(id).is_none_or(|row| row[at] != Datum::Boolean(false)))
        };
        out.raw("[");
        for (at, id) in reading.source.ids(row).iter().filter(shown).enumerate() {
            out.raw(if at == 0 { "" } else { ", " });
            out.integer(*id);
        }
        out.raw("]");
        return;
    }
    match (&*reading.source.get(row), field.kind) {
        (Datum::Null, Kind::Integer | Kind::Many2oneReference) => out.integer(0),
        (Datum::Null, Kind::Float | Kind::Monetary) => out.float(0.0),
        (Datum::Null, _) => out.boolean(false),
        (Datum::Integer(id), Kind::Many2one) if names => {
            let relation = field.relation.as_deref().unwrap_or_default();
            let name = match database.table(relation).map(|table| table.rows.get(id)) {
                Some(Some(row)) => display_name(database, relation, row),
                _ => format!("{relation},{id}"),
            };
            out.raw("[");
            out.integer(*id);
            out.raw(", ");
            out.text(&name);
            out.raw("]");
        }
        (Datum::Integer(value), Kind::Integer) if *value > LARGEST_INTEGER => out.float(*value as f64),
        (datum, _) => write_datum(out, datum),
    }
}

/// A value that both kinds of read show alike.
pub fn write_datum(out: &mut JsonText, datum: &Datum) {
    match datum {
        Datum::Null => out.raw("null"),
        Datum::Boolean(value) => out.boolean(*value),
        Datum::Integer(value) => out.integer(*value),
        Datum::Float(value) => out.float(*value),
        Datum::Text(text) => out.text(text),
        Datum::Date(date) => quoted(out, |bytes| calendar::write_date(bytes, *date)),
        Datum::Datetime(moment) => quoted(out, |bytes| calendar::write_datetime(bytes, *moment)),
        Datum::Ids(ids) => {
            out.raw("[");
            for (at, id) in ids.iter().enumerate() {
                out.raw(if at == 0 { "" } else { ", " });
                out.integer(*id);
            }
            out.raw("]");
        }
        Datum::Json(value) => out.value(value),
    }
}

fn quoted(out: &mut JsonText, write: impl Fn(&mut Vec<u8>)) {
    out.raw("\"");
    write(&mut out.bytes);
    out.raw("\"");
}

/// The records of those ids, in their order; what does not exist is left out, what a record rule hides fails all.
pub fn browse<'a>(database: &'a Database, model: &str, ids: &[i64]) -> Result<Vec<&'a Row>, Fault> {
    let table = database.expect(model);
    let hidden = |id: &&i64| database.hidden.contains(&(model.to_owned(), **id));
    match ids.iter().filter(|id| table.rows.contains_key(id)).find(hidden) {
        Some(id) => {
            let name = display_name(database, model, &table.rows[id]);
            Err(Fault::record_rule(database.series, (model, &table.label), (*id, &name)))
        }
        None => Ok(ids.iter().filter_map(|id| table.rows.get(id)).collect()),
    }
}
