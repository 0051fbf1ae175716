//! What is due, and what is not.

use crate::connected;

#[test]
fn run_due_does_what_is_due_and_asks_nothing_else() {
    let (sample, database) = connected("due");
    let mut session = database.session();
    let due = "SELECT type, status FROM odoo_sync.run_due()";
    let types = |rows: Vec<Vec<Option<String>>>| -> Vec<String> {
        assert!(rows.iter().all(|row| row[1].as_deref() == Some("ok")), "{rows:?}");
        rows.into_iter().filter_map(|mut row| row.swap_remove(0)).collect()
    };
    session.run("UPDATE odoo_sync.types SET enabled = false WHERE type = 'sales'");
    assert_eq!(types(session.rows(due)), ["reference", "products", "invoices", "purchases", "inventory"]);

    sample.forget_requests();
    assert!(session.rows(due).is_empty());
    assert!(sample.requests().is_empty(), "nothing was due, and nothing was asked");

    let is_true = "SELECT bool_and(next_due = last_run + '2 hours' - interval '30 s') FROM odoo_sync.status() WHERE type <> 'sales'";
    assert_eq!(session.value(is_true), "t");
    assert_eq!(session.value("SELECT state FROM odoo_sync.status() WHERE type = 'sales'"), "disabled");
    assert_eq!(session.value("SELECT next_due FROM odoo_sync.status() WHERE type = 'sales'"), "");

    // an hour ago: due for those whose interval is shorter
    session.run("UPDATE odoo_sync.runs SET started_at = started_at - interval '1 hour', finished_at = finished_at - interval '1 hour'");
    session.run("UPDATE odoo_sync.types SET interval = '59 min' WHERE type = 'invoices'");
    session.run("UPDATE odoo_sync.types SET interval = '61 min' WHERE type = 'purchases'");
    assert_eq!(types(session.rows(due)), ["invoices"]);

    session.run("SET odoo_sync.interval = '30 min'");
    session.run("SET odoo_sync.enabled = off");
    sample.forget_requests();
    assert!(session.rows(due).is_empty(), "scheduled runs are off");
    assert!(sample.requests().is_empty());
    session.run("SET odoo_sync.enabled = on; SET odoo_sync.types = 'inventory, products'");
    assert_eq!(types(session.rows(due)), ["products", "inventory"]);
    // a type's own setting wins over the list
    session.run("UPDATE odoo_sync.types SET enabled = true WHERE type = 'sales'");
    assert_eq!(types(session.rows("SELECT type, status FROM odoo_sync.run_due('odoo')")), ["sales"]);
}

#[test]
fn a_failed_type_is_due_again() {
    let (sample, database) = connected("due_again");
    let mut session = database.session();
    sample.deny_model("stock.quant");
    let error = session.error("SELECT odoo_sync.run_due()");
    assert_eq!(error.message(), "1 of 6 types failed: inventory");
    sample.allow_model("stock.quant");
    let rows = session.rows("SELECT type, status FROM odoo_sync.run_due()");
    assert_eq!(rows, [["inventory", "ok"].map(|text| Some(text.to_owned()))]);
}
