//! What Odoo changes without writing when: many2ones that its database empties, numbers that it writes by raw SQL,
//! records of another model that are deleted.

use serde_json::json;
use support::background::Background;
use support::gate::Gate;

use crate::mirrored::{BOTH, Mirrored, id};

#[test]
fn a_many2one_that_the_database_emptied_is_empty_with_the_next_run() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("emptied", series);
        let with_user = "invoice_user_id IS NOT NULL";
        let invoices = mirrored.rows("invoices", with_user);
        let (changed, others) = invoices.split_at(2);
        mirrored.sample.write_quietly("account.move", changed, json!({"invoice_user_id": false}));
        mirrored.run_type("invoices").assert_ok("incremental");
        assert_eq!(mirrored.rows("invoices", with_user), others, "{series:?}");
        mirrored.assert_equal();
        assert_eq!(mirrored.run_type("invoices").fetched, 0, "{series:?}");
    }
}

#[test]
fn it_is_where_records_came_and_went_too() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("emptied_too", series);
        let with_user = mirrored.rows("sales", "user_id IS NOT NULL");
        mirrored.sample.write_quietly("sale.order", &with_user[..1], json!({"user_id": false}));
        mirrored.sample.unlink("sale.order", &with_user[1..2]);
        mirrored.run_type("sales").assert_ok("incremental");
        mirrored.assert_equal();
    }
}

#[test]
fn a_rank_that_was_raised_by_raw_sql_is_there_with_the_next_run() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("rank", series);
        let partner = mirrored.ids("res.partner")[0];
        mirrored.sample.write_quietly("res.partner", &[partner], json!({"customer_rank": 77}));
        mirrored.run_type("reference").assert_ok("incremental");
        assert_eq!(mirrored.cell("partners", "customer_rank", partner), "77", "{series:?}");
    }
}

/// The partners whose invoices changed are looked for then, rather than all read.
#[test]
fn a_rank_that_an_invoice_raised_costs_its_partner_alone() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("raised", series);
        let invoice = mirrored.ids("account.move")[0];
        let partner = mirrored.field("account.move", invoice, "partner_id");
        let partner = partner.as_i64().expect("it has one");
        mirrored.sample.write("account.move", &[invoice], json!({"ref": "posted"}));
        mirrored.sample.write_quietly("res.partner", &[partner], json!({"customer_rank": 77}));
        mirrored.run_type("reference").assert_ok("incremental");
        assert_eq!(mirrored.cell("partners", "customer_rank", partner), "77", "{series:?}");
        let has_searched_all = mirrored.asked().iter().any(|request| {
            request.model.as_deref() == Some("res.partner")
                && request.method.as_deref() == Some("search")
                && !request.body.contains("write_date")
        });
        assert!(!has_searched_all, "{series:?}");
    }
}

#[test]
fn deleted_moves_have_the_products_read_again() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("moves", series);
        let moves = mirrored.ids("stock.move");
        mirrored.sample.unlink("stock.move", &moves[..1]);
        let products = mirrored.ids("product.product").len() as i64;
        assert_eq!(mirrored.run_type("products").fetched, products, "{series:?}");
        mirrored.assert_equal();
        assert_eq!(mirrored.run_type("products").fetched, 0, "{series:?}");
    }
}

#[test]
fn a_quant_that_was_deleted_with_its_quantity_has_them_read_again() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("quant", series);
        let quants = mirrored.sample.records("stock.quant");
        let full = quants
            .iter()
            .find(|quant| quant["quantity"].as_f64().is_some_and(|quantity| quantity > 1.0))
            .expect("there is stock");
        mirrored.sample.unlink("stock.quant", &[id(full)]);
        let products = mirrored.ids("product.product").len() as i64;
        assert_eq!(mirrored.run_type("products").fetched, products, "{series:?}");
        mirrored.run("");
        mirrored.assert_equal();
        assert_eq!(mirrored.run_type("products").fetched, 0, "{series:?}");
    }
}

/// What a trigger of the user's changes differs for good: it is told, and everything is read once, not with each run.
#[test]
fn a_difference_that_stays_is_told_and_not_read_again_each_time() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("standing", series);
        mirrored.session.run(
            "CREATE FUNCTION forget_user() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN NEW.user_id := NULL; RETURN NEW; END $$;
             CREATE TRIGGER forget_user BEFORE INSERT OR UPDATE ON odoo.sales
                 FOR EACH ROW EXECUTE FUNCTION forget_user()",
        );
        let order = mirrored.rows("sales", "user_id IS NOT NULL")[0];
        mirrored.sample.write("sale.order", &[order], json!({"client_order_ref": "again"}));
        let all = (mirrored.ids("sale.order").len() + 1) as i64;
        for expected in [all, 1] {
            let outcome = mirrored.run_type("sales");
            let told = &outcome.message;
            assert_eq!((outcome.status.as_str(), outcome.fetched >= expected), ("ok", true), "{series:?} {outcome:?}");
            assert!(
                told.contains("sales: Odoo's totals differ from the table's though everything was read (user_id by "),
                "{series:?} {outcome:?}"
            );
            if expected == 1 {
                assert!(outcome.fetched < all, "{series:?} {outcome:?}");
            }
        }
    }
}

/// A record that changes while a run is under way is no reason to read everything.
#[test]
fn what_changes_between_the_pages_and_the_totals_is_looked_for_by_its_date() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("meanwhile", series);
        let order = mirrored.rows("sales", "user_id IS NOT NULL")[0];
        let gate = Gate::before(&mirrored.sample, |request| {
            request.body.contains("user_id:sum") && request.model.as_deref() == Some("sale.order")
        });
        let background =
            Background::start(mirrored.database.session(), "SELECT mode, fetched FROM odoo_sync.run('{sales}')");
        gate.await_request();
        mirrored.sample.write("sale.order", &[order], json!({"user_id": false}));
        gate.open();
        let rows = background.rows();
        let read = mirrored.ids("sale.order").len() as i64;
        assert_eq!(rows[0][0].as_deref(), Some("incremental"), "{series:?}");
        let fetched: i64 = rows[0][1].as_deref().expect("a number").parse().expect("a number");
        assert!(fetched < read, "{series:?}: {fetched} of {read}");
        assert_eq!(mirrored.cell("sales", "user_id", order), "", "{series:?}");
        // its lines changed along with it, and come with the next run
        mirrored.run_type("sales").assert_ok("incremental");
        mirrored.assert_equal();
    }
}
