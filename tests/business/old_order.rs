//! A purchase order of long ago, whose receipt is corrected: its lines change, and it does not.

use serde_json::json;
use support::odoo_copy::OdooCopy;

use crate::company::Company;
use crate::mirrored::Mirrored;

#[test]
fn an_old_purchase_order_of_odoo_19_whose_receipt_is_corrected() {
    receipt_corrected(19);
}

#[test]
fn an_old_purchase_order_of_odoo_14_whose_receipt_is_corrected() {
    receipt_corrected(14);
}

fn receipt_corrected(series: u32) {
    let Some(copy) = OdooCopy::of(series, "old_order") else {
        return;
    };
    let mut company = Company::of(&copy, crate::SEED);
    let order = company.call("order_received", json!([3, 10])).as_i64().expect("an id is a number");
    let mut odoo = copy.sql();
    for table in ["purchase_order", "purchase_order_line"] {
        let aged = format!("UPDATE {table} SET write_date = '2024-02-29 12:00:00'");
        odoo.execute(&aged, &[]).expect("Odoo's table can be written");
    }
    let mut mirrored = Mirrored::of(&copy, "old_order");
    let received = format!(
        "SELECT string_agg(trim_scale(qty_received)::text, ' ') FROM odoo.purchase_lines WHERE order_id = {order}"
    );
    assert_eq!(mirrored.session.value(&received), "3");

    company.call("correct_receipt", json!([order, 7]));
    let written = "SELECT write_date > '2024-03-01' FROM purchase_order WHERE id = $1";
    let is_written: bool = odoo.query_one(written, &[&(order as i32)]).expect("the order is there").get(0);
    assert!(!is_written, "Odoo wrote the order too, and this test is about one that it does not write");
    mirrored.follow(5000).unwrap_or_else(|difference| panic!("{difference}"));
    assert_eq!(mirrored.session.value(&received), "7");
}
