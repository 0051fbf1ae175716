//! Where a field's value comes from: the table, other records, or a rule.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use super::database::Database;
use super::datum::Datum;
use super::field::{Field, Kind};
use super::table::{ID, Row, Table};

/// A product's stock: on hand, reserved, on its way in, on its way out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stock {
    on_hand: f64,
    reserved: f64,
    incoming: f64,
    outgoing: f64,
}

/// How to get one field of a record.
pub enum Source<'a> {
    /// It is in the row.
    Stored(usize),
    /// It is the field of another record, which a many2one names.
    Related(Box<Source<'a>>, &'a Table, Box<Source<'a>>),
    /// The ids of the records that name this one.
    Reverse(HashMap<i64, Vec<i64>>),
    /// A figure of the product's stock.
    Stock(Rc<HashMap<i64, Stock>>, fn(&Stock) -> f64),
    /// How many records name this one.
    Count(HashMap<i64, Vec<i64>>),
    /// What users call the record.
    Name(&'a Database, String),
    /// One stored number less another.
    Difference(usize, usize),
}

impl<'a> Source<'a> {
    /// The source of a field of a model.
    pub fn new(database: &'a Database, model: &str, field: &Field) -> Source<'a> {
        let table = database.expect(model);
        let at = table.position(&field.name).unwrap_or(ID);
        if field.kind == Kind::One2many {
            let relation = field.relation.as_deref().unwrap_or_default();
            let many2one = field.inverse.as_deref().unwrap_or_default();
            let shown = |row: &Row| field.name != "invoice_line_ids" || is_on_invoice(database, row);
            return Source::Reverse(reverse(database, relation, many2one, shown));
        }
        let stored = |name: &str| table.position(name).unwrap_or(at);
        if !field.stored() && field.related.len() > 1 {
            // where the sample lacks the other model, the value is kept here
            return Source::path(database, model, &field.related).unwrap_or(Source::Stored(at));
        }
        match (model, field.name.as_str()) {
            _ if field.name == "display_name" && !field.stored() => Source::Name(database, model.to_owned()),
            (_, "__last_update") => Source::Stored(stored("write_date")),
            ("product.product", "lst_price") => match table.field("list_price") {
                Some(list_price) => Source::new(database, model, list_price),
                None => Source::Stored(at),
            },
            ("product.product", "qty_available") => Source::Stock(stock(database), |stock| stock.on_hand),
            ("product.product", "free_qty") => Source::Stock(stock(database), |stock| stock.on_hand - stock.reserved),
            ("product.product", "incoming_qty") => Source::Stock(stock(database), |stock| stock.incoming),
            ("product.product", "outgoing_qty") => Source::Stock(stock(database), |stock| stock.outgoing),
            ("product.product", "virtual_available") => {
                Source::Stock(stock(database), |stock| stock.on_hand + stock.incoming - stock.outgoing)
            }
            ("product.category", "product_count") => {
                Source::Count(reverse(database, "product.product", "categ_id", |_| true))
            }
            ("stock.quant", "available_quantity") => {
                Source::Difference(stored("quantity"), stored("reserved_quantity"))
            }
            _ => Source::Stored(at),
        }
    }

    /// The source of the field at the end of a path of many2ones; None where a model or a field of it is not there.
    pub fn path(database: &'a Database, model: &str, path: &[String]) -> Option<Source<'a>> {
        let (step, rest) = path.split_first()?;
        let field = database.table(model)?.field(step)?;
        let source = Source::new(database, model, field);
        if rest.is_empty() {
            return Some(source);
        }
        let relation = field.relation.as_deref().filter(|_| field.kind == Kind::Many2one)?;
        let related = Source::path(database, relation, rest)?;
        Some(Source::Related(Box::new(source), database.table(relation)?, Box::new(related)))
    }

    /// The value is the record's own, at that place of the row.
    pub fn is_own(&self, at: usize) -> bool {
        matches!(self, Source::Stored(own) if *own == at)
    }

    pub fn get<'r>(&'r self, row: &'r Row) -> Cow<'r, Datum> {
        match self {
            Source::Stored(at) => Cow::Borrowed(&row[*at]),
            Source::Related(many2one, table, field) => match table.row(&many2one.get(row)) {
                Some(related) => field.get(related),
                None => Cow::Owned(Datum::Null),
            },
            Source::Reverse(_) => Cow::Owned(Datum::from(self.ids(row).into_owned())),
            Source::Stock(stock, figure) => {
                let stock = id(row).and_then(|id| stock.get(&id)).copied().unwrap_or_default();
                Cow::Owned(Datum::Float(figure(&stock)))
            }
            Source::Count(_) => Cow::Owned(Datum::Integer(self.ids(row).len() as i64)),
            Source::Name(database, model) => Cow::Owned(Datum::from(display_name(database, model, row))),
            Source::Difference(of, less) => Cow::Owned(Datum::Float(row[*of].as_number() - row[*less].as_number())),
        }
    }

    /// The ids of an x2many, ascending.
    pub fn ids<'r>(&'r self, row: &'r Row) -> Cow<'r, [i64]> {
        match self {
            Source::Related(many2one, table, field) => match table.row(&many2one.get(row)) {
                Some(related) => field.ids(related),
                None => Cow::Borrowed(&[]),
            },
            Source::Reverse(lines) | Source::Count(lines) => {
                Cow::Borrowed(id(row).and_then(|id| lines.get(&id)).map(Vec::as_slice).unwrap_or_default())
            }
            Source::Stored(at) => match &row[*at] {
                Datum::Ids(ids) => Cow::Borrowed(ids),
                _ => Cow::Borrowed(&[]),
            },
            _ => Cow::Borrowed(&[]),
        }
    }
}

/// What users call a record of a model.
pub fn display_name(database: &Database, model: &str, row: &Row) -> String {
    let text = |name: &str| {
        let field = database.expect(model).field(name)?;
        match Source::new(database, model, field) {
            // where display_name is not stored, it is what is being asked for
            Source::Name(..) => None,
            source => match source.get(row).into_owned() {
                Datum::Text(text) => Some(text.to_string()),
                _ => None,
            },
        }
    };
    let number = id(row).unwrap_or_default();
    let name = text("name");
    match model {
        "res.partner" => text("complete_name").or_else(|| text("display_name")).or(name),
        "stock.location" | "product.category" => text("complete_name").or(name),
        "product.product" => {
            text("default_code").map(|code| format!("[{code}] {}", name.clone().unwrap_or_default())).or(name)
        }
        "account.account" => text("code").map(|code| format!("{code} {}", name.clone().unwrap_or_default())).or(name),
        "account.move" => name.filter(|name| name != "/").or_else(|| Some(format!("Draft Invoice (* {number})"))),
        "stock.quant" => None,
        _ => name,
    }
    .unwrap_or_else(|| format!("{model},{number}"))
}

fn id(row: &Row) -> Option<i64> {
    row[ID].as_id()
}

/// One sees the journal item on the invoice.
fn is_on_invoice(database: &Database, line: &Row) -> bool {
    let table = database.expect("account.move.line");
    let value = |name: &str| table.position(name).map(|at| &line[at]);
    match (value("exclude_from_invoice_tab"), value("display_type")) {
        (Some(excluded), _) => *excluded != Datum::Boolean(true),
        (None, Some(Datum::Text(kind))) => &**kind == "product" || kind.starts_with("line_"),
        (None, _) => false,
    }
}

/// For each id that the many2one names, the records that name it and are `shown`.
fn reverse(database: &Database, model: &str, many2one: &str, shown: impl Fn(&Row) -> bool) -> HashMap<i64, Vec<i64>> {
    let mut lines: HashMap<i64, Vec<i64>> = HashMap::new();
    let Some(table) = database.table(model) else {
        return lines;
    };
    let Some(field) = table.field(many2one) else {
        return lines;
    };
    let source = Source::new(database, model, field);
    for (line, row) in &table.rows {
        if let Some(id) = source.get(row).as_id().filter(|_| shown(row)) {
            lines.entry(id).or_default().push(*line);
        }
    }
    lines
}

/// The stock of all products: quants in internal locations, and moves into and out of these that are to come.
fn stock(database: &Database) -> Rc<HashMap<i64, Stock>> {
    let mut stock: HashMap<i64, Stock> = HashMap::new();
    let Some(locations) = database.table("stock.location") else {
        return Rc::new(stock);
    };
    let internal = |location: &Datum| {
        let usage = location.as_id().and_then(|location| locations.get(location, "usage"));
        usage == Some(&Datum::from("internal"))
    };
    for quant in Line::of(database, "stock.quant") {
        if let Some(product) = quant.value("product_id").as_id().filter(|_| internal(quant.value("location_id"))) {
            let entry = stock.entry(product).or_default();
            entry.on_hand += quant.value("quantity").as_number();
            entry.reserved += quant.value("reserved_quantity").as_number();
        }
    }
    for planned in Line::of(database, "stock.move") {
        let open = matches!(planned.value("state"), Datum::Text(state) if matches!(&**state, "waiting" | "confirmed" | "assigned" | "partially_available"));
        let Some(product) = planned.value("product_id").as_id().filter(|_| open) else {
            continue;
        };
        let quantity = planned.value("product_uom_qty").as_number();
        let entry = stock.entry(product).or_default();
        match (internal(planned.value("location_id")), internal(planned.value("location_dest_id"))) {
            (false, true) => entry.incoming += quantity,
            (true, false) => entry.outgoing += quantity,
            _ => {}
        }
    }
    Rc::new(stock)
}

/// One record of a table that may lack fields.
struct Line<'a> {
    table: &'a Table,
    row: &'a Row,
}

impl<'a> Line<'a> {
    fn of(database: &'a Database, model: &str) -> impl Iterator<Item = Line<'a>> {
        let table = database.table(model);
        table.into_iter().flat_map(|table| table.rows.values().map(move |row| Line { table, row }))
    }

    fn value(&self, field: &str) -> &'a Datum {
        self.table.position(field).map_or(&Datum::Null, |at| &self.row[at])
    }
}
