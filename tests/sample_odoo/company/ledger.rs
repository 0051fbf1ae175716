//! Currencies, accounts, journals, taxes.

use serde_json::json;

use super::{COMPANIES, Datum, Founding, tax_rate, values};

pub const EUR: i64 = 1;
pub const USD: i64 = 2;
pub const JPY: i64 = 4;

/// The accounts, as offsets within those of a company.
#[derive(Clone, Copy)]
pub enum Account {
    Receivable = 1,
    Payable,
    Bank,
    Suspense,
    TaxPaid,
    TaxReceived,
    Sales,
    Expenses,
    Stock,
    Gain,
    Loss,
}

/// The journals, as offsets within those of a company.
#[derive(Clone, Copy)]
pub enum Journal {
    Sales = 1,
    Purchases,
    Bank,
    Cash,
    Miscellaneous,
}

impl Account {
    pub fn of(self, company: i64) -> i64 {
        (company - 1) * 11 + self as i64
    }
}

impl Journal {
    pub fn of(self, company: i64) -> i64 {
        (company - 1) * 5 + self as i64
    }

    pub fn code(self) -> &'static str {
        match self {
            Journal::Sales => "INV",
            Journal::Purchases => "BILL",
            Journal::Bank => "BNK1",
            Journal::Cash => "CSH1",
            Journal::Miscellaneous => "MISC",
        }
    }
}

/// The tax of a company's sales, or of its purchases.
pub fn tax(company: i64, purchase: bool) -> i64 {
    (company - 1) * 2 + 1 + i64::from(purchase)
}

/// A company's own currency.
pub fn currency_of(company: i64) -> i64 {
    if company == COMPANIES[0] { EUR } else { USD }
}

/// Units of the currency for one euro.
pub fn rate(currency: i64) -> f64 {
    match currency {
        USD => 1.08,
        3 => 0.86,
        JPY => 161.5,
        5 => 0.95,
        _ => 1.0,
    }
}

pub fn decimals(currency: i64) -> usize {
    if currency == JPY { 0 } else { 2 }
}

pub fn currencies(founding: &mut Founding) {
    let currencies = [
        ("EUR", "Euro", "€", "after", "Euros", "Cents", 978, true),
        ("USD", "United States dollar", "$", "before", "Dollars", "Cents", 840, true),
        ("GBP", "Pound sterling", "£", "before", "Pounds", "Penny", 826, true),
        ("JPY", "Japanese yen", "¥", "before", "Yen", "Sen", 392, true),
        ("CHF", "Swiss franc", "CHF", "after", "Franc", "Rappen", 756, false),
    ];
    for (id, (name, full, symbol, position, unit, subunit, number, active)) in (1..).zip(currencies) {
        founding.add(
            "res.currency",
            values! {
                "id" => id, "name" => name, "full_name" => full, "symbol" => symbol, "position" => position, "currency_unit_label" => unit,
                "currency_subunit_label" => subunit, "iso_numeric" => number, "active" => active, "decimal_places" => decimals(id) as i64,
                "rounding" => if decimals(id) == 0 { 1.0 } else { 0.01 }, "rate" => rate(id), "inverse_rate" => 1.0 / rate(id),
                "date" => Datum::Date(super::day(super::YEAR, 1, 1)),
            },
        );
    }
}

pub fn accounts(founding: &mut Founding) {
    let accounts = [
        ("400000", "Customers", "asset_receivable", "receivable", "asset", 1),
        ("440000", "Suppliers", "liability_payable", "payable", "liability", 2),
        ("550001", "Bank", "asset_cash", "liquidity", "asset", 3),
        ("499000", "Bank suspense", "asset_current", "other", "asset", 5),
        ("411000", "Tax paid", "asset_current", "other", "asset", 5),
        ("451000", "Tax received", "liability_current", "other", "liability", 9),
        ("700000", "Product sales", "income", "other", "income", 13),
        ("604000", "Goods and services", "expense", "other", "expense", 15),
        ("310000", "Stock valuation", "asset_current", "other", "asset", 5),
        ("754000", "Exchange gain", "income_other", "other", "income", 14),
        ("654000", "Exchange loss", "expense", "other", "expense", 15),
    ];
    for company in COMPANIES {
        for (at, (code, name, kind, internal, group, user_type)) in (1_i64..).zip(accounts) {
            founding.add(
                "account.account",
                values! {
                    "id" => (company - 1) * 11 + at, "code" => code, "placeholder_code" => code, "name" => name, "account_type" => kind,
                    "internal_type" => internal, "internal_group" => group, "user_type_id" => user_type,
                    "reconcile" => matches!(internal, "receivable" | "payable") || code == "499000", "deprecated" => false, "non_trade" => false,
                    "company_id" => company, "company_ids" => vec![company], "group_id" => code[..1].parse::<i64>().ok(),
                    // made up from the code: a number on 14, a text since 18
                    "root_id" => if founding.series() == super::Series::V14 {
                        Datum::from(i64::from(code.as_bytes()[0]) * 1000 + i64::from(code.as_bytes()[1]))
                    } else {
                        Datum::from(&code[..2])
                    },
                    "currency_id" => (at == Account::Bank as i64).then(|| currency_of(company)),
                    "note" => (at == Account::Suspense as i64).then_some("Cleared at each month's end.\nAsk the \"bank\" team."),
                    "include_initial_balance" => !matches!(group, "income" | "expense"), "used" => true,
                    "tag_ids" => if group == "income" { vec![1, 2] } else { Vec::new() }, "tax_ids" => if group == "income" { vec![tax(company, false)] } else { Vec::new() },
                },
            );
        }
        journals(founding, company);
        taxes(founding, company);
    }
    founding.add(
        "account.account",
        values! {
            "code" => "999999", "placeholder_code" => "999999", "name" => "Old rounding account", "account_type" => "expense",
            "internal_type" => "other", "internal_group" => "expense", "user_type_id" => 15, "reconcile" => false, "deprecated" => true,
            "active" => false, "non_trade" => true, "company_id" => 1, "company_ids" => vec![1], "include_initial_balance" => false, "used" => false,
        },
    );
}

fn journals(founding: &mut Founding, company: i64) {
    let journals = [
        (Journal::Sales, "Customer Invoices", "sale", Account::Sales),
        (Journal::Purchases, "Vendor Bills", "purchase", Account::Expenses),
        (Journal::Bank, "Bank", "bank", Account::Bank),
        (Journal::Cash, "Cash", "cash", Account::Bank),
        (Journal::Miscellaneous, "Miscellaneous Operations", "general", Account::Suspense),
    ];
    for (journal, name, kind, account) in journals {
        let liquid = matches!(kind, "bank" | "cash");
        founding.add(
            "account.journal",
            values! {
                "id" => journal.of(company), "name" => name, "code" => journal.code(), "type" => kind, "sequence" => 4 + journal as i64,
                "company_id" => company, "default_account_id" => account.of(company), "refund_sequence" => matches!(kind, "sale" | "purchase"),
                "payment_sequence" => liquid, "restrict_mode_hash_table" => kind == "sale", "show_on_dashboard" => kind != "general", "color" => 11,
                "invoice_reference_type" => "invoice", "currency_id" => liquid.then(|| currency_of(company)), "bank_id" => liquid.then_some(1),
                "suspense_account_id" => liquid.then(|| Account::Suspense.of(company)),
                "profit_account_id" => (kind == "cash").then(|| Account::Gain.of(company)),
                "loss_account_id" => (kind == "cash").then(|| Account::Loss.of(company)),
            },
        );
    }
}

fn taxes(founding: &mut Founding, company: i64) {
    for purchase in [false, true] {
        let rate = tax_rate(company);
        let html = founding.series() >= super::Series::V19;
        let description = if html { format!("<p>VAT of {rate} %</p>") } else { format!("VAT {rate}%") };
        founding.add(
            "account.tax",
            values! {
                "id" => tax(company, purchase), "name" => format!("{rate}%"), "description" => description, "invoice_label" => format!("{rate}%"),
                "amount" => rate, "amount_type" => "percent", "type_tax_use" => if purchase { "purchase" } else { "sale" }, "company_id" => company,
                "sequence" => 1, "price_include" => false, "include_base_amount" => false, "is_base_affected" => true, "analytic" => false,
                "tax_group_id" => company, "country_id" => if company == 1 { 20 } else { 233 }, "tax_scope" => "consu",
                "children_tax_ids" => Vec::new(), "active" => true,
            },
        );
    }
    if company == COMPANIES[1] {
        founding.add(
            "account.tax",
            values! {
                "name" => "Eco levy", "description" => "Eco", "invoice_label" => "Eco", "amount" => 0.1, "amount_type" => "fixed",
                "type_tax_use" => "none", "company_id" => company, "sequence" => 9, "price_include" => true, "include_base_amount" => true,
                "is_base_affected" => false, "analytic" => true, "tax_group_id" => company, "country_id" => 233, "tax_scope" => "consu",
                "children_tax_ids" => vec![tax(company, false)], "active" => false,
            },
        );
    }
}

/// An analytic distribution, where the series has one: all of it to one account.
pub fn analytic(account: i64) -> Datum {
    Datum::from(json!({ account.to_string(): 100.0 }))
}
