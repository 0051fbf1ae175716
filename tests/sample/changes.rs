//! The mirrors follow what changes in Odoo.

use serde_json::json;
use support::access::Access;
use support::cluster::Cluster;
use support::sample_odoo::{FieldSpec, SampleOdoo, Series};

use crate::{BOTH, assert_equal, connected, of, partner, posted_invoices, run};

#[test]
fn all_mirrors_equal_and_a_second_run_changes_nothing() {
    for series in BOTH {
        let (sample, mut session) = connected("all", series);
        let first = run(&mut session);
        assert_eq!(first.len(), 6, "{first:?}");
        assert!(first.iter().all(|row| row[1].as_deref() == Some("ok")), "{first:?}");
        assert_equal(&mut session, &sample);
        for row in run(&mut session) {
            let counts = of(std::slice::from_ref(&row), row[0].as_deref().unwrap_or_default());
            assert_eq!(counts[..5], ["ok", "0", "0", "0", "0"], "{row:?}");
        }
    }
}

#[test]
fn json_rpc_reads_the_same_from_19() {
    let sample = SampleOdoo::start(Series::V19);
    let mut session = Cluster::shared().database("json_rpc").session();
    let row = session.connect(&Access::from(&sample).by("admin"), "odoo");
    assert_eq!(row[4].as_deref(), Some("JSON-RPC"));
    run(&mut session);
    assert_equal(&mut session, &sample);
}

#[test]
fn a_full_run_follows_what_changed() {
    for series in BOTH {
        let (sample, mut session) = connected("changes", series);
        run(&mut session);
        let untouched = "SELECT md5(string_agg(xmin::text || ctid, ',' ORDER BY id)) FROM odoo.accounts";
        let before = session.value(untouched);
        let [cancelled, reset, deleted, renamed] = posted_invoices(&sample)[..4] else { panic!("there are invoices") };
        sample.write("account.move", &[cancelled], json!({"state": "cancel"}));
        sample.write("account.move", &[reset], json!({"state": "draft"}));
        sample.unlink("account.move", &[deleted]);
        // without a trace in write_date
        sample.write_quietly("account.move", &[renamed], json!({"ref": "quietly"}));
        let supplier = partner(&sample, series, "Brand new", json!({}));
        let quants: Vec<i64> = sample.records("stock.quant").iter().filter_map(|quant| quant["id"].as_i64()).collect();
        sample.unlink("stock.quant", &quants[..2]);
        sample.write("stock.quant", &quants[2..3], json!({"quantity": 1.5}));

        let rows = run(&mut session);
        assert_equal(&mut session, &sample);
        assert_eq!(of(&rows, "reference")[..5], ["ok", "1", "0", "0", "0"], "{series:?}: partner {supplier} is new");
        assert_eq!(of(&rows, "inventory")[..5], ["ok", "0", "1", "2", "0"], "{series:?}");
        let gone =
            session.column(&format!("SELECT id FROM odoo.invoices WHERE id IN ({cancelled}, {reset}, {deleted})"));
        assert!(gone.is_empty(), "{gone:?}");
        assert_eq!(session.value(&format!("SELECT ref FROM odoo.invoices WHERE id = {renamed}")), "quietly");
        assert_eq!(session.value(untouched), before, "what did not change was not written");
    }
}

#[test]
fn a_custom_field_comes_along() {
    let (sample, mut session) = connected("custom", Series::V19);
    run(&mut session);
    let field = FieldSpec {
        name: "x_route".to_owned(),
        kind: "char".to_owned(),
        string: "Delivery \"route\"".to_owned(),
        relation: None,
        stored: true,
    };
    sample.add_field("sale.order", field);
    let order = sample.records("sale.order")[0]["id"].as_i64().expect("an id is a number");
    sample.write("sale.order", &[order], json!({"x_route": "north"}));
    run(&mut session);
    assert_equal(&mut session, &sample);
    assert_eq!(session.value(&format!("SELECT x_route FROM odoo.sales WHERE id = {order}")), "north");
    let comment = "SELECT col_description('odoo.sales'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'odoo.sales'::regclass AND attname = 'x_route'";
    assert_eq!(session.value(comment), "Delivery \"route\"");
}
