//! What changes with a record although its own write_date does not: headers with their lines, lines with their headers,
//! products with their templates and their stock.

use serde_json::{Map, Value, json};

use crate::mirrored::{BOTH, HOUR, Mirrored, id};
use crate::real::RealMirrored;

/// A header's model and table with a text of its own, and its lines' with the many2one to it.
struct Family {
    r#type: &'static str,
    header: [&'static str; 3],
    line: [&'static str; 4],
}

const FAMILIES: [Family; 3] = [
    Family {
        r#type: "invoices",
        header: ["account.move", "invoices", "invoice_origin"],
        line: ["account.move.line", "invoice_lines", "name", "move_id"],
    },
    Family {
        r#type: "purchases",
        header: ["purchase.order", "purchases", "partner_ref"],
        line: ["purchase.order.line", "purchase_lines", "name", "order_id"],
    },
    Family {
        r#type: "sales",
        header: ["sale.order", "sales", "client_order_ref"],
        line: ["sale.order.line", "sale_lines", "name", "order_id"],
    },
];

impl Family {
    /// A header in the mirror, and one of its lines there.
    fn pick(&self, mirrored: &mut Mirrored) -> [i64; 2] {
        let [_, lines, _, parent] = self.line;
        let sql = format!("SELECT {parent} || ' ' || id FROM odoo.{lines} ORDER BY id LIMIT 1");
        let found = mirrored.session.value(&sql);
        let (header, line) = found.split_once(' ').expect("there is a line");
        [header, line].map(|id| id.parse().expect("an id is a number"))
    }
}

#[test]
fn a_line_that_changes_has_its_header_read_again() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("header", series);
        for family in &FAMILIES {
            let [header, line] = family.pick(&mut mirrored);
            let [model, table, field] = family.header;
            mirrored.sample.write_quietly(model, &[header], json!({field: "with the line"}));
            mirrored.sample.write(family.line[0], &[line], json!({"name": "changed"}));
            mirrored.run_type(family.r#type).assert_ok("incremental");
            assert_eq!(mirrored.cell(family.line[1], "name", line), "changed", "{series:?}");
            assert_eq!(mirrored.cell(table, field, header), "with the line", "{series:?}");
        }
        mirrored.assert_equal();
    }
}

#[test]
fn a_header_that_changes_has_its_lines_read_again() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("line", series);
        for family in &FAMILIES {
            let [header, line] = family.pick(&mut mirrored);
            let [model, table, field] = family.header;
            mirrored.sample.write_quietly(family.line[0], &[line], json!({"name": "with the header"}));
            mirrored.sample.write(model, &[header], json!({field: "changed"}));
            mirrored.run_type(family.r#type).assert_ok("incremental");
            assert_eq!(mirrored.cell(table, field, header), "changed", "{series:?}");
            assert_eq!(mirrored.cell(family.line[1], "name", line), "with the header", "{series:?}");
        }
        mirrored.assert_equal();
    }
}

#[test]
fn lines_come_and_go() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("come_and_go", series);
        for family in &FAMILIES {
            let [header, line] = family.pick(&mut mirrored);
            let [model, table, _, parent] = family.line;
            let mut copy =
                mirrored.sample.records(model).into_iter().find(|record| id(record) == line).expect("it is there");
            let readable = [
                "move_id",
                "order_id",
                "display_type",
                "exclude_from_invoice_tab",
                "product_id",
                "quantity",
                "product_qty",
                "price_unit",
            ];
            copy.retain(|name, value| readable.contains(&name.as_str()) && !value.is_null());
            let made = mirrored.sample.create(model, copy.into());
            mirrored.sample.unlink(model, &[line]);
            let outcome = mirrored.run_type(family.r#type);
            outcome.assert_ok("incremental");
            assert_eq!((outcome.inserted, outcome.deleted), (1, 1), "{series:?} {outcome:?}");
            assert_eq!(mirrored.rows(table, &format!("id IN ({line}, {made})")), [made], "{series:?}");
            assert_eq!(mirrored.cell(table, parent, made), header.to_string(), "{series:?}");
        }
        mirrored.assert_equal();
    }
}

#[test]
fn a_product_follows_its_stock() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("stock", series);
        let internal: Vec<i64> = mirrored.locations("internal");
        let is_in_stock = |quant: &Map<String, Value>| {
            quant["location_id"].as_i64().is_some_and(|location| internal.contains(&location))
        };
        let quant =
            mirrored.sample.records("stock.quant").into_iter().find(is_in_stock).expect("something is in stock");
        let product = quant["product_id"].as_i64().expect("a quant is of a product");
        let on_hand = |mirrored: &mut Mirrored| {
            mirrored.cell("products", "qty_available", product).parse::<f64>().expect("a number")
        };
        let before = on_hand(&mut mirrored);
        let write_date = mirrored.field("product.product", product, "write_date");

        // what comes to one place leaves another
        let more = quant["quantity"].as_f64().expect("a number") + 7.0;
        mirrored.sample.write("stock.quant", &[id(&quant)], json!({"quantity": more}));
        let supplier = mirrored.locations("supplier")[0];
        let less = json!({"product_id": product, "location_id": supplier, "quantity": -7.0});
        mirrored.sample.create("stock.quant", less);
        let outcome = mirrored.run_type("products");
        outcome.assert_ok("incremental");
        assert_eq!(outcome.fetched, 1, "{series:?} {outcome:?}");
        assert_eq!(on_hand(&mut mirrored), before + 7.0, "{series:?}");
        assert_eq!(
            mirrored.field("product.product", product, "write_date"),
            write_date,
            "its own write_date does not tell"
        );

        // on its way in
        mirrored.later(HOUR);
        let [supplier, stock] = ["supplier", "internal"].map(|usage| mirrored.locations(usage)[0]);
        let values = json!({"product_id": product, "location_id": supplier, "location_dest_id": stock, "product_uom_qty": 3.0, "state": "assigned"});
        mirrored.sample.create("stock.move", values);
        let outcome = mirrored.run_type("products");
        outcome.assert_ok("incremental");
        assert_eq!(outcome.fetched, 1, "{series:?} {outcome:?}");
        mirrored.run_type("inventory");
        mirrored.assert_equal();
    }
}

#[test]
fn a_product_follows_its_template() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("template", series);
        let product = mirrored.ids("product.product")[0];
        let template =
            mirrored.field("product.product", product, "product_tmpl_id").as_i64().expect("a product has a template");
        mirrored.sample.write("product.template", &[template], json!({"name": "Renamed there", "list_price": 4711.5}));
        let outcome = mirrored.run_type("products");
        outcome.assert_ok("incremental");
        assert_eq!(outcome.counts(), [0, 1, 0, 0], "{series:?}");
        assert_eq!(
            mirrored.cell("products", "name || ' ' || trim_scale(list_price)", product),
            "Renamed there 4711.5",
            "{series:?}"
        );
        mirrored.assert_equal();
    }
}

/// Odoo merges quants by raw SQL: rows vanish and others change, and no write_date tells.
#[test]
fn inventory_is_compared_whole() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("quants", series);
        let [merged, kept, lost, ..] = mirrored.ids("stock.quant")[..] else { panic!("there are quants") };
        mirrored.sample.write_quietly("stock.quant", &[kept], json!({"quantity": 123.5}));
        mirrored.sample.unlink("stock.quant", &[merged, lost]);
        let made = mirrored.sample.create("stock.quant", json!({"product_id": mirrored.ids("product.product")[0], "quantity": 2.0, "write_date": "2020-01-01 00:00:00"}));
        let outcome = mirrored.run_type("inventory");
        outcome.assert_ok("incremental");
        assert_eq!(outcome.fetched, mirrored.ids("stock.quant").len() as i64, "{series:?}");
        assert_eq!(outcome.counts(), [1, 1, 2, 0], "{series:?}");
        assert_eq!(
            mirrored.rows("inventory", &format!("id IN ({merged}, {kept}, {lost}, {made})")),
            [kept, made],
            "{series:?}"
        );
        // a product, too, has what no write_date tells of from its next full run on
        mirrored.run("'{products}', full => true");
        mirrored.assert_equal();
    }
}

/// In real ones: a price on the template, a count in the warehouse.
#[test]
fn a_real_product_follows_its_template_and_its_stock() {
    for series in [14, 19] {
        let Some(mut mirrored) = RealMirrored::new("product", series, &["products", "inventory"]) else {
            continue;
        };
        let storable =
            if series == 14 { json!([["type", "=", "product"]]) } else { json!([["is_storable", "=", true]]) };
        let [product, ..] = mirrored.copy.search("product.product", storable)[..] else { panic!("there are products") };
        let template = format!("SELECT product_tmpl_id FROM odoo.products WHERE id = {product}");
        let template = mirrored.session.number(&template);
        mirrored.copy.write("product.template", &[template], json!({"name": "Renamed there", "list_price": 4711.5}));
        mirrored.run().iter().for_each(|outcome| outcome.assert_ok("incremental"));
        let shown = format!("SELECT name || ' ' || trim_scale(list_price) FROM odoo.products WHERE id = {product}");
        assert_eq!(mirrored.session.value(&shown), "Renamed there 4711.5", "{series}");

        let on_hand = format!("SELECT qty_available FROM odoo.products WHERE id = {product}");
        let before: f64 = mirrored.session.value(&on_hand).parse().expect("it is a number");
        let stock = mirrored.copy.search("stock.location", json!([["usage", "=", "internal"]]))[0];
        let counted = json!({"product_id": product, "location_id": stock, "inventory_quantity": 100_000.0});
        // what the screen of the physical inventory does
        let quants = mirrored.copy.call(
            "stock.quant",
            "create",
            json!({"vals_list": [counted], "context": {"inventory_mode": true}}),
        );
        if series == 19 {
            mirrored.copy.call("stock.quant", "action_apply_inventory", json!({"ids": quants}));
        }
        mirrored.run().iter().for_each(|outcome| outcome.assert_ok("incremental"));
        let after: f64 = mirrored.session.value(&on_hand).parse().expect("it is a number");
        assert!(after >= 100_000.0 && after != before, "{series}: {before}, {after}");
        mirrored.assert_equal();
    }
}

impl Mirrored {
    /// The locations of that usage.
    fn locations(&self, usage: &str) -> Vec<i64> {
        self.sample.records("stock.location").iter().filter(|location| location["usage"] == usage).map(id).collect()
    }
}
