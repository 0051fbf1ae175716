//! `verify()`: whether the mirrors equal Odoo now, and where they do not.

use crate::api::guard::guarded;
use crate::api::log_in::with_login;
use crate::api::{arguments, types};
use crate::failure::Failure;
use crate::mirror::column::MirrorColumn;
use crate::mirror::difference::{Difference, Sum};
use crate::mirror::table::Table;
use crate::pg::{identity, thread};
use crate::reader::outline::Outline;
use crate::reader::source::Source;
use crate::settings::Settings;
use crate::state::extension::as_owner;
use crate::state::{catalogue, mirror_state};
use odoo::{Error, ErrorKind, Field, FieldKind};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::sync::Arc;

/// A row of the result; a count that is not known is NULL.
type Row = (String, String, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>, bool, Option<String>);

#[allow(clippy::type_complexity)]
#[pg_extern]
fn verify(
    types: default!(Option<Vec<Option<String>>>, "NULL"),
    connection: default!(Option<&str>, "'odoo'"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(type, String),
            name!(table_name, String),
            name!(odoo_count, Option<i64>),
            name!(local_count, Option<i64>),
            name!(missing, Option<i64>),
            name!(extra, Option<i64>),
            name!(different, Option<i64>),
            name!(ok, bool),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    guarded(|| {
        let named = types::named(types)?;
        let connection = arguments::connection(connection)?;
        let settings = Settings::current();
        let names = types::of_connection(&connection.name, named.as_deref())?;
        let (sizes, mirrors) = as_owner(|| {
            let types = catalogue::types(&connection.name, &names)?;
            Ok((types, catalogue::mirrors_with_domains(&connection.name, &names)?))
        })?;
        let place = format!("connection {}", connection.name);
        let client = connection
            .access(identity::current_user(), &settings)
            .and_then(|access| Ok(with_login(access, |opened| opened)??))
            .map_err(|failure| failure.at(&place))?;
        let client = Arc::new(client);
        let series = client.session().series;
        let mut rows = Vec::new();
        for (spec, domain) in mirrors {
            if !spec.is_for(series) {
                continue;
            }
            let domain = domain.map_err(|failure| failure.at(format!("{place}, {}", spec.table_name)))?;
            let of_mirror = sizes.iter().find(|r#type| r#type.r#type == spec.r#type);
            let batch_size = of_mirror.and_then(|r#type| r#type.batch_size);
            let batch_size = batch_size.unwrap_or(settings.batch_size);
            let source = Arc::new(Source::new(client.clone(), spec, domain));
            let row = prove(&connection.name, &source, batch_size)
                .map_err(|failure| failure.at(format!("{place}, {}", source.spec.name())))?;
            rows.push(row);
        }
        Ok(TableIterator::new(rows))
    })
}

/// Compares one mirror with Odoo. Problems of the mirror are reported in its row; those of the connection are errors.
fn prove(schema: &str, source: &Arc<Source>, batch_size: usize) -> Result<Row, Failure> {
    let asked = source.clone();
    let outline = match thread::wait_for(move || asked.outline(batch_size))? {
        Ok(outline) => Arc::new(outline),
        Err(error) if error.kind == ErrorKind::UnknownModel => {
            return without_model(schema, source);
        }
        Err(error) => return unreadable(source, error),
    };
    let columns = outline.fields.iter().filter_map(MirrorColumn::of).collect();
    let known = as_owner(|| mirror_state::columns(schema, &source.spec.table_name))?;
    let found = match Table::find(schema, &source.spec.table_name, columns, known.as_ref()) {
        Ok(found) => found,
        Err(failure) => return Ok(row(source, None, None, None, vec![failure.summary()])),
    };
    let mut odoo_count = 0;
    let mut difference = Difference::default();
    let mut problems = Vec::new();
    let mut after = None;
    let last = outline.pages.len() - 1;
    for number in 0..=last {
        let (asked, planned) = (source.clone(), outline.clone());
        let read = move || asked.outline_page(&planned, &planned.pages[number]);
        let page = match thread::wait_for(read)? {
            Ok(page) => page,
            Err(error) => return unreadable(source, error),
        };
        odoo_count += page.records.ids.len() as u64;
        if let Some((fields, error)) = page.unread {
            let why = Failure::from(error).summary();
            problems.push(format!("{} could not be compared: {why}", fields.join(", ")));
        }
        // what lies between two pages belongs to the later one, and the ends are open
        let upto = page.records.ids.last().copied().filter(|_| number < last);
        if let Some((table, _)) = &found {
            difference.add(table.compare_page(&page.records, after, upto)?);
        }
        after = upto.or(after);
    }
    let Some((table, gained)) = found else {
        problems.push("there is no such table yet; odoo_sync.run() makes it".to_string());
        difference.missing = odoo_count;
        return Ok(row(source, Some(odoo_count), None, Some(difference), problems));
    };
    let is_told = !difference.is_none();
    for (what, count, ids) in [
        ("missing here", difference.missing, &difference.missing_ids),
        ("not in Odoo", difference.extra, &difference.extra_ids),
        ("different", difference.different, &difference.different_ids),
    ] {
        if count > 0 {
            let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
            let more = if count > ids.len() as u64 { ", ..." } else { "" };
            problems.push(format!("{what}: id {}{more}", ids.join(", ")));
        }
    }
    for column in gained {
        problems.push(format!("column {} is missing; the next run adds it", column.name));
    }
    if !is_told {
        let unlike = unlike_sums(&table, &outline)?;
        difference.different += u64::from(!unlike.is_empty());
        problems.extend(unlike);
    }
    let rows = difference.rows;
    Ok(row(source, Some(odoo_count), Some(rows), Some(difference), problems))
}

/// The fields whose sums differ, where ids and write dates tell nothing.
fn unlike_sums(table: &Table, outline: &Outline) -> Result<Vec<String>, Failure> {
    let there: Vec<(&MirrorColumn, &Field, f64)> = outline
        .sums
        .iter()
        .filter_map(|(field, sum)| {
            let column = table.columns.iter().find(|column| column.field == field.name)?;
            Some((column, field, *sum))
        })
        .collect();
    if there.is_empty() {
        return Ok(Vec::new());
    }
    let columns: Vec<&MirrorColumn> = there.iter().map(|(column, ..)| *column).collect();
    let here = table.sums(&columns)?;
    Ok(there
        .iter()
        .zip(here)
        .filter(|((_, field, sum), here)| !is_same(*sum, here, &field.kind))
        .map(|((column, _, sum), here)| format!("{} adds up to {sum} in Odoo and to {} here", column.name, here.sum))
        .collect())
}

/// Whether two sums are of the same numbers. Odoo hands over a double, which the sum here is rounded to as well; and
/// where the numbers are doubles in Odoo's own table, each step of its adding may have rounded.
fn is_same(there: f64, here: &Sum, kind: &FieldKind) -> bool {
    let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
    let (sum, magnitude) = (number(&here.sum), number(&here.magnitude));
    let steps = match kind {
        FieldKind::Float => here.rows as f64,
        _ => 0.0,
    };
    let tolerance = f64::EPSILON * (2.0 * sum.abs() + (1.0 + steps) * magnitude);
    (there - sum).abs() <= tolerance
}

/// The row of a mirror whose model Odoo does not have: the table must be empty.
fn without_model(schema: &str, source: &Source) -> Result<Row, Failure> {
    let mut problems = vec![format!("Odoo has no model {}: its module is not installed", source.spec.model)];
    let rows = match Table::find(schema, &source.spec.table_name, Vec::new(), None) {
        Ok(None) => 0,
        Ok(Some((table, _))) => table.count()?,
        Err(failure) => {
            problems.push(failure.summary());
            0
        }
    };
    let counts = [Some(0), Some(rows), Some(0), Some(rows), Some(0)];
    Ok(told(source, counts, rows == 0, problems))
}

/// An error about one mirror is reported in its row; an error about the connection fails the statement.
fn unreadable(source: &Source, error: Error) -> Result<Row, Failure> {
    let is_of_mirror = matches!(
        error.kind,
        ErrorKind::AccessDenied | ErrorKind::Refused | ErrorKind::Server | ErrorKind::Malformed | ErrorKind::TooLarge
    );
    let failure = Failure::from(error);
    if is_of_mirror { Ok(row(source, None, None, None, vec![failure.summary()])) } else { Err(failure) }
}

/// A mirror's row; `ok` where no problem was found.
fn row(
    source: &Source,
    odoo: Option<u64>,
    local: Option<u64>,
    difference: Option<Difference>,
    problems: Vec<String>,
) -> Row {
    let found = |count: fn(&Difference) -> u64| difference.as_ref().map(count);
    let counts = [
        odoo,
        local,
        found(|difference| difference.missing),
        found(|difference| difference.extra),
        found(|difference| difference.different),
    ];
    let ok = problems.is_empty();
    told(source, counts, ok, problems)
}

fn told(source: &Source, counts: [Option<u64>; 5], ok: bool, problems: Vec<String>) -> Row {
    let [odoo, local, missing, extra, different] = counts.map(|count| count.map(|n| n as i64));
    let (r#type, table) = (source.spec.r#type.clone(), source.spec.table_name.clone());
    let detail = (!problems.is_empty()).then(|| problems.join("; "));
    (r#type, table, odoo, local, missing, extra, different, ok, detail)
}
