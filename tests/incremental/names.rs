//! Invoices' names, which Odoo keeps unique within a journal among posted ones, and which move from one invoice to
//! another.

use std::collections::HashMap;

use serde_json::{Value, json};
use support::sample_odoo::{Series, Size};

use crate::mirrored::{BOTH, HOUR, Mirrored};
use crate::real::RealMirrored;

/// Pages that hold everything, and pages of one record each: then the invoices concerned come one after the other.
pub const PAGES: [&str; 3] = [
    "",
    "SET odoo_sync.batch_size = 1; SET odoo_sync.concurrency = 1",
    "SET odoo_sync.batch_size = 1; SET odoo_sync.concurrency = 4",
];

/// The arguments of an incremental run, and of a full one.
pub const RUNS: [&str; 2] = ["'{invoices}'", "'{invoices}', full => true"];

/// Changes names, for each version, size of page and mode; runs; and expects no failure, and equality.
fn settles(test: &str, change: impl Fn(&Mirrored, [i64; 3])) {
    for series in BOTH {
        for (number, pages) in PAGES.iter().enumerate() {
            for (way, arguments) in ["incremental", "full"].into_iter().zip(RUNS) {
                let mut mirrored = Mirrored::with(&format!("{test}_{number}_{way}"), series, Size { documents: 40 });
                let invoices = mirrored.invoices_of_a_journal();
                change(&mirrored, invoices);
                mirrored.session.run(pages);
                let outcome = mirrored.run(arguments).remove(0);
                outcome.assert_ok(way);
                assert!(mirrored.failures().is_empty(), "{series:?} {way} {pages:?}");
                mirrored.run_type("reference");
                mirrored.assert_equal();
                // settled for good
                mirrored.later(HOUR);
                assert_eq!(
                    mirrored.run("'{invoices}', full => true")[0].counts(),
                    [0; 4],
                    "{series:?} {way} {pages:?}"
                );
            }
        }
    }
}

pub fn name(mirrored: &Mirrored, invoice: i64) -> Value {
    mirrored.field("account.move", invoice, "name")
}

pub fn rename(mirrored: &Mirrored, invoice: i64, name: &Value) {
    mirrored.sample.write("account.move", &[invoice], json!({"name": name}));
}

/// A new invoice of that name in the journal of another.
fn post(mirrored: &Mirrored, like: i64, name: &Value) -> i64 {
    let [journal_id, company_id, currency_id, partner_id] = ["journal_id", "company_id", "currency_id", "partner_id"]
        .map(|field| mirrored.field("account.move", like, field));
    let values = json!({
        "name": name, "state": "posted", "move_type": mirrored.field("account.move", like, "move_type"), "journal_id": journal_id,
        "company_id": company_id, "currency_id": currency_id, "partner_id": partner_id, "amount_total": 12.5,
    });
    mirrored.sample.create("account.move", values)
}

#[test]
fn two_invoices_swap_their_names() {
    settles("swap", |mirrored, [a, b, _]| {
        let names = [a, b].map(|invoice| name(mirrored, invoice));
        rename(mirrored, a, &names[1]);
        rename(mirrored, b, &names[0]);
    });
}

#[test]
fn three_invoices_hand_their_names_round() {
    settles("round", |mirrored, [a, b, c]| {
        let names = [a, b, c].map(|invoice| name(mirrored, invoice));
        rename(mirrored, a, &names[1]);
        rename(mirrored, b, &names[2]);
        rename(mirrored, c, &names[0]);
    });
}

#[test]
fn a_new_invoice_has_the_name_of_one_that_was_deleted() {
    settles("deleted", |mirrored, [old, ..]| {
        let freed = name(mirrored, old);
        let like = mirrored.invoices_of_a_journal::<2>()[1];
        mirrored.sample.unlink("account.move", &[old]);
        post(mirrored, like, &freed);
    });
}

#[test]
fn a_new_invoice_has_the_name_of_one_that_was_reset_to_draft() {
    settles("draft", |mirrored, [old, other, ..]| {
        let freed = name(mirrored, old);
        mirrored.sample.write("account.move", &[old], json!({"state": "draft"}));
        post(mirrored, other, &freed);
    });
}

/// The one that was renamed has the lower id, and comes first.
#[test]
fn a_later_invoice_has_the_name_of_one_that_was_renamed() {
    settles("later", |mirrored, [old, other, _]| {
        let freed = name(mirrored, old);
        rename(mirrored, old, &json!("RENAMED/0001"));
        post(mirrored, other, &freed);
    });
}

/// The one that was renamed has the higher id, and comes last.
#[test]
fn an_earlier_invoice_has_the_name_of_one_that_was_renamed() {
    settles("earlier", |mirrored, [first, _, third]| {
        let freed = name(mirrored, third);
        rename(mirrored, third, &json!("RENAMED/0001"));
        rename(mirrored, first, &freed);
    });
}

/// Odoo is asked about a row that still holds the name, also where nothing tells that its record has changed.
#[test]
fn a_name_is_free_although_its_holders_change_was_not_read() {
    for series in BOTH {
        for (number, pages) in PAGES.into_iter().enumerate() {
            let mut mirrored = Mirrored::with(&format!("unread_{number}"), series, Size { documents: 40 });
            let [old, new] = mirrored.invoices_of_a_journal();
            let freed = name(&mirrored, old);
            mirrored.sample.write_quietly("account.move", &[old], json!({"name": "QUIETLY/0001"}));
            rename(&mirrored, new, &freed);
            mirrored.session.run(pages);
            mirrored.run_type("invoices").assert_ok("incremental");
            mirrored.assert_equal();
        }
    }
}

#[test]
fn the_rule_is_odoos_own() {
    let mut mirrored = Mirrored::new("rule", Series::V19);
    let error = mirrored.session.error("INSERT INTO odoo.invoices (id, name, journal_id, _synced_at) SELECT 99999, name, journal_id, now() FROM odoo.invoices LIMIT 1");
    assert_eq!(error.code().code(), "23505", "{error:?}");
    // the same name in another journal is another name
    mirrored.session.run("BEGIN; INSERT INTO odoo.invoices (id, name, journal_id, _synced_at) SELECT 99999, name, -1, now() FROM odoo.invoices LIMIT 1; SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK");
}

/// Real ones: names are swapped in Odoo's own database, as a script of somebody's does it; a number that a deletion set
/// free is given again.
#[test]
fn real_names_move_from_one_invoice_to_another() {
    for series in [19, 14] {
        let Some(mut mirrored) = RealMirrored::new("names", series, &["invoices"]) else {
            continue;
        };
        let pairs = mirrored.session.rows("SELECT min(id), max(id) FROM odoo.invoices GROUP BY journal_id, sequence_prefix HAVING count(*) > 1 ORDER BY count(*) DESC, 1 LIMIT 1");
        let [a, b] = [0, 1].map(|at| pairs[0][at].clone().expect("an id is there"));
        // what the other tests have changed in this copy is not read again and again
        mirrored.session.run("SET odoo_sync.lookback = '30s'");
        for pages in &PAGES[..2] {
            let before = names(&mut mirrored, &[&a, &b]);
            let now = "write_date = now() AT TIME ZONE 'UTC'";
            let give = |to: &str, of: &str| {
                format!(
                    "UPDATE account_move AS m SET name = p.name, sequence_prefix = p.sequence_prefix, sequence_number = p.sequence_number, {now}
                     FROM pair AS p WHERE m.id = {to} AND p.id = {of};"
                )
            };
            let swap = format!(
                "BEGIN; CREATE TEMPORARY TABLE pair ON COMMIT DROP AS SELECT * FROM account_move WHERE id IN ({a}, {b});
                 UPDATE account_move SET name = 'SWAPPING' WHERE id = {a}; {} {} COMMIT",
                give(&b, &a),
                give(&a, &b)
            );
            mirrored.copy.sql().batch_execute(&swap).expect("Odoo's database lets its owner");
            mirrored.session.run(pages);
            mirrored.run().remove(0).assert_ok("incremental");
            let after = names(&mut mirrored, &[&a, &b]);
            assert_eq!((&after[&a], &after[&b]), (&before[&b], &before[&a]), "{series}");
        }

        // the last invoice of a journal is deleted, and the next one gets its number
        let [customer, ..] = mirrored.copy.search("res.partner", json!([["is_company", "=", true]]))[..] else {
            panic!("there are companies")
        };
        let invoice = json!({
            "move_type": "out_invoice", "partner_id": customer, "invoice_date": "2026-06-02",
            "invoice_line_ids": [[0, 0, {"name": "a line", "quantity": 1.0, "price_unit": 10.5}]],
        });
        let made = mirrored.copy.create("account.move", invoice.clone());
        mirrored.copy.act("account.move", "action_post", &[made]);
        mirrored.run().remove(0).assert_ok("incremental");
        let old = made.to_string();
        let freed = names(&mut mirrored, &[&old])[&old].clone();
        mirrored.copy.act("account.move", "button_draft", &[made]);
        mirrored.copy.call("account.move", "unlink", json!({"ids": [made], "context": {"force_delete": true}}));
        let new = mirrored.copy.create("account.move", invoice);
        mirrored.copy.act("account.move", "action_post", &[new]);
        mirrored.run().remove(0).assert_ok("incremental");
        let new = new.to_string();
        assert_eq!(names(&mut mirrored, &[&new])[&new], freed, "{series}: Odoo gives the number again");
        mirrored.assert_equal();
    }
}

/// The names of invoices in the mirror, by id.
fn names(mirrored: &mut RealMirrored, ids: &[&str]) -> HashMap<String, String> {
    let rows = mirrored.session.rows(&format!("SELECT id, name FROM odoo.invoices WHERE id IN ({})", ids.join(", ")));
    rows.into_iter().map(|row| (row[0].clone().expect("an id is there"), row[1].clone().unwrap_or_default())).collect()
}
