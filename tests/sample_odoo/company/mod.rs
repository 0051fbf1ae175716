//! The company whose Odoo this is: a furniture maker with a subsidiary, made up, and the same each time.

mod goods;
mod invoices;
mod journal_items;
mod ledger;
mod orders;
mod people;
mod stock;

use super::Series;
use super::calendar::{DAY, SECOND, civil, day};
use super::database::Database;
use super::datum::Datum;
use crate::dice::Dice;
use goods::Product;

/// Names and values of a record.
type Values = Vec<(&'static str, Datum)>;

/// `values! { "name" => "Oak", "active" => true }`
macro_rules! values {
    ($($name:literal => $value:expr),* $(,)?) => { vec![$(($name, $crate::datum::Datum::from($value))),*] };
}
use values;

/// The first working day of the books.
const YEAR: i64 = 2026;
/// The days over which the documents are spread.
const DAYS: i64 = 180;
/// The parent company and its subsidiary.
const COMPANIES: [i64; 2] = [1, 2];

/// A company being founded.
struct Founding<'d> {
    database: &'d mut Database,
    dice: Dice,
    /// When the next record is made, in microseconds.
    now: i64,
}

/// Fills an empty database, with so many journal entries and orders in proportion.
pub fn found(database: &mut Database, documents: usize) {
    let mut founding =
        Founding { database, dice: Dice::new(0x0D00), now: i64::from(day(YEAR - 1, 12, 15)) * DAY + 9 * 3600 * SECOND };
    ledger::currencies(&mut founding);
    people::companies(&mut founding);
    people::users(&mut founding);
    let people = people::partners(&mut founding, documents / 20);
    ledger::accounts(&mut founding);
    let products = goods::products(&mut founding, documents / 20);
    stock::places(&mut founding);
    let purchases = orders::purchases(&mut founding, &people, &products, documents / 3);
    let sales = orders::sales(&mut founding, &people, &products, documents / 2);
    stock::quants(&mut founding, &products);
    invoices::entries(&mut founding, &people, &products, [sales, purchases], documents);
}

impl Founding<'_> {
    fn series(&self) -> Series {
        self.database.series
    }

    /// Makes a record, a moment after the one before.
    fn add(&mut self, model: &str, values: Values) -> i64 {
        self.now += self.dice.below(400) * SECOND / 100 + self.dice.below(SECOND);
        self.database.create(model, self.now, values)
    }

    /// The day of the `at`-th of so many documents, and moves the clock to it.
    fn day_of(&mut self, at: usize, of: usize) -> i32 {
        let date = day(YEAR, 1, 2) + (at as i64 * DAYS / of.max(1) as i64) as i32;
        self.now = i64::from(date) * DAY + (8 * 3600 + self.dice.below(10 * 3600)) * SECOND + self.dice.below(SECOND);
        date
    }
}

/// One line of an order or an invoice, before the figures.
#[derive(Clone, Debug)]
struct LineSketch {
    product: i64,
    label: String,
    unit: i64,
    quantity: f64,
    price: f64,
    /// Percent.
    discount: f64,
    /// Goods that are kept in stock.
    storable: bool,
    /// The order line that it comes from.
    order_line: Option<i64>,
}

/// A confirmed order that can be invoiced.
#[derive(Clone, Debug)]
struct OrderSketch {
    model: &'static str,
    id: i64,
    name: String,
    company: i64,
    partner: i64,
    lines: Vec<LineSketch>,
}

impl LineSketch {
    fn of(product: &Product, price: f64, quantity: f64, discount: f64) -> LineSketch {
        LineSketch {
            product: product.id,
            label: product.label.clone(),
            unit: product.unit,
            storable: product.storable,
            quantity,
            price,
            discount,
            order_line: None,
        }
    }

    /// The amount without tax.
    fn subtotal(&self) -> f64 {
        rounded(self.quantity * self.price * (1.0 - self.discount / 100.0), 2)
    }
}

/// The amount in so many decimals.
fn rounded(amount: f64, decimals: usize) -> f64 {
    format!("{amount:.decimals$}").parse().unwrap_or(amount)
}

/// The rate of the sales and purchase tax of a company, in percent.
fn tax_rate(company: i64) -> f64 {
    if company == COMPANIES[0] { 21.0 } else { 15.0 }
}

/// The year and the month of a day.
fn civil_month(date: i32) -> (i64, i64) {
    let (year, month, _) = civil(date);
    (year, month)
}
