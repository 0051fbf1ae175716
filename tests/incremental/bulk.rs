//! More records in one second than a page holds.

use serde_json::{Value, json};

use crate::mirrored::{BOTH, Mirrored};
use crate::real::RealMirrored;

const PAGE: usize = 20;

/// An import, then a change to all that it made.
#[test]
fn three_pages_of_one_second_are_all_there_once() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("bulk", series);
        mirrored.session.run(&format!("SET odoo_sync.batch_size = {PAGE}; SET odoo_sync.concurrency = 3"));
        let made: Vec<i64> = (0..3 * PAGE)
            .map(|number| {
                let partner = mirrored.partner(&format!("Imported {number}"));
                mirrored.sample.create(
                    "sale.order",
                    json!({"name": format!("IMP{number:05}"), "partner_id": partner, "state": "draft"}),
                )
            })
            .collect();
        let outcomes = mirrored.run("'{reference,sales}'");
        for outcome in &outcomes {
            assert_eq!(
                (outcome.mode.as_str(), outcome.counts()),
                ("incremental", [3 * PAGE as i64, 0, 0, 0]),
                "{series:?} {outcome:?}"
            );
        }
        let [seconds, there] = ["count(DISTINCT write_date)", "count(*)"].map(|what| {
            let sql = format!("SELECT {what} FROM odoo.sales WHERE name LIKE 'IMP%'");
            mirrored.session.number(&sql)
        });
        assert_eq!((seconds, there), (1, 3 * PAGE as i64), "{series:?}");
        mirrored.assert_equal();

        // all at once again, each in a moment of its own within the second
        for (number, order) in made.iter().enumerate() {
            let moment = format!("2027-03-01 13:00:00.{:06}", 999_999 - number * 7);
            mirrored.sample.write(
                "sale.order",
                &[*order],
                json!({"client_order_ref": "changed", "write_date": moment}),
            );
        }
        let outcome = mirrored.run_type("sales");
        assert_eq!(
            (outcome.mode.as_str(), outcome.counts()),
            ("incremental", [0, 3 * PAGE as i64, 0, 0]),
            "{series:?} {outcome:?}"
        );
        mirrored.assert_equal();

        let outcome = mirrored.run("'{sales}', full => true").remove(0);
        assert_eq!(outcome.counts(), [0; 4], "{series:?}: a full run finds nothing more");
    }
}

/// A first run, which reads everything, meets the same.
#[test]
fn so_they_are_in_a_first_run() {
    for series in BOTH {
        let mut mirrored = Mirrored::empty("bulk_first", series, support::sample_odoo::Size { documents: 12 });
        mirrored.session.run(&format!("SET odoo_sync.batch_size = {PAGE}; SET odoo_sync.concurrency = 3"));
        for number in 0..3 * PAGE {
            mirrored.sample.create("sale.order", json!({"name": format!("IMP{number:05}"), "state": "draft"}));
        }
        let outcomes = mirrored.run("");
        assert!(outcomes.iter().all(|outcome| outcome.fetched == outcome.inserted), "{series:?} {outcomes:?}");
        mirrored.assert_equal();
    }
}

/// Real ones make all records of a call in one transaction, whose start their write_date is.
#[test]
fn real_odoos_import_three_pages_in_one_transaction() {
    for series in [19, 14] {
        let Some(mut mirrored) = RealMirrored::new("bulk", series, &["reference"]) else {
            continue;
        };
        mirrored.session.run(&format!("SET odoo_sync.batch_size = {PAGE}"));
        let partners: Vec<Value> = (0..3 * PAGE).map(|number| json!({"name": format!("Imported {number}")})).collect();
        let made = mirrored.copy.create_all("res.partner", partners);
        mirrored.run().remove(0).assert_ok("incremental");
        let list = made.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let [seconds, there] = ["count(DISTINCT write_date)", "count(*)"].map(|what| {
            let sql = format!("SELECT {what} FROM odoo.partners WHERE id IN ({list}) AND name LIKE 'Imported %'");
            mirrored.session.number(&sql)
        });
        assert_eq!((seconds, there), (1, 3 * PAGE as i64), "{series}");
        mirrored.copy.write("res.partner", &made, json!({"ref": "changed"}));
        let outcome = mirrored.run().remove(0);
        outcome.assert_ok("incremental");
        assert_eq!(outcome.updated, 3 * PAGE as i64, "{series}: {outcome:?}");
    }
}
