//! Invoices, bills, credit notes and other journal entries, with their lines.

use std::collections::HashMap;

use super::goods::Product;
use super::journal_items::Book;
use super::ledger::{JPY, Journal, USD, currency_of, decimals, rate};
use super::people::{FAR_PARTNER, People, SELLER};
use super::{COMPANIES, Datum, Founding, LineSketch, OrderSketch, Series, civil_month, rounded, tax_rate, values};

/// What kind of entry it is.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Invoice,
    CreditNote,
    Bill,
    Refund,
    Entry,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Invoice => "out_invoice",
            Kind::CreditNote => "out_refund",
            Kind::Bill => "in_invoice",
            Kind::Refund => "in_refund",
            Kind::Entry => "entry",
        }
    }

    pub fn journal(self) -> Journal {
        match self {
            Kind::Invoice | Kind::CreditNote => Journal::Sales,
            Kind::Bill | Kind::Refund => Journal::Purchases,
            Kind::Entry => Journal::Bank,
        }
    }

    pub fn is_purchase(self) -> bool {
        matches!(self, Kind::Bill | Kind::Refund)
    }

    /// The sign of the product lines' balance: what one sells is credited.
    pub fn sign(self) -> f64 {
        if matches!(self, Kind::Invoice | Kind::Refund) { -1.0 } else { 1.0 }
    }

    /// The sign of the document's amounts: what one owes is negative.
    fn direction(self) -> f64 {
        if matches!(self, Kind::Invoice | Kind::Refund | Kind::Entry) { 1.0 } else { -1.0 }
    }

    fn prefix(self) -> &'static str {
        match self {
            Kind::CreditNote | Kind::Refund => "R",
            _ => "",
        }
    }
}

/// A document about to be written.
pub struct Draft {
    pub kind: Kind,
    pub at: usize,
    pub date: i32,
    pub company: i64,
    pub partner: i64,
    pub currency: i64,
    pub state: &'static str,
    /// How much of it is paid: 0, a half, all.
    pub paid: f64,
    pub origin: Option<String>,
    pub lines: Vec<LineSketch>,
}

/// The numbers that each journal has given out.
type Sequences = HashMap<(i64, String), i64>;

/// Writes so many entries; the first of them invoice the orders: sales, and purchases.
pub fn entries(
    founding: &mut Founding,
    people: &People,
    products: &[Product],
    orders: [Vec<OrderSketch>; 2],
    entries: usize,
) {
    let [mut sales, mut purchases] = orders.map(Vec::into_iter);
    let mut sequences = Sequences::new();
    let mut last_invoice = None;
    for at in 0..entries {
        let date = founding.day_of(at, entries);
        let kind = match founding.dice.below(100) {
            _ if at < 6 => Kind::Invoice,
            0..58 => Kind::Invoice,
            58..80 => Kind::Bill,
            80..86 => Kind::CreditNote,
            86..89 => Kind::Refund,
            _ => Kind::Entry,
        };
        let (state, paid) = match founding.dice.below(100) {
            _ if at < 6 => ("posted", 0.0),
            0..8 => ("draft", 0.0),
            8..12 => ("cancel", 0.0),
            12..60 => ("posted", 1.0),
            60..70 => ("posted", 0.5),
            _ => ("posted", 0.0),
        };
        let order = match kind {
            Kind::Invoice if at.is_multiple_of(2) => sales.next(),
            Kind::Bill if at.is_multiple_of(2) => purchases.next(),
            _ => None,
        };
        let ordered = order.as_ref().map(|order| (order.model, order.id));
        let mut draft = match order {
            Some(order) => {
                let currency = currency_of(order.company);
                let (company, partner) = (order.company, order.partner);
                Draft {
                    kind,
                    at,
                    date,
                    company,
                    partner,
                    currency,
                    state,
                    paid,
                    origin: Some(order.name),
                    lines: order.lines,
                }
            }
            None => {
                let company = if founding.dice.percent(80) { COMPANIES[0] } else { COMPANIES[1] };
                let partner =
                    *founding.dice.pick(if kind.is_purchase() { &people.suppliers } else { &people.customers });
                // some customers of the first company pay in dollars
                let currency = if kind == Kind::Invoice && company == COMPANIES[0] && founding.dice.percent(12) {
                    USD
                } else {
                    currency_of(company)
                };
                let lines = basket(founding, products, kind);
                Draft { kind, at, date, company, partner, currency, state, paid, origin: None, lines }
            }
        };
        special(&mut draft, products);
        let reversed = last_invoice.filter(|_| kind == Kind::CreditNote);
        let id = document(founding, &draft, &mut sequences, reversed);
        if let Some((model, order)) = ordered {
            let now = founding.now;
            let invoices = [("invoice_ids".to_owned(), Datum::from(vec![id]))];
            founding.database.write(model, order, now, true, &invoices);
        }
        if kind == Kind::Invoice && state == "posted" {
            last_invoice = Some(id);
        }
    }
}

/// The few documents that every sample has: remarkable amounts, a currency without decimals, a partner far off, one
/// number in both companies.
fn special(draft: &mut Draft, products: &[Product]) {
    let by_price = |price: f64| products.iter().find(|product| product.price == price).unwrap_or(&products[0]);
    let line = |product: &Product, quantity, price| LineSketch::of(product, price, quantity, 0.0);
    match draft.at {
        1 => draft.lines = vec![line(by_price(45.99), 1.0, 45.99), line(by_price(0.1), 1.0, 0.1)],
        2 => (draft.company, draft.currency, draft.origin) = (COMPANIES[1], currency_of(COMPANIES[1]), None),
        3 => draft.lines = vec![line(by_price(4000.0), 1.0, 1_234_567_890.12)],
        4 => draft.partner = FAR_PARTNER,
        5 => {
            (draft.company, draft.currency, draft.lines) =
                (COMPANIES[0], JPY, vec![line(by_price(750.0), 2.0, 121_125.0)])
        }
        _ => {}
    }
}

fn basket(founding: &mut Founding, products: &[Product], kind: Kind) -> Vec<LineSketch> {
    let count = 1 + founding.dice.below(4);
    let mut lines = Vec::new();
    for _ in 0..count {
        let product = founding.dice.pick(products);
        let price = if kind.is_purchase() { product.cost } else { product.price };
        let quantity = (1 + founding.dice.below(9)) as f64;
        let discount = if founding.dice.percent(10) { 5.0 } else { 0.0 };
        lines.push(LineSketch::of(product, price, quantity, discount));
    }
    lines
}

/// The number of a document: its journal's, its year's (and month's, on 14), its own.
fn number(founding: &Founding, draft: &Draft, sequences: &mut Sequences) -> (String, i64) {
    let (year, month) = civil_month(draft.date);
    let code = draft.kind.journal().code();
    let prefix = match founding.series() {
        Series::V14 => format!("{}{code}/{year}/{month:02}/", draft.kind.prefix()),
        Series::V19 => format!("{}{code}/{year}/", draft.kind.prefix()),
    };
    let next = sequences.entry((draft.company, prefix.clone())).or_default();
    *next += 1;
    (prefix, *next)
}

fn document(founding: &mut Founding, draft: &Draft, sequences: &mut Sequences, reversed: Option<i64>) -> i64 {
    let Draft { kind, at, date, company, partner, currency, state, paid, .. } = *draft;
    let v14 = founding.series() == Series::V14;
    let posted = state == "posted";
    let places = decimals(currency);
    let untaxed = rounded(draft.lines.iter().map(LineSketch::subtotal).sum(), places);
    let taxes = if kind == Kind::Entry { 0.0 } else { rounded(untaxed * tax_rate(company) / 100.0, places) };
    let total = rounded(untaxed + taxes, places);
    let residual = if kind == Kind::Entry || state == "cancel" { 0.0 } else { rounded(total * (1.0 - paid), places) };
    let exchange = rate(currency) / rate(currency_of(company));
    let signed = |amount: f64| rounded(kind.direction() * amount / exchange, 2);
    let (prefix, sequence) = if posted { number(founding, draft, sequences) } else { (String::new(), 0) };
    let name = match (posted, v14) {
        (true, true) => Datum::from(format!("{prefix}{sequence:04}")),
        (true, false) => Datum::from(format!("{prefix}{sequence:05}")),
        (false, true) => Datum::from("/"),
        (false, false) => Datum::Null,
    };
    let paid_state = match () {
        () if kind == Kind::Entry || !posted => "not_paid",
        () if reversed.is_some() => "reversed",
        () if paid == 1.0 => "paid",
        () if paid > 0.0 => "partial",
        () => "not_paid",
    };
    let is_invoice = kind != Kind::Entry;
    let day = |days: i32| Datum::Date(date + days);
    let partner_name = founding.database.expect("res.partner").get(partner, "name").cloned().unwrap_or(Datum::Null);
    let commercial =
        founding.database.expect("res.partner").get(partner, "commercial_partner_id").cloned().unwrap_or(Datum::Null);
    let values = values! {
        "name" => name.clone(), "state" => state, "move_type" => kind.name(), "date" => day(0), "invoice_date" => (is_invoice && posted).then(|| day(0)),
        "invoice_date_due" => is_invoice.then(|| day(30)), "delivery_date" => (is_invoice && posted).then(|| day(2)), "partner_id" => partner,
        "commercial_partner_id" => commercial, "partner_shipping_id" => is_invoice.then_some(partner),
        "invoice_partner_display_name" => if is_invoice { partner_name } else { Datum::Null }, "company_id" => company,
        "journal_id" => kind.journal().of(company), "currency_id" => currency, "invoice_currency_rate" => exchange,
        "amount_untaxed" => untaxed, "amount_tax" => taxes, "amount_total" => total, "amount_residual" => residual,
        "amount_untaxed_signed" => signed(untaxed), "amount_tax_signed" => signed(taxes), "amount_total_signed" => signed(total),
        "amount_residual_signed" => signed(residual), "amount_total_in_currency_signed" => kind.direction() * total, "payment_state" => paid_state,
        "ref" => match kind { Kind::Bill => Some(format!("F{:06}", 4711 + at)), Kind::Entry => Some(format!("Payment \"{at}\"")), _ => None },
        "narration" => (at % 6 == 1).then_some(if v14 { "Thank you!\n\tPay within 30 days." } else { "<p>Thank you!<br>Pay <b>within</b> 30 days &amp; smile 😀</p>" }),
        "payment_reference" => (posted && is_invoice).then(|| name.clone()), "invoice_origin" => draft.origin.clone(),
        "invoice_user_id" => is_invoice.then_some(SELLER), "team_id" => (kind == Kind::Invoice).then_some(1),
        "fiscal_position_id" => (company == COMPANIES[1]).then_some(1), "invoice_payment_term_id" => is_invoice.then_some(2),
        "invoice_incoterm_id" => (at.is_multiple_of(9)).then_some(5), "incoterm_location" => (at.is_multiple_of(9)).then_some("Port of Antwerp"),
        "reversed_entry_id" => reversed, "is_move_sent" => posted && at.is_multiple_of(2), "to_check" => at.is_multiple_of(13), "posted_before" => posted,
        "sequence_prefix" => posted.then(|| prefix.clone()), "sequence_number" => sequence, "has_reconciled_entries" => paid > 0.0,
        "access_url" => if is_invoice { "/my/invoices/1" } else { "#" },
    };
    let id = founding.add("account.move", values);
    let book = Book { id, draft, name, exchange, places };
    if is_invoice {
        book.invoice_lines(founding, untaxed, taxes, residual);
    } else {
        book.entry_lines(founding, total);
    }
    id
}
