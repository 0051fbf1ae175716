//! The lines of invoices and other journal entries.

use super::invoices::Draft;
use super::ledger::{Account, analytic, currency_of, tax};
use super::{Datum, Founding, Series, Values, rounded, tax_rate, values};

/// A document whose lines are being written.
pub struct Book<'a> {
    pub id: i64,
    pub draft: &'a Draft,
    pub name: Datum,
    pub exchange: f64,
    pub places: usize,
}

impl Book<'_> {
    /// Writes a line and gives its balance in the company's currency. `amount` is in the document's.
    fn line(
        &self,
        founding: &mut Founding,
        amount: f64,
        kind: &'static str,
        account: Option<Account>,
        more: Values,
    ) -> f64 {
        let draft = self.draft;
        let v14 = founding.series() == Series::V14;
        let amount = rounded(amount, self.places);
        let balance = rounded(amount / self.exchange, 2);
        let shown = matches!(kind, "product" | "line_section" | "line_note");
        let mut values = values! {
            "move_id" => self.id, "move_name" => self.name.clone(), "parent_state" => draft.state, "date" => Datum::Date(draft.date),
            "invoice_date" => Datum::Date(draft.date), "partner_id" => draft.partner, "company_id" => draft.company, "journal_id" => draft.kind.journal().of(draft.company),
            "currency_id" => draft.currency, "company_currency_id" => currency_of(draft.company), "account_id" => account.map(|account| account.of(draft.company)),
            // 14 knows sections and notes alone, and keeps the rest off the invoice by a flag
            "display_type" => Some(kind).filter(|kind| !v14 || kind.starts_with("line_")), "exclude_from_invoice_tab" => !shown,
            "debit" => balance.max(0.0), "credit" => (-balance).max(0.0), "balance" => balance, "amount_currency" => amount, "quantity" => 1.0, "price_unit" => 0.0,
            "discount" => 0.0, "price_subtotal" => 0.0, "price_total" => 0.0, "amount_residual" => 0.0, "amount_residual_currency" => 0.0,
            "tax_base_amount" => 0.0, "reconciled" => false, "sequence" => 10, "is_downpayment" => draft.at % 14 == 8, "deductible_amount" => 100.0,
            "account_internal_type" => match account { Some(Account::Receivable) => "receivable", Some(Account::Payable) => "payable", _ => "other" },
            "tax_ids" => Vec::new(), "sale_line_ids" => Vec::new(),
        };
        values.extend(more);
        founding.add("account.move.line", values);
        balance
    }

    pub fn invoice_lines(&self, founding: &mut Founding, untaxed: f64, taxes: f64, residual: f64) {
        let draft = self.draft;
        let (kind, company) = (draft.kind, draft.company);
        let sign = kind.sign();
        let account = if kind.is_purchase() { Account::Expenses } else { Account::Sales };
        let tax_id = tax(company, kind.is_purchase());
        let mut balance = 0.0;
        for (number, line) in (1_i64..).zip(&draft.lines) {
            let amount = rounded(line.subtotal(), self.places);
            let taxed = rounded(amount * (1.0 + tax_rate(company) / 100.0), self.places);
            let mut more = values! {
                "name" => line.label.as_str(), "product_id" => line.product, "product_uom_id" => line.unit, "quantity" => line.quantity, "price_unit" => line.price,
                "discount" => line.discount, "price_subtotal" => amount, "price_total" => taxed, "sequence" => 9 + number, "tax_ids" => vec![tax_id],
                "analytic_account_id" => (draft.at.is_multiple_of(4)).then_some(2), "analytic_distribution" => if draft.at.is_multiple_of(4) { analytic(2) } else { Datum::Null },
            };
            if kind.is_purchase() {
                more.extend(
                    values! { "purchase_line_id" => line.order_line, "ref" => format!("F{:06}", 4711 + draft.at) },
                );
            } else {
                more.extend(values! { "sale_line_ids" => line.order_line.into_iter().collect::<Vec<i64>>() });
            }
            balance += self.line(founding, sign * amount, "product", Some(account), more);
        }
        if draft.at.is_multiple_of(5) {
            self.line(
                founding,
                0.0,
                "line_section",
                None,
                values! { "name" => "Meeting room, 2nd floor", "sequence" => 5, "quantity" => 0.0 },
            );
            self.line(founding, 0.0, "line_note", None, values! { "name" => "\"As is\": no returns\n— & no <b>HTML</b> here", "sequence" => 99, "quantity" => 0.0 });
        }
        let tax_account = if kind.is_purchase() { Account::TaxPaid } else { Account::TaxReceived };
        let rate = tax_rate(company);
        let base = rounded(sign * untaxed / self.exchange, 2);
        let of_tax = values! {
            "name" => format!("{rate}%"), "tax_line_id" => tax_id, "tax_base_amount" => base.abs(), "price_unit" => taxes, "price_subtotal" => taxes, "price_total" => taxes,
        };
        balance += self.line(founding, sign * taxes, "tax", Some(tax_account), of_tax);
        let due = if kind.is_purchase() { Account::Payable } else { Account::Receivable };
        let open = rounded(-sign * residual, self.places);
        // the last line takes the cents that converting each line has left, so that the entry balances
        let balance = rounded(-balance, 2);
        let of_term = values! {
            "name" => if draft.state == "posted" { self.name.clone() } else { Datum::Null }, "date_maturity" => Datum::Date(draft.date + 30),
            "amount_residual" => rounded(open / self.exchange, 2), "amount_residual_currency" => open, "reconciled" => draft.paid == 1.0,
            "full_reconcile_id" => (draft.paid == 1.0).then_some(self.id), "price_unit" => -rounded(untaxed + taxes, self.places),
            "price_subtotal" => -rounded(untaxed + taxes, self.places), "price_total" => -rounded(untaxed + taxes, self.places),
            "balance" => balance, "debit" => balance.max(0.0), "credit" => (-balance).max(0.0),
        };
        self.line(founding, -sign * (untaxed + taxes), "payment_term", Some(due), of_term);
    }

    pub fn entry_lines(&self, founding: &mut Founding, total: f64) {
        let label = format!("Payment {} for \"{}\"", self.draft.at, self.draft.date);
        for (account, amount) in [(Account::Bank, total), (Account::Suspense, -total)] {
            // a line of an entry counts as a product's, also without a product
            let more = values! { "name" => label.as_str(), "exclude_from_invoice_tab" => true };
            self.line(founding, amount, "product", Some(account), more);
        }
    }
}
