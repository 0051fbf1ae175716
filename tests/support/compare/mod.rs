//! The comparison of all mirrors of a connection with what Odoo has: every table, every column, every row.
//!
//! What a mirror must hold is derived from the catalogue (`odoo_sync.mirrors`) and from Odoo: a mirror, column or row
//! that is missing is a difference as much as one that is too many, and so is a column whose values could not be told
//! by any way.

mod api;
mod cell;
mod odoo_table;
mod past;
mod real;
mod report;
mod sample;
mod truth;

use std::collections::{BTreeSet, HashMap};

use crate::session::{Session, identifier, literal};
use odoo::FieldKind;

pub use cell::{Cell, CellKind, canonical};
pub use past::{Ids, Past};
pub use real::RealTruth;
pub use report::Report;
pub use sample::SampleTruth;
pub use truth::{Mirror, MirrorColumn, Truth};

/// How many records of each mirror have their numbers compared, digit by digit, with what the API shows.
const SHOWN: usize = 100;

/// Compares all mirrors of a connection.
pub fn compare(session: &mut Session, connection: &str, truth: &mut dyn Truth) -> Report {
    let mut report = Report::new(format!("{connection}, Odoo {}", truth.series()));
    let mut expected = BTreeSet::new();
    for mirror in Mirror::of_catalogue(session, truth.series()) {
        match truth.ids(&mirror) {
            Some(ids) => {
                expected.insert(mirror.table.clone());
                compare_mirror(session, connection, truth, &mirror, &ids, &mut report);
            }
            None => report.lacks(&mirror.model),
        }
    }
    let there = tables(session, connection);
    for table in there.difference(&expected) {
        report.difference(table, "a table that no mirror is expected in");
    }
    report
}

/// The tables of a schema.
fn tables(session: &mut Session, schema: &str) -> BTreeSet<String> {
    let sql = format!(
        "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident({})) AND relkind IN ('r', 'p')",
        literal(schema)
    );
    session.column(&sql).into_iter().collect()
}

fn compare_mirror(
    session: &mut Session,
    schema: &str,
    truth: &mut dyn Truth,
    mirror: &Mirror,
    ids: &[i64],
    report: &mut Report,
) {
    let table = &mirror.table;
    let columns = columns(session, schema, table);
    if columns.is_empty() {
        report.difference(table, "there is no such table");
        return;
    }
    let fields = truth.client().fields(&mirror.model).unwrap_or_else(|error| panic!("{}: {error}", mirror.model));
    let kinds: HashMap<String, FieldKind> =
        fields.iter().map(|field| (field.name.clone(), field.kind.clone())).collect();
    let wanted = mirror.columns_for(&fields);
    let names: BTreeSet<String> = columns.iter().map(|column| column.name.clone()).collect();
    for lacking in wanted.difference(&names) {
        report.difference(table, &format!("column {lacking} is missing"));
    }
    for surplus in names.difference(&wanted) {
        report.difference(table, &format!("column {surplus} is expected by nobody"));
    }
    let columns: Vec<MirrorColumn> = columns.into_iter().filter(|column| wanted.contains(&column.name)).collect();

    let rows = rows(session, schema, table, &columns);
    let (here, there): (BTreeSet<i64>, BTreeSet<i64>) = (rows.keys().copied().collect(), ids.iter().copied().collect());
    for id in there.difference(&here) {
        report.difference(table, &format!("{id} is missing"));
    }
    for id in here.difference(&there) {
        report.difference(table, &format!("{id} is not in Odoo"));
    }
    report.table(here.len());

    let expected = truth.values(mirror, ids, &columns);
    for (at, (column, expected)) in columns.iter().zip(expected).enumerate() {
        let Some(expected) = expected else {
            report.difference(table, &format!("column {} could not be compared", column.name));
            continue;
        };
        assert_eq!(expected.cells.len(), ids.len(), "{table}.{}: a value for each id", column.name);
        report.column(table, &column.name, &expected.how, ids.len());
        for (id, cell) in ids.iter().zip(&expected.cells) {
            match rows.get(id).map(|row| &row[at]) {
                Some(found) if found != cell => report.differs(table, &column.name, *id, found, cell),
                _ => {}
            }
        }
    }
    compare_digits(truth, mirror, ids, &columns, &kinds, &rows, report);
}

/// The columns of a mirror beside its own, `id` and `_synced_at`.
fn columns(session: &mut Session, schema: &str, table: &str) -> Vec<MirrorColumn> {
    let sql = format!(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
         WHERE a.attrelid = to_regclass(format('%I.%I', {}, {})) AND a.attnum > 0 AND NOT a.attisdropped
           AND a.attname NOT IN ('id', '_synced_at') ORDER BY a.attnum",
        literal(schema),
        literal(table)
    );
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    session
        .rows(&sql)
        .iter()
        .map(|row| MirrorColumn { name: text(&row[0]), kind: CellKind::of(&text(&row[1])) })
        .collect()
}

fn rows(session: &mut Session, schema: &str, table: &str, columns: &[MirrorColumn]) -> HashMap<i64, Vec<Cell>> {
    let list: String =
        columns.iter().map(|column| format!(", {}", column.kind.sql(&identifier(&column.name)))).collect();
    let rows = session.rows(&format!("SELECT id{list} FROM {}.{}", identifier(schema), identifier(table)));
    let cells = |row: &[Option<String>]| {
        columns.iter().zip(row).map(|(column, text)| Cell::from_sql(column.kind, text.as_deref())).collect()
    };
    let id = |row: &[Option<String>]| row[0].as_deref().expect("an id is there").parse().expect("and a number");
    rows.iter().map(|row| (id(row), cells(&row[1..]))).collect()
}

/// Compares numbers with the digits that the API shows, for some of the records.
fn compare_digits(
    truth: &mut dyn Truth,
    mirror: &Mirror,
    ids: &[i64],
    columns: &[MirrorColumn],
    kinds: &HashMap<String, FieldKind>,
    rows: &HashMap<i64, Vec<Cell>>,
    report: &mut Report,
) {
    let is_amount =
        |column: &MirrorColumn| matches!(kinds.get(&column.name), Some(FieldKind::Float | FieldKind::Monetary));
    let (places, amounts): (Vec<usize>, Vec<MirrorColumn>) = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| is_amount(column))
        .map(|(at, column)| (at, column.clone()))
        .unzip();
    let step = (ids.len() / SHOWN).max(1);
    let some: Vec<i64> = ids.iter().copied().filter(|id| rows.contains_key(id)).step_by(step).collect();
    if amounts.is_empty() || some.is_empty() {
        return;
    }
    let shown = api::read(truth.client(), &mirror.model, &some, &amounts, kinds);
    for ((at, column), cells) in places.iter().zip(&amounts).zip(&shown) {
        report.digits += cells.len();
        for (id, cell) in some.iter().zip(cells) {
            if let Some(found) = rows.get(id).map(|row| &row[*at]).filter(|found| !found.shows_as(cell)) {
                report.differs(&mirror.table, &format!("{} as shown by the API", column.name), *id, found, cell);
            }
        }
    }
}
