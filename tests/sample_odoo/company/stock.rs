//! Warehouses, locations, and what lies there.

use super::goods::{Product, UNITS};
use super::ledger::{Account, currency_of};
use super::people::BUYER;
use super::{COMPANIES, Datum, Founding, LineSketch, Values, day, values};

/// The locations that quants are in.
const SUPPLIERS: i64 = 2;
const CUSTOMERS: i64 = 3;

/// Where a company keeps its goods.
fn stock_of(company: i64) -> i64 {
    company * 10 + 1
}

fn shelf_of(company: i64) -> i64 {
    company * 10 + 2
}

pub fn places(founding: &mut Founding) {
    place(founding, 1, "Partners", None, "view", None);
    place(founding, SUPPLIERS, "Vendors", Some(1), "supplier", None);
    place(founding, CUSTOMERS, "Customers", Some(1), "customer", None);
    place(founding, 4, "Inventory adjustment", None, "inventory", Some(COMPANIES[0]));
    place(founding, 5, "Production", None, "production", Some(COMPANIES[0]));
    for (company, code, name) in [(COMPANIES[0], "WH", "Oakfield"), (COMPANIES[1], "SF", "Oakfield Inc.")] {
        let view = company * 10;
        place(founding, view, code, None, "view", Some(company));
        place(founding, stock_of(company), "Stock", Some(view), "internal", Some(company));
        place(founding, shelf_of(company), "Shelf 1", Some(stock_of(company)), "internal", Some(company));
        place(founding, view + 3, "Input", Some(view), "internal", Some(company));
        place(founding, view + 4, "Quality Control", Some(view), "internal", Some(company));
        place(founding, view + 5, "Output", Some(view), "internal", Some(company));
        place(founding, view + 6, "Packing Zone", Some(view), "internal", Some(company));
        founding.add(
            "stock.warehouse",
            values! {
                "id" => company, "name" => name, "code" => code, "active" => true, "sequence" => 10, "company_id" => company, "partner_id" => company,
                "view_location_id" => view, "lot_stock_id" => stock_of(company), "wh_input_stock_loc_id" => view + 3, "wh_qc_stock_loc_id" => view + 4,
                "wh_output_stock_loc_id" => view + 5, "wh_pack_stock_loc_id" => view + 6, "reception_steps" => "one_step", "delivery_steps" => "ship_only",
                "in_type_id" => company * 5, "out_type_id" => company * 5 + 1, "int_type_id" => company * 5 + 2,
            },
        );
    }
}

fn place(founding: &mut Founding, id: i64, name: &str, parent: Option<i64>, usage: &str, company: Option<i64>) {
    let text = |field: &str, founding: &Founding| {
        let value = parent.and_then(|parent| founding.database.expect("stock.location").get(parent, field).cloned());
        if let Some(Datum::Text(text)) = value { text.to_string() } else { String::new() }
    };
    let (names, path) = (text("complete_name", founding), text("parent_path", founding));
    let complete = if names.is_empty() { name.to_owned() } else { format!("{names}/{name}") };
    let internal = usage == "internal";
    let made_of = matches!(usage, "inventory" | "production");
    founding.add(
        "stock.location",
        values! {
            "id" => id, "name" => name, "complete_name" => complete, "active" => id != 16, "usage" => usage, "location_id" => parent, "company_id" => company,
            "parent_path" => format!("{path}{id}/"), "warehouse_id" => company.filter(|_| internal), "barcode" => internal.then(|| format!("LOC{id:04}")),
            "scrap_location" => id == 4, "return_location" => id == 13, "replenish_location" => name == "Stock", "posx" => id % 3, "posy" => id % 2, "posz" => i64::from(internal),
            "comment" => (name == "Shelf 1").then_some("Third aisle,\nleft"), "removal_strategy_id" => (name == "Shelf 1").then_some(1),
            "storage_category_id" => (name == "Shelf 1").then_some(1), "cyclic_inventory_frequency" => if internal { 30 } else { 0 },
            "last_inventory_date" => internal.then(|| Datum::Date(day(super::YEAR, 1, 2))), "next_inventory_date" => internal.then(|| Datum::Date(day(super::YEAR, 2, 1))),
            "valuation_account_id" => made_of.then(|| Account::Stock.of(1)), "valuation_in_account_id" => made_of.then(|| Account::Stock.of(1)),
            "valuation_out_account_id" => made_of.then(|| Account::Stock.of(1)),
        },
    );
}

pub fn quants(founding: &mut Founding, products: &[Product]) {
    for (at, product) in products.iter().enumerate().filter(|(_, product)| product.storable) {
        let company = if at % 4 == 3 { COMPANIES[1] } else { COMPANIES[0] };
        let on_hand = (5 + founding.dice.below(200)) as f64;
        let reserved = if at.is_multiple_of(3) { 2.0 } else { 0.0 };
        quant(founding, product, at, (stock_of(company), Some(company)), on_hand, reserved);
        if at.is_multiple_of(5) {
            quant(founding, product, at, (shelf_of(company), Some(company)), 7.5, 0.0);
        }
        // what came in from a supplier and went out to a customer
        let sold = founding.dice.below(40) as f64;
        quant(founding, product, at, (SUPPLIERS, None), -(on_hand + sold), 0.0);
        if sold > 0.0 {
            quant(founding, product, at, (CUSTOMERS, None), sold, 0.0);
        }
    }
}

fn quant(
    founding: &mut Founding,
    product: &Product,
    at: usize,
    (location, company): (i64, Option<i64>),
    quantity: f64,
    reserved: f64,
) {
    let own = company.is_some();
    let currency = currency_of(company.unwrap_or(COMPANIES[0]));
    let arrived = founding.now;
    founding.add(
        "stock.quant",
        values! {
            "product_id" => product.id, "product_tmpl_id" => product.id, "product_uom_id" => UNITS, "product_categ_id" => 4, "location_id" => location,
            "company_id" => company, "warehouse_id" => company, "quantity" => quantity, "reserved_quantity" => reserved, "in_date" => Datum::Datetime(arrived),
            "lot_id" => (at == 6).then_some(1), "package_id" => (at.is_multiple_of(7) && own).then_some(1), "owner_id" => (at.is_multiple_of(9) && own).then_some(1),
            "inventory_quantity" => own.then_some(quantity), "inventory_quantity_set" => at.is_multiple_of(6), "inventory_diff_quantity" => if at.is_multiple_of(6) { -1.0 } else { 0.0 },
            "inventory_date" => own.then(|| Datum::Date(day(super::YEAR, 12, 31))), "accounting_date" => (at.is_multiple_of(6)).then(|| Datum::Date(day(super::YEAR, 6, 30))),
            "user_id" => (at.is_multiple_of(6)).then_some(BUYER), "currency_id" => currency, "value" => quantity * product.cost, "tracking" => if at == 6 { "serial" } else { "none" },
            "on_hand" => own, "storage_category_id" => (location % 10 == 2 && own).then_some(1), "cyclic_inventory_frequency" => if own { 30 } else { 0 },
        },
    );
}

/// The order line that goods move for.
pub struct Ordered<'a> {
    pub name: &'a str,
    pub company: i64,
    pub line: i64,
}

/// The moves of a sold line: what was delivered, and what is still to be.
pub fn sold(founding: &mut Founding, line: &LineSketch, order: Ordered, delivered: f64, date: Datum) {
    let from_to = (stock_of(order.company), CUSTOMERS);
    moves(
        founding,
        line,
        from_to,
        ("OUT", delivered, date),
        values! {
            "origin" => order.name, "company_id" => order.company, "sale_line_id" => order.line,
        },
    );
}

/// The moves of a bought line: what was received, and what is still to be.
pub fn bought(founding: &mut Founding, line: &LineSketch, order: Ordered, received: f64, date: Datum) {
    let from_to = (SUPPLIERS, stock_of(order.company));
    moves(
        founding,
        line,
        from_to,
        ("IN", received, date),
        values! {
            "origin" => order.name, "company_id" => order.company, "purchase_line_id" => order.line,
        },
    );
}

fn moves(
    founding: &mut Founding,
    line: &LineSketch,
    (from, to): (i64, i64),
    (kind, done, date): (&str, f64, Datum),
    of: Values,
) {
    for (state, quantity) in [("done", done), ("assigned", line.quantity - done)] {
        if quantity > 0.0 {
            let mut values = values! {
                "name" => line.label.as_str(), "product_id" => line.product, "product_uom" => UNITS, "product_uom_qty" => quantity, "state" => state,
                "quantity" => if state == "done" { quantity } else { 0.0 }, "date" => date.clone(), "location_id" => from, "location_dest_id" => to,
                "reference" => format!("WH/{kind}/{:05}", line.order_line.unwrap_or(1)), "picking_id" => 1, "priority" => "0",
            };
            values.extend(of.iter().cloned());
            founding.add("stock.move", values);
        }
    }
}
