//! A purchase order of long ago, of which more is received: its lines change, and it does not.

use serde_json::{Value, json};
use support::odoo_copy::OdooCopy;

use crate::mirrored::Mirrored;

#[test]
fn an_old_purchase_order_received_again_in_odoo_19() {
    received_again(19);
}

#[test]
fn an_old_purchase_order_received_again_in_odoo_14() {
    received_again(14);
}

fn received_again(series: u32) {
    let Some(copy) = OdooCopy::of(series, "old_order") else { return };
    let order = confirmed_order(&copy);
    receive(&copy, order, 3);
    let mut odoo = copy.sql();
    for table in ["purchase_order", "purchase_order_line"] {
        odoo.execute(&format!("UPDATE {table} SET write_date = '2024-02-29 12:00:00'"), &[]).expect("Odoo's table can be written");
    }
    let mut mirrored = Mirrored::of(&copy, "old_order");
    let received = format!("SELECT string_agg(trim_scale(qty_received)::text, ' ') FROM odoo.purchase_lines WHERE order_id = {order}");
    assert_eq!(mirrored.session.value(&received), "3");

    receive(&copy, order, 4);
    let untouched = "SELECT write_date < '2025-01-01' FROM purchase_order WHERE id = $1";
    let untouched: bool = odoo.query_one(untouched, &[&(order as i32)]).expect("the order is there").get(0);
    assert!(untouched, "the order itself was not written, which is what this test is about");
    mirrored.follow(5000).unwrap_or_else(|difference| panic!("{difference}"));
    assert_eq!(mirrored.session.value(&received), "7");
}

/// An order of ten pieces of a product that is kept in stock.
fn confirmed_order(copy: &OdooCopy) -> i64 {
    let is_storable = if copy.odoo.series >= 18 { json!(["is_storable", "=", true]) } else { json!(["type", "=", "product"]) };
    let product = copy.search("product.product", json!([is_storable, ["tracking", "=", "none"], ["purchase_ok", "=", true]]))[0];
    let vendor = copy.search("res.partner", json!([["is_company", "=", true], ["company_id", "=", false]]))[0];
    let mut line = json!({"product_id": product, "product_qty": 10, "price_unit": 12.5});
    if copy.odoo.series < 16 {
        let unit = copy.call("product.product", "read", json!({"ids": [product], "fields": ["uom_po_id"]}))[0]["uom_po_id"][0].clone();
        line["name"] = json!("Ten pieces");
        line["product_uom"] = unit;
        line["date_planned"] = json!("2024-02-20 12:00:00");
    }
    let order = copy.create("purchase.order", json!({"partner_id": vendor, "order_line": [[0, 0, line]]}));
    copy.act("purchase.order", "button_confirm", &[order]);
    order
}

/// Receives so many pieces; the rest becomes a backorder.
fn receive(copy: &OdooCopy, order: i64, pieces: u32) {
    let domain = json!([["purchase_line_id.order_id", "=", order], ["state", "not in", ["done", "cancel"]]]);
    let moves = copy.search("stock.move", domain);
    let done = if copy.odoo.series >= 17 { json!({"quantity": pieces, "picked": true}) } else { json!({"quantity_done": pieces}) };
    copy.write("stock.move", &moves, done);
    let picking = copy.call("stock.move", "read", json!({"ids": moves, "fields": ["picking_id"]}))[0]["picking_id"][0].clone();
    let validated = copy.call("stock.picking", "button_validate", json!({"ids": [picking], "context": {"skip_backorder": true, "skip_sms": true}}));
    assert_eq!(validated, Value::Bool(true), "the transfer asks for nothing more");
}
