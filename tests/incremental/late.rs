//! Transactions in Odoo that commit later than the time that their records carry.

use std::time::{Duration, Instant};

use serde_json::json;
use support::background::Background;
use support::gate::{Gate, is_page};
use support::session::told;

use crate::mirrored::{BOTH, HOUR, MINUTE, Mirrored, noon_and, outcomes};
use crate::real::RealMirrored;

/// The run was at noon. What began before it, and commits only now, carries a time before noon.
#[test]
fn what_began_before_a_run_and_commits_after_it_comes_with_the_next() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("late", series);
        let late = noon_and(-110);
        let made = mirrored
            .sample
            .create("sale.order", json!({"name": "S-LATE", "write_date": late, "create_date": late, "state": "sale"}));
        let [order, gone, ..] = mirrored.ids("sale.order")[..] else { panic!("there are orders") };
        mirrored.sample.write("sale.order", &[order], json!({"client_order_ref": "late", "write_date": late}));
        mirrored.sample.unlink("sale.order", &[gone]);
        let outcome = mirrored.run_type("sales");
        outcome.assert_ok("incremental");
        assert_eq!(mirrored.cell("sales", "client_order_ref", order), "late", "{series:?}");
        assert_eq!(mirrored.cell("sales", "name", made), "S-LATE", "{series:?}");
        mirrored.assert_equal();
    }
}

/// The run begins at one o'clock and takes half an hour, three times the lookback.
#[test]
fn so_it_does_where_the_run_took_longer_than_the_lookback() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("long", series);
        let [first, before, during, ..] = mirrored.ids("sale.order")[..] else { panic!("there are orders") };
        mirrored.sample.write("sale.order", &[first], json!({"client_order_ref": "seen"}));
        let gate = Gate::before(&mirrored.sample, is_page);
        let background = Background::start(mirrored.database.session(), "SELECT odoo_sync.run('{sales}')");
        gate.await_request();
        mirrored.sample.advance(30 * MINUTE);
        gate.open();
        background.rows();
        // one transaction began two minutes before the run, one ten minutes into it; both commit after its end
        mirrored.sample.write(
            "sale.order",
            &[before],
            json!({"client_order_ref": "before", "write_date": noon_and(3600 - 120)}),
        );
        mirrored.sample.write(
            "sale.order",
            &[during],
            json!({"client_order_ref": "during", "write_date": noon_and(3600 + 600)}),
        );
        mirrored.later(HOUR);
        mirrored.run_type("sales").assert_ok("incremental");
        for (order, mark) in [(first, "seen"), (before, "before"), (during, "during")] {
            assert_eq!(mirrored.cell("sales", "client_order_ref", order), mark, "{series:?}");
        }
        mirrored.assert_equal();
    }
}

/// The same in real ones: a transaction in Odoo's own database is open while a run goes on, and the run takes longer
/// than the lookback.
#[test]
fn a_transaction_of_a_real_odoo_is_not_lost() {
    const LOOKBACK: Duration = Duration::from_secs(4);
    for series in [19, 14] {
        let Some(mut mirrored) = RealMirrored::new("late", series, &["sales"]) else {
            continue;
        };
        mirrored.session.run(&format!("SET odoo_sync.lookback = '{}s'", LOOKBACK.as_secs()));
        let [order, other, ..] = mirrored.copy.search("sale.order", json!([]))[..] else { panic!("there are orders") };
        // the run has something to read
        mirrored.copy.write("sale.order", &[other], json!({"client_order_ref": "in time"}));
        let mut sql = mirrored.copy.sql();
        let late =
            "UPDATE sale_order SET client_order_ref = 'late', write_date = now() AT TIME ZONE 'UTC' WHERE id = $1";
        let mut transaction = sql.transaction().unwrap_or_else(|error| panic!("{}", told(&error)));
        transaction
            .execute(late, &[&i32::try_from(order).expect("it is small")])
            .unwrap_or_else(|error| panic!("{}", told(&error)));

        // two mirrors, three requests each
        mirrored.session.run("SET odoo_sync.delay = '1s'");
        let start = Instant::now();
        let ran = mirrored.run().remove(0);
        ran.assert_ok("incremental");
        assert!(start.elapsed() > LOOKBACK, "it took but {:?}", start.elapsed());
        let reference = format!("SELECT coalesce(client_order_ref, '') FROM odoo.sales WHERE id = {order}");
        assert_ne!(mirrored.session.value(&reference), "late", "it is not committed yet");
        transaction.commit().unwrap_or_else(|error| panic!("{}", told(&error)));

        mirrored.session.run("SET odoo_sync.delay = 0");
        outcomes(&mut mirrored.session, "odoo_sync.run()").expect("it ends well").remove(0).assert_ok("incremental");
        assert_eq!(mirrored.session.value(&reference), "late", "{series}");
    }
}
