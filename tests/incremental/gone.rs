//! Records that are gone from Odoo, or from the domain of their mirror; and rows that are gone here.

use serde_json::{Value, json};

use crate::mirrored::{BOTH, HOUR, MINUTE, Mirrored};
use crate::real::RealMirrored;

/// A way to leave the invoices' mirror.
type Leave = fn(&Mirrored, i64);

const WAYS: [(&str, Leave); 4] = [
    ("deleted", |mirrored, invoice| mirrored.sample.unlink("account.move", &[invoice])),
    ("cancelled", |mirrored, invoice| mirrored.sample.write("account.move", &[invoice], json!({"state": "cancel"}))),
    ("reset to draft", |mirrored, invoice| {
        mirrored.sample.write("account.move", &[invoice], json!({"state": "draft"}))
    }),
    ("no invoice any more", |mirrored, invoice| {
        mirrored.sample.write("account.move", &[invoice], json!({"move_type": "entry"}))
    }),
];

#[test]
fn what_left_is_gone_with_the_next_incremental_run() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("gone", series);
        for (way, leave) in WAYS {
            let [invoice] = mirrored.invoices_of_a_journal();
            let lines = mirrored.rows("invoice_lines", &format!("move_id = {invoice}")).len() as i64;
            assert!(lines > 0, "{series:?}");
            leave(&mirrored, invoice);
            let outcome = mirrored.run_type("invoices");
            outcome.assert_ok("incremental");
            assert_eq!(outcome.counts(), [0, 0, 1 + lines, 0], "{series:?}: {way}, with its lines");
            assert!(mirrored.rows("invoices", &format!("id = {invoice}")).is_empty(), "{series:?}: {way}");
            mirrored.run_type("reference");
            mirrored.assert_equal();
        }
    }
}

#[test]
fn what_comes_back_is_there_again() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("back", series);
        let [invoice] = mirrored.invoices_of_a_journal();
        let lines = mirrored.rows("invoice_lines", &format!("move_id = {invoice}"));
        mirrored.sample.write("account.move", &[invoice], json!({"state": "draft"}));
        mirrored.run_type("invoices").assert_ok("incremental");
        mirrored.later(HOUR);
        mirrored.sample.write("account.move", &[invoice], json!({"state": "posted"}));
        let outcome = mirrored.run_type("invoices");
        outcome.assert_ok("incremental");
        assert_eq!(outcome.counts(), [1 + lines.len() as i64, 0, 0, 0], "{series:?}");
        mirrored.assert_equal();
    }
}

/// Rows that somebody deleted here come back, and rows that somebody made up here go; also where the number of rows is
/// right.
#[test]
fn rows_changed_by_hand_are_put_right() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("by_hand", series);
        for (table, model) in
            [("sales", "sale.order"), ("partners", "res.partner"), ("inventory", "stock.quant"), ("users", "res.users")]
        {
            let lost = mirrored.ids(model)[0];
            mirrored.session.run(&format!("DELETE FROM odoo.{table} WHERE id = {lost}"));
        }
        mirrored.session.run("INSERT INTO odoo.purchase_lines (id, name, _synced_at) VALUES (99999, 'made up', now())");
        for outcome in mirrored.run("") {
            outcome.assert_ok("incremental");
            let expected = match outcome.r#type.as_str() {
                "sales" | "inventory" => [1, 0, 0, 0],
                "reference" => [2, 0, 0, 0],
                "purchases" => [0, 0, 1, 0],
                _ => [0; 4],
            };
            assert_eq!(outcome.counts(), expected, "{series:?} {outcome:?}");
        }
        mirrored.assert_equal();

        // both at once, of which the ids alone can tell: Odoo has one less, so has the mirror, and one more
        let [gone, lost, ..] = mirrored.ids("sale.order")[..] else { panic!("there are orders") };
        mirrored.sample.unlink("sale.order", &[gone]);
        mirrored.session.run(&format!(
            "DELETE FROM odoo.sales WHERE id = {lost}; INSERT INTO odoo.sales (id, _synced_at) VALUES (99999, now())"
        ));
        let outcome = mirrored.run_type("sales");
        outcome.assert_ok("incremental");
        assert_eq!(outcome.inserted, 1, "{series:?} {outcome:?}");
        mirrored.assert_equal();

        mirrored.session.run("TRUNCATE odoo.sales, odoo.sale_lines");
        mirrored.run_type("sales").assert_ok("incremental");
        mirrored.assert_equal();
    }
}

#[test]
fn a_table_that_was_dropped_is_made_again() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("dropped", series);
        mirrored.session.run("DROP TABLE odoo.sales, odoo.users");
        mirrored.run("'{reference,sales}'");
        mirrored.assert_equal();
    }
}

#[test]
fn records_that_are_gone_can_be_marked() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("mark", series);
        mirrored.session.run("UPDATE odoo_sync.types SET deletes = 'mark' WHERE type = 'invoices'");
        let [invoice, deleted] = mirrored.invoices_of_a_journal();
        let lines = mirrored.rows("invoice_lines", &format!("move_id IN ({invoice}, {deleted})")).len() as i64;
        let all = mirrored.session.number("SELECT count(*) FROM odoo.invoices");
        mirrored.sample.write("account.move", &[invoice], json!({"state": "cancel"}));
        mirrored.sample.unlink("account.move", &[deleted]);
        let outcome = mirrored.run_type("invoices");
        assert_eq!((outcome.status.as_str(), outcome.counts()), ("ok", [0, 0, 2 + lines, 0]), "{series:?} {outcome:?}");
        let marked = "_deleted_at > now() - interval '1 min' AND _synced_at = _deleted_at";
        assert_eq!(mirrored.rows("invoices", marked), sorted([invoice, deleted]), "{series:?}");
        assert_eq!(
            mirrored.rows("invoices", "_deleted_at IS NULL").len() as i64,
            all - 2,
            "{series:?}: nothing else is marked"
        );
        assert_eq!(mirrored.rows("invoice_lines", "_deleted_at IS NOT NULL").len() as i64, lines, "{series:?}");
        let told = mirrored.session.number("SELECT row_count FROM odoo_sync.status() WHERE type = 'invoices'");
        let there = "SELECT (SELECT count(*) FROM odoo.invoices WHERE _deleted_at IS NULL) + (SELECT count(*) FROM odoo.invoice_lines WHERE _deleted_at IS NULL)";
        assert_eq!(told, mirrored.session.number(there), "{series:?}: status() counts what Odoo has");

        // marked once, by whatever run
        let before = mirrored.versions("invoices", "true");
        mirrored.later(HOUR);
        for arguments in ["'{invoices}'", "'{invoices}', full => true"] {
            assert_eq!(mirrored.run(arguments)[0].counts(), [0; 4], "{series:?}");
        }
        assert_eq!(mirrored.versions("invoices", "true"), before, "{series:?}");

        // one comes back
        mirrored.sample.write("account.move", &[invoice], json!({"state": "posted"}));
        let outcome = mirrored.run_type("invoices");
        outcome.assert_ok("incremental");
        assert_eq!(mirrored.rows("invoices", "_deleted_at IS NOT NULL"), [deleted], "{series:?}");
        assert!(
            mirrored.rows("invoice_lines", &format!("_deleted_at IS NOT NULL AND move_id = {invoice}")).is_empty(),
            "{series:?}"
        );
    }
}

#[test]
fn marked_rows_go_when_the_type_removes_again() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("unmark", series);
        mirrored.session.run("UPDATE odoo_sync.types SET deletes = 'mark' WHERE type = 'sales'");
        let [gone, next, ..] = mirrored.ids("sale.order")[..] else { panic!("there are orders") };
        mirrored.sample.unlink("sale.order", &[gone]);
        mirrored.run_type("sales");
        assert_eq!(mirrored.rows("sales", "_deleted_at IS NOT NULL"), [gone], "{series:?}");
        mirrored.session.run("UPDATE odoo_sync.types SET deletes = 'remove' WHERE type = 'sales'");
        mirrored.later(MINUTE);
        let outcome = mirrored.run_type("sales");
        outcome.assert_ok("incremental");
        assert!(outcome.deleted >= 1, "{series:?} {outcome:?}");
        mirrored.sample.unlink("sale.order", &[next]);
        mirrored.run_type("sales").assert_ok("incremental");
        // the column may stay; views can use it
        assert!(mirrored.rows("sales", "_deleted_at IS NOT NULL").is_empty(), "{series:?}");
        assert_eq!(mirrored.rows("sales", "true"), mirrored.ids("sale.order"), "{series:?}");
    }
}

/// A marked row keeps its name, which Odoo gives to another record meanwhile.
#[test]
fn a_marked_row_does_not_keep_its_name_from_another() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("mark_name", series);
        mirrored.session.run("UPDATE odoo_sync.types SET deletes = 'mark' WHERE type = 'invoices'");
        let [old, new] = mirrored.invoices_of_a_journal();
        let name = mirrored.field("account.move", old, "name");
        mirrored.sample.write("account.move", &[old], json!({"state": "draft"}));
        mirrored.sample.write("account.move", &[new], json!({"name": name}));
        let outcome = mirrored.run_type("invoices");
        assert_eq!((outcome.status.as_str(), outcome.failed), ("ok", 0), "{series:?} {outcome:?}");
        let named = mirrored.session.rows(&format!("SELECT id, _deleted_at IS NOT NULL FROM odoo.invoices WHERE id IN ({old}, {new}) AND name = '{}' ORDER BY 2", text(&name)));
        let row = |id: i64, marked: &str| vec![Some(id.to_string()), Some(marked.to_owned())];
        assert_eq!(named, [row(new, "f"), row(old, "t")], "{series:?}");
    }
}

#[test]
fn real_invoices_leave_and_come_back() {
    for series in [19, 14] {
        let Some(mut mirrored) = RealMirrored::new("gone", series, &["invoices"]) else {
            continue;
        };
        let [customer, ..] = mirrored.copy.search("res.partner", json!([["is_company", "=", true]]))[..] else {
            panic!("there are companies")
        };
        let [product, ..] = mirrored.copy.search("product.product", json!([["sale_ok", "=", true]]))[..] else {
            panic!("there are products")
        };
        let line = json!([0, 0, {"product_id": product, "quantity": 2.0, "price_unit": 10.5}]);
        let invoice = json!({"move_type": "out_invoice", "partner_id": customer, "invoice_date": "2026-06-01", "invoice_line_ids": [line]});
        let made = mirrored.copy.create_all("account.move", vec![invoice; 3]);
        mirrored.copy.act("account.move", "action_post", &made);
        let outcome = mirrored.run().remove(0);
        outcome.assert_ok("incremental");
        assert_eq!(outcome.inserted, 6, "{series} {outcome:?}");

        let [cancelled, reset, deleted] = made[..] else { panic!("three were made") };
        mirrored.copy.act("account.move", "button_draft", &made);
        mirrored.copy.act("account.move", "button_cancel", &[cancelled]);
        mirrored.copy.call("account.move", "unlink", json!({"ids": [deleted], "context": {"force_delete": true}}));
        let outcome = mirrored.run().remove(0);
        outcome.assert_ok("incremental");
        assert_eq!(outcome.counts(), [0, 0, 6, 0], "{series} {outcome:?}");

        mirrored.copy.act("account.move", "action_post", &[reset]);
        let outcome = mirrored.run().remove(0);
        outcome.assert_ok("incremental");
        assert_eq!(outcome.counts(), [2, 0, 0, 0], "{series} {outcome:?}");
        mirrored.assert_equal();
    }
}

fn sorted(mut ids: [i64; 2]) -> [i64; 2] {
    ids.sort_unstable();
    ids
}

fn text(value: &Value) -> &str {
    value.as_str().expect("it is a text")
}

/// A row that a table of somebody's own refers to stays, and is told; the others go.
#[test]
fn a_row_that_is_referred_to_is_kept_and_told() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("referred", series);
        let orders = mirrored.ids("sale.order");
        let (kept, others) = (orders[1], [orders[0], orders[2]]);
        mirrored.session.run(&format!(
            "CREATE TABLE public.notes (sale bigint REFERENCES odoo.sales); INSERT INTO public.notes VALUES ({kept})"
        ));
        mirrored.sample.unlink("sale.order", &orders[..3]);
        mirrored.run_type("sales").assert_partial(1);
        assert_eq!(mirrored.rows("sales", &format!("id IN ({}, {}, {})", others[0], kept, others[1])), [kept]);
        mirrored.assert_only_failure(
            "sales",
            kept,
            "Odoo no longer has it, and its row cannot be removed: update or delete on table",
            1,
        );
        mirrored.session.run("DROP TABLE public.notes");
        mirrored.run_type("sales").assert_ok("incremental");
        assert_eq!(mirrored.failures(), [] as [support::session::TextRow; 0]);
        mirrored.assert_equal();
    }
}
