//! Fields whose type changes in Odoo.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::sample_odoo::FieldSpec;

use crate::fields::{Columns, MIRRORS, add_codes, assert_noted, checked, columns, with_codes_in_use};
use crate::mirrored::{BOTH, HOUR, Mirrored, run};
use crate::real::RealMirrored;

#[test]
fn a_field_whose_type_changed_has_a_new_column_beside_the_old() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("retyped", series);
        for [r#type, table, model] in MIRRORS {
            let ids = mirrored.ids(model);
            let before = with_codes_in_use(&mut mirrored, [r#type, table, model]);

            mirrored.sample.drop_field(model, "x_code");
            mirrored.sample.add_field(model, FieldSpec::new("x_code", "integer"));
            mirrored.sample.write_quietly(model, &ids, json!({"x_code": 42}));
            let detail = checked(&mut mirrored.session, r#type, table);
            assert!(detail.contains("x_code") && detail.contains("type"), "{series:?} {table}: {detail}");
            assert_eq!(columns(&mut mirrored.session, table), before, "{series:?} {table}: check() changes nothing");
            let outcome = mirrored.run_type(r#type);
            let after = columns(&mut mirrored.session, table);
            let new = only_new(&before, &after);
            assert_noted(&outcome, &[table, "x_code", &new]);
            assert!(new.starts_with("x_code"), "{series:?} {table}: {new}");
            assert_eq!((after["x_code"].as_str(), after[&new].as_str()), ("text", "bigint"), "{series:?} {table}");
            let rows = mirrored.rows(table, "true").len();
            assert_eq!(mirrored.rows(table, &format!("{new} = 42")).len(), rows, "{series:?} {table}");
            mirrored.session.run(&format!("TABLE {table}_codes"));

            // that is all, and the column goes on being the field's
            mirrored.later(HOUR);
            mirrored.run_type(r#type).assert_ok("incremental");
            assert_eq!(columns(&mut mirrored.session, table), after, "{series:?} {table}");
            mirrored.sample.write(model, &ids[..1], json!({"x_code": 43}));
            mirrored.run_type(r#type);
            let changed = mirrored.rows(table, &format!("{new} = 43"));
            assert!(changed.iter().all(|id| *id == ids[0]), "{series:?} {table}: {changed:?}");
        }
    }
}

/// What is no longer kept equal does not look as if it were.
#[test]
fn the_old_column_of_a_field_whose_type_changed_is_empty() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("stale", series);
        add_codes(&mirrored, "sale.order");
        mirrored.run_type("sales");
        mirrored.sample.drop_field("sale.order", "x_code");
        mirrored.sample.add_field("sale.order", FieldSpec::new("x_code", "integer"));
        mirrored.later(HOUR);
        mirrored.run_type("sales");
        assert_eq!(mirrored.session.number("SELECT count(x_code) FROM odoo.sales"), 0, "{series:?}");
    }
}

/// The one column that was added.
fn only_new(before: &Columns, after: &Columns) -> String {
    let names = |columns: &Columns| columns.keys().cloned().collect::<BTreeSet<String>>();
    let new: Vec<String> = names(after).difference(&names(before)).cloned().collect();
    let [new] = new.as_slice() else { panic!("one column is expected: {new:?}") };
    assert!(before.iter().all(|(name, kind)| after[name] == *kind), "no other column changed");
    new.clone()
}

/// From one kind of text to another there is nothing to change.
#[test]
fn a_field_that_is_still_a_text_keeps_its_column() {
    let mut mirrored = Mirrored::new("still", BOTH[1]);
    mirrored.sample.add_field("sale.order", FieldSpec::new("x_code", "char"));
    mirrored.run_type("sales");
    let before = columns(&mut mirrored.session, "sales");
    mirrored.sample.drop_field("sale.order", "x_code");
    mirrored.sample.add_field("sale.order", FieldSpec::new("x_code", "text"));
    let order = mirrored.ids("sale.order")[0];
    mirrored.sample.write("sale.order", &[order], json!({"x_code": "long"}));
    mirrored.later(HOUR);
    mirrored.run("'{sales}', full => true");
    assert_eq!(columns(&mut mirrored.session, "sales"), before);
    assert_eq!(mirrored.cell("sales", "x_code", order), "long");
    mirrored.assert_equal();
}

/// A real one: the field is made, changes its type, and is dropped, as Odoo's own screens for that do it.
#[test]
fn real_custom_fields_come_change_and_go() {
    for series in [19, 14] {
        let Some(mut mirrored) = RealMirrored::new("fields", series, &["sales"]) else {
            continue;
        };
        let [model] = mirrored.copy.search("ir.model", json!([["model", "=", "sale.order"]]))[..] else {
            panic!("it is there")
        };
        let make = |mirrored: &RealMirrored, ttype: &str| {
            mirrored.copy.create("ir.model.fields", json!({"name": "x_route", "model_id": model, "ttype": ttype, "field_description": "Route", "state": "manual"}))
        };
        let fill = |mirrored: &RealMirrored, order: i64, value: Value| {
            mirrored.copy.write("sale.order", &[order], json!({"x_route": value}))
        };
        let [order, ..] = mirrored.copy.search("sale.order", json!([]))[..] else { panic!("there are orders") };

        let field = make(&mirrored, "char");
        fill(&mirrored, order, json!("north"));
        assert!(checked(&mut mirrored.session, "sales", "sales").contains("x_route"), "{series}");
        let before = columns(&mut mirrored.session, "sales");
        assert_noted(&mirrored.run()[0], &["x_route"]);
        let with = columns(&mut mirrored.session, "sales");
        assert_eq!(only_new(&before, &with), "x_route", "{series}");
        let cell = format!("SELECT x_route FROM odoo.sales WHERE id = {order}");
        assert_eq!(mirrored.session.value(&cell), "north", "{series}");
        mirrored.assert_equal();

        // Odoo lets nobody change the type: the field is dropped, and made anew
        mirrored.copy.act("ir.model.fields", "unlink", &[field]);
        let field = make(&mirrored, "integer");
        fill(&mirrored, order, json!(42));
        let detail = checked(&mut mirrored.session, "sales", "sales");
        assert!(detail.contains("x_route") && detail.contains("type"), "{series}: {detail}");
        let outcome = mirrored.run().remove(0);
        let after = columns(&mut mirrored.session, "sales");
        let new = only_new(&with, &after);
        assert_noted(&outcome, &["x_route", &new]);
        assert_eq!(
            mirrored.session.value(&format!("SELECT {new} FROM odoo.sales WHERE id = {order}")),
            "42",
            "{series}"
        );

        mirrored.copy.act("ir.model.fields", "unlink", &[field]);
        assert!(checked(&mut mirrored.session, "sales", "sales").contains(&new), "{series}");
        assert_noted(&mirrored.run()[0], &[&new]);
        assert_eq!(columns(&mut mirrored.session, "sales"), after, "{series}");
        assert_eq!(mirrored.session.number(&format!("SELECT count({new}) FROM odoo.sales")), 0, "{series}");
        run(&mut mirrored.session, "full => true").remove(0).assert_ok("full");
    }
}
