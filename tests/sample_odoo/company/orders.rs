//! Purchase and sales orders.

use super::goods::Product;
use super::ledger::{EUR, analytic, currency_of, rate, tax};
use super::people::{BUYER, People, SELLER};
use super::stock::{self, Ordered};
use super::{COMPANIES, Datum, Founding, LineSketch, OrderSketch, Series, rounded, tax_rate, values};
use crate::calendar::{DAY, SECOND};

/// The sums of an order.
#[derive(Default)]
struct Totals {
    untaxed: f64,
    tax: f64,
}

impl Founding<'_> {
    /// Some products in some quantities, at `price`.
    fn basket(&mut self, products: &[Product], price: fn(&Product) -> f64) -> Vec<LineSketch> {
        let lines = 1 + self.dice.below(4);
        let mut basket: Vec<LineSketch> = Vec::new();
        for _ in 0..lines {
            let product = self.dice.pick(products);
            if basket.iter().any(|line| line.product == product.id) {
                continue;
            }
            let quantity = (1 + self.dice.below(12)) as f64;
            let discount = if self.dice.percent(15) { 10.0 } else { 0.0 };
            basket.push(LineSketch::of(product, price(product), quantity, discount));
        }
        basket
    }

    fn company(&mut self) -> i64 {
        if self.dice.percent(80) { COMPANIES[0] } else { COMPANIES[1] }
    }

    /// The state of an order: how likely it is to be a draft, sent, confirmed, locked, cancelled.
    fn order_state(&mut self, at: usize, confirmed: &'static str) -> (&'static str, bool) {
        // each state is there, however few the orders are
        let roll = self.dice.below(100);
        match [5, 25, 50, 85, 95].get(at).copied().unwrap_or(roll) {
            0..12 => ("draft", false),
            12..26 => ("sent", false),
            26..80 => (confirmed, false),
            // a state of its own before 17, a flag since
            80..93 if self.series() == Series::V14 => ("done", true),
            80..93 => (confirmed, true),
            _ => ("cancel", false),
        }
    }
}

pub fn sales(founding: &mut Founding, people: &People, products: &[Product], orders: usize) -> Vec<OrderSketch> {
    let mut confirmed = Vec::new();
    for at in 0..orders {
        let date = founding.day_of(at, orders);
        let company = founding.company();
        let partner = *founding.dice.pick(&people.customers);
        let lines = founding.basket(products, |product| product.price);
        let (state, locked) = founding.order_state(at, "sale");
        let is_confirmed = matches!(state, "sale" | "done");
        let name = format!("S{:05}", at + 1);
        let invoiced = is_confirmed && at.is_multiple_of(2);
        let status = if invoiced {
            "invoiced"
        } else if is_confirmed {
            "to invoice"
        } else {
            "no"
        };
        let later = |days: i64| Datum::Datetime(morning(date, days));
        let taxes = rounded_taxes(&lines, tax_rate(company));
        let html = founding.series() >= Series::V19;
        // a date in 14, a time in 19
        let effective = if html { later(4) } else { Datum::Date(date + 4) };
        let order = founding.add(
            "sale.order",
            values! {
                "name" => name.as_str(), "state" => state, "locked" => locked, "date_order" => later(0), "validity_date" => Datum::Date(date + 30),
                "commitment_date" => (at.is_multiple_of(3)).then(|| later(10)), "expected_date" => later(3), "effective_date" => invoiced.then_some(effective),
                "partner_id" => partner, "partner_invoice_id" => partner, "partner_shipping_id" => partner, "company_id" => company,
                "currency_id" => currency_of(company), "currency_rate" => rate(currency_of(company)), "pricelist_id" => company, "user_id" => SELLER, "team_id" => 1,
                "client_order_ref" => (at.is_multiple_of(2)).then(|| format!("PO \"{}\"", 7000 + at)), "origin" => (at.is_multiple_of(5)).then(|| format!("OPP{at:04}")),
                "reference" => (at.is_multiple_of(4)).then(|| name.clone()), "note" => if html { "<p>Thank you for your order!</p>" } else { "Thank you for your order!" },
                "amount_untaxed" => taxes.untaxed, "amount_tax" => taxes.tax, "amount_total" => rounded(taxes.untaxed + taxes.tax, 2),
                "invoice_status" => status, "delivery_status" => is_confirmed.then_some(if invoiced { "full" } else { "pending" }), "payment_term_id" => 2,
                "fiscal_position_id" => (company == COMPANIES[1]).then_some(1), "warehouse_id" => company, "incoterm" => (at.is_multiple_of(6)).then_some(5),
                "incoterm_location" => (at.is_multiple_of(6)).then_some("Antwerp"), "picking_policy" => "direct", "analytic_account_id" => (at.is_multiple_of(7)).then_some(2),
                "sale_order_template_id" => (at.is_multiple_of(9)).then_some(1), "campaign_id" => (at.is_multiple_of(8)).then_some(1), "medium_id" => (at.is_multiple_of(8)).then_some(2),
                "source_id" => (at.is_multiple_of(8)).then_some(3), "prepayment_percent" => 1.0, "require_signature" => at.is_multiple_of(2),
                "signed_by" => (is_confirmed && at.is_multiple_of(4)).then_some("Brandon Freeman"), "signed_on" => (is_confirmed && at.is_multiple_of(4)).then(|| later(1)),
            },
        );
        let mut sketch = OrderSketch { model: "sale.order", id: order, name, company, partner, lines: Vec::new() };
        for (number, line) in (1_i64..).zip(lines) {
            let delivered = if invoiced { line.quantity } else { 0.0 };
            let amount = line.subtotal();
            let tax_amount = rounded(amount * tax_rate(company) / 100.0, 2);
            let taxed = (amount + tax_amount) / line.quantity;
            let id = founding.add(
                "sale.order.line",
                values! {
                    "order_id" => order, "sequence" => 9 + number, "name" => line.label.as_str(), "product_id" => line.product, "product_template_id" => line.product,
                    "product_uom" => line.unit, "product_uom_id" => line.unit, "product_uom_qty" => line.quantity, "price_unit" => line.price,
                    "discount" => line.discount, "price_subtotal" => amount, "price_tax" => tax_amount, "price_total" => rounded(amount + tax_amount, 2),
                    "price_reduce" => line.price * (1.0 - line.discount / 100.0), "price_reduce_taxexcl" => amount / line.quantity, "price_reduce_taxinc" => taxed,
                    "qty_delivered" => delivered, "qty_delivered_method" => "stock_move", "qty_invoiced" => delivered,
                    "qty_to_invoice" => if is_confirmed { line.quantity - delivered } else { 0.0 }, "untaxed_amount_invoiced" => if invoiced { amount } else { 0.0 },
                    "untaxed_amount_to_invoice" => if is_confirmed && !invoiced { amount } else { 0.0 }, "state" => state, "invoice_status" => status,
                    "company_id" => company, "currency_id" => currency_of(company), "order_partner_id" => partner, "salesman_id" => SELLER,
                    "customer_lead" => 3.0, "is_expense" => at % 12 == 3, "is_downpayment" => at % 12 == 7, "tax_id" => vec![tax(company, false)],
                    "tax_ids" => vec![tax(company, false)], "warehouse_id" => company,
                    "analytic_distribution" => if at.is_multiple_of(3) { analytic(2) } else { Datum::Null },
                },
            );
            if is_confirmed && line.storable {
                let order = Ordered { name: &sketch.name, company, line: id };
                stock::sold(founding, &line, order, delivered, later(4));
            }
            sketch.lines.push(LineSketch { order_line: Some(id), ..line });
        }
        if at % 4 == 1 {
            note(
                founding,
                "sale.order.line",
                order,
                &[
                    ("state", Datum::from(state)),
                    ("order_partner_id", Datum::from(partner)),
                    ("is_expense", Datum::from(false)),
                ],
            );
        }
        if invoiced {
            confirmed.push(sketch);
        }
    }
    confirmed
}

pub fn purchases(founding: &mut Founding, people: &People, products: &[Product], orders: usize) -> Vec<OrderSketch> {
    let mut confirmed = Vec::new();
    for at in 0..orders {
        let date = founding.day_of(at, orders);
        let company = founding.company();
        let partner = *founding.dice.pick(&people.suppliers);
        let lines = founding.basket(products, |product| product.cost);
        let (state, locked) = founding.order_state(at, "purchase");
        let is_confirmed = matches!(state, "purchase" | "done");
        let name = format!("P{:05}", at + 1);
        // received whole, in part, not at all
        let share = if is_confirmed { [1.0, 0.5, 0.0][at % 3] } else { 0.0 };
        let billed = share == 1.0;
        let status = if billed {
            "invoiced"
        } else if is_confirmed {
            "to invoice"
        } else {
            "no"
        };
        let later = |days: i64| Datum::Datetime(morning(date, days));
        let taxes = rounded_taxes(&lines, tax_rate(company));
        let total = rounded(taxes.untaxed + taxes.tax, 2);
        let html = founding.series() >= Series::V19;
        let order = founding.add(
            "purchase.order",
            values! {
                "name" => name.as_str(), "state" => state, "locked" => locked, "date_order" => later(0), "date_approve" => is_confirmed.then(|| later(1)),
                "date_planned" => later(8), "effective_date" => (share > 0.0).then(|| later(9)), "partner_id" => partner,
                "partner_ref" => (at.is_multiple_of(2)).then(|| format!("VO/{}", 500 + at)), "company_id" => company, "currency_id" => currency_of(company),
                "currency_rate" => rate(currency_of(company)), "user_id" => BUYER, "amount_untaxed" => taxes.untaxed, "amount_tax" => taxes.tax,
                "amount_total" => total, "amount_total_cc" => total, "invoice_status" => status, "invoice_count" => i64::from(billed),
                "receipt_status" => is_confirmed.then_some(match at % 3 { 0 => "full", 1 => "partial", _ => "pending" }),
                "origin" => (at.is_multiple_of(5)).then(|| format!("OP/{at:05}")), "notes" => (at.is_multiple_of(4)).then_some("Deliver at the back door.\nRing \"Oakfield\""),
                "note" => (at.is_multiple_of(4)).then_some(if html { "<p>Deliver at the <i>back</i> door</p>" } else { "" }), "picking_type_id" => company,
                "fiscal_position_id" => (company == COMPANIES[1]).then_some(1), "payment_term_id" => 3, "incoterm_id" => (at.is_multiple_of(6)).then_some(1),
                "incoterm_location" => (at.is_multiple_of(6)).then_some("Liège"), "priority" => if at.is_multiple_of(10) { "1" } else { "0" }, "acknowledged" => at.is_multiple_of(4),
                "mail_reception_confirmed" => at.is_multiple_of(4), "dest_address_id" => (at.is_multiple_of(11)).then_some(1),
            },
        );
        let mut sketch = OrderSketch { model: "purchase.order", id: order, name, company, partner, lines: Vec::new() };
        for (number, line) in (1_i64..).zip(lines) {
            let received = (line.quantity * share).floor();
            let amount = line.subtotal();
            let tax_amount = rounded(amount * tax_rate(company) / 100.0, 2);
            let id = founding.add(
                "purchase.order.line",
                values! {
                    "order_id" => order, "sequence" => 9 + number, "name" => line.label.as_str(), "product_id" => line.product, "product_uom" => line.unit,
                    "product_uom_id" => line.unit, "product_qty" => line.quantity, "product_uom_qty" => line.quantity, "price_unit" => line.price,
                    "discount" => line.discount, "price_subtotal" => amount, "price_tax" => tax_amount, "price_total" => rounded(amount + tax_amount, 2),
                    "qty_received" => received, "qty_received_manual" => (at.is_multiple_of(7)).then_some(received),
                    "qty_received_method" => if at.is_multiple_of(7) { "manual" } else { "stock_moves" }, "qty_invoiced" => if billed { line.quantity } else { 0.0 },
                    "qty_to_invoice" => if billed { 0.0 } else { received }, "date_planned" => later(8), "date_order" => later(0), "state" => state,
                    "company_id" => company, "currency_id" => currency_of(company), "partner_id" => partner, "is_downpayment" => at % 9 == 4,
                    "taxes_id" => vec![tax(company, true)], "tax_ids" => vec![tax(company, true)], "account_analytic_id" => (at.is_multiple_of(3)).then_some(2),
                    "analytic_distribution" => if at.is_multiple_of(3) { analytic(2) } else { Datum::Null }, "orderpoint_id" => (at.is_multiple_of(8)).then_some(1),
                    "sale_line_id" => (at.is_multiple_of(5)).then_some(1),
                },
            );
            if is_confirmed && line.storable {
                let order = Ordered { name: &sketch.name, company, line: id };
                stock::bought(founding, &line, order, received, later(9));
            }
            sketch.lines.push(LineSketch { order_line: Some(id), ..line });
        }
        if at % 5 == 2 {
            note(
                founding,
                "purchase.order.line",
                order,
                &[("state", Datum::from(state)), ("partner_id", Datum::from(partner))],
            );
        }
        if billed {
            confirmed.push(sketch);
        }
    }
    confirmed
}

/// A section above the lines of an order, and a note below them.
fn note(founding: &mut Founding, model: &str, order: i64, more: &[(&'static str, Datum)]) {
    for (kind, sequence, text) in
        [("line_section", 5, "Ground floor"), ("line_note", 99, "Delivered in \"one\" go, Tuesdays only")]
    {
        let mut values = values! {
            "order_id" => order, "sequence" => sequence, "name" => text, "display_type" => kind, "product_qty" => 0.0, "product_uom_qty" => 0.0,
            "price_unit" => 0.0, "price_subtotal" => 0.0, "price_total" => 0.0, "price_tax" => 0.0, "company_id" => COMPANIES[0], "currency_id" => EUR,
            "customer_lead" => 0.0, "is_downpayment" => false,
        };
        values.extend(more.iter().cloned());
        founding.add(model, values);
    }
}

fn rounded_taxes(lines: &[LineSketch], rate: f64) -> Totals {
    let mut totals = Totals::default();
    for line in lines {
        let amount = line.subtotal();
        totals.untaxed += amount;
        totals.tax += rounded(amount * rate / 100.0, 2);
    }
    Totals { untaxed: rounded(totals.untaxed, 2), tax: rounded(totals.tax, 2) }
}

/// Ten o'clock, so many days after a day.
fn morning(date: i32, days: i64) -> i64 {
    (i64::from(date) + days) * DAY + 10 * 3600 * SECOND
}
