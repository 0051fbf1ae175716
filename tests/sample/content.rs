//! What records hold comes through as it is.

use serde_json::json;
use support::compare::canonical;
use support::gate::is_page;
use support::sample_odoo::RecordedRequest;

use crate::{BOTH, assert_equal, connected, of, partner, posted_invoices, run};

#[test]
fn small_pages_give_the_same_as_large_ones() {
    for series in BOTH {
        let (sample, mut session) = connected("pages", series);
        session.run("SET odoo_sync.batch_size = 3; SET odoo_sync.concurrency = 5");
        session.run("UPDATE odoo_sync.types SET batch_size = 1 WHERE type = 'inventory'");
        sample.forget_requests();
        run(&mut session);
        assert_equal(&mut session, &sample);
        let quants = sample.records("stock.quant").len();
        let read = |request: &&RecordedRequest| request.model.as_deref() == Some("stock.quant") && is_page(request);
        assert!(
            sample.requests().iter().filter(read).count() >= quants,
            "a type's own batch_size wins: a page for each quant"
        );
    }
}

#[test]
fn texts_come_through_as_they_are() {
    let hard = [
        "O'Brien \"& Söhne\"",
        "line\nbreak\r\n\ttab",
        "back\\slash \\n and $1 %s {} '';--",
        "🪵 東京 e\u{301} \u{202e}rtl \u{feff}",
        "<p>Delivers <b>on Tuesdays</b> &amp; Fridays</p>",
        " leading and trailing ",
        "NULL",
        "\\N",
        "{\"a\": [1,2]}",
    ];
    for series in BOTH {
        let (sample, mut session) = connected("texts", series);
        let ids: Vec<i64> = hard.iter().map(|text| partner(&sample, series, text, json!({"street": text}))).collect();
        run(&mut session);
        assert_equal(&mut session, &sample);
        for (id, text) in ids.iter().zip(hard) {
            assert_eq!(session.value(&format!("SELECT name FROM odoo.partners WHERE id = {id}")), text);
        }
    }
}

#[test]
fn nul_characters_are_taken_out_and_counted() {
    for series in BOTH {
        let (sample, mut session) = connected("nul", series);
        let id = partner(&sample, series, "\u{0}a\u{0}\u{0}b\u{0}", json!({}));
        let rows = run(&mut session);
        let columns = session
            .column("SELECT attname FROM pg_attribute WHERE attrelid = 'odoo.partners'::regclass AND attnum > 0");
        let texts = sample.records("res.partner").into_iter().flatten().filter(|(name, _)| columns.contains(name));
        let expected: usize =
            texts.filter_map(|(_, value)| value.as_str().map(|text| text.matches('\0').count())).sum();
        assert!(expected >= 4);
        let message = of(&rows, "reference")[5];
        assert!(message.contains(&format!("partners: {expected} NUL characters")), "{message}");
        assert_eq!(session.value(&format!("SELECT name FROM odoo.partners WHERE id = {id}")), "ab");
        assert_equal(&mut session, &sample);
    }
}

#[test]
fn ids_beyond_an_integer_come_through() {
    const FAR: i64 = 9_007_199_254_740_991;
    for series in BOTH {
        let (sample, mut session) = connected("far", series);
        partner(&sample, series, "The far end", json!({"id": FAR}));
        let invoice = posted_invoices(&sample)[0];
        sample.write("account.move", &[invoice], json!({"partner_id": FAR}));
        run(&mut session);
        assert_equal(&mut session, &sample);
        assert_eq!(
            session.number(&format!(
                "SELECT p.id FROM odoo.invoices i JOIN odoo.partners p ON p.id = partner_id WHERE i.id = {invoice}"
            )),
            FAR
        );
    }
}

#[test]
fn amounts_are_exact() {
    for series in BOTH {
        let (sample, mut session) = connected("amounts", series);
        let amounts = ["45.99", "0.1", "1234567890.12", "-0.01", "99999999.99", "0.3"];
        let lines: Vec<i64> =
            sample.records("purchase.order.line").iter().filter_map(|line| line["id"].as_i64()).collect();
        for (id, amount) in lines.iter().zip(amounts) {
            let amount: f64 = amount.parse().expect("it is a number");
            sample.write("purchase.order.line", &[*id], json!({"price_unit": amount}));
        }
        run(&mut session);
        for (id, amount) in lines.iter().zip(amounts) {
            let found = session.value(&format!("SELECT price_unit FROM odoo.purchase_lines WHERE id = {id}"));
            assert_eq!(canonical(&found), amount, "{series:?}");
        }
        assert_equal(&mut session, &sample);
    }
}

#[test]
fn archived_products_are_there() {
    for series in BOTH {
        let (sample, mut session) = connected("archived", series);
        run(&mut session);
        let archived = sample.records("product.product").iter().filter(|record| record["active"] == false).count();
        assert!(archived > 0);
        assert_eq!(session.number("SELECT count(*) FROM odoo.products WHERE NOT active"), archived as i64);
    }
}
