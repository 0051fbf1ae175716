//! Where a window begins and ends: the lookback, and the start of the run before.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use serde_json::json;
use support::background::Background;
use support::gate::{Gate, is_page};
use support::sample_odoo::Reaction;

use crate::mirrored::{BOTH, HOUR, MINUTE, Mirrored, noon_and};

/// Changes a record so that its write_date says that time, and tells whether the next run has it.
fn is_read(mirrored: &mut Mirrored, write_date: &str) -> bool {
    let [order, ..] = mirrored.ids("sale.order")[..] else { panic!("there are orders") };
    let mark =
        format!("written {write_date}, read at {}", mirrored.session.value("SELECT count(*) FROM odoo_sync.runs"));
    mirrored.sample.write("sale.order", &[order], json!({"client_order_ref": mark, "write_date": write_date}));
    let outcome = mirrored.run_type("sales");
    outcome.assert_ok("incremental");
    mirrored.cell("sales", "client_order_ref", order) == mark
}

/// The mirrors were filled at noon, and each time below the last run before was then, too.
#[test]
fn lookback_is_honoured_to_the_second() {
    for series in BOTH {
        for (setting, at, expected) in [
            ("", -600, true),
            ("", -601, false),
            ("SET odoo_sync.lookback = '2h'", -7200, true),
            ("SET odoo_sync.lookback = '2h'", -7201, false),
            ("SET odoo_sync.lookback = 0", 0, true),
            ("SET odoo_sync.lookback = 0", -1, false),
            // a type's own wins
            ("UPDATE odoo_sync.types SET lookback = '1 min' WHERE type = 'sales'", -60, true),
            ("UPDATE odoo_sync.types SET lookback = '1 min' WHERE type = 'sales'", -61, false),
            (
                "UPDATE odoo_sync.types SET lookback = '1 hour' WHERE type = 'sales'; SET odoo_sync.lookback = 0",
                -3600,
                true,
            ),
            ("UPDATE odoo_sync.types SET lookback = '0' WHERE type = 'sales'", 0, true),
            ("UPDATE odoo_sync.types SET lookback = '0' WHERE type = 'sales'", -1, false),
        ] {
            static NUMBER: AtomicU32 = AtomicU32::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let mut mirrored = Mirrored::of_sales(&format!("lookback_{number}"), series);
            mirrored.session.run(setting);
            assert_eq!(is_read(&mut mirrored, &noon_and(at)), expected, "{series:?}, {setting:?}, {at} s");
        }
    }
}

/// Odoo tells its clock in whole seconds; what was written later within that second belongs to the next window.
#[test]
fn the_rest_of_a_second_is_not_lost() {
    for series in BOTH {
        let mut mirrored = Mirrored::of_sales("second", series);
        mirrored.session.run("SET odoo_sync.lookback = 0");
        let fraction = format!("{}.250000", noon_and(0));
        assert!(is_read(&mut mirrored, &fraction), "{series:?}");
    }
}

#[test]
fn the_window_ends_where_the_run_began() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("began", series);
        let [order, ..] = mirrored.ids("sale.order")[..] else { panic!("there are orders") };
        mirrored.sample.write("sale.order", &[order], json!({"client_order_ref": "before"}));
        let gate = Gate::before(&mirrored.sample, is_page);
        let mut session = mirrored.database.session();
        session.run("SET odoo_sync.lookback = 0; SET odoo_sync.batch_size = 1; SET odoo_sync.concurrency = 1");
        let background = Background::start(session, "SELECT odoo_sync.run('{sales}')");
        gate.await_request();
        // written while the run is under way, after its search and before its end
        mirrored.sample.advance(MINUTE);
        let other = mirrored.ids("sale.order")[1];
        mirrored.sample.write("sale.order", &[other], json!({"client_order_ref": "meanwhile"}));
        mirrored.sample.advance(HOUR);
        gate.open();
        background.rows();
        mirrored.session.run("SET odoo_sync.lookback = 0");
        let outcome = mirrored.run_type("sales");
        outcome.assert_ok("incremental");
        assert_eq!(mirrored.cell("sales", "client_order_ref", other), "meanwhile", "{series:?}");
        mirrored.assert_equal();
    }
}

#[test]
fn a_failed_run_does_not_move_the_window() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("unmoved", series);
        mirrored.session.run("SET odoo_sync.lookback = 0; SET odoo_sync.max_retries = 0");
        let [order, ..] = mirrored.ids("sale.order")[..] else { panic!("there are orders") };
        mirrored.sample.write("sale.order", &[order], json!({"client_order_ref": "changed"}));
        let window = "SELECT string_agg(window_end::text, ' ' ORDER BY table_name) FROM odoo_sync.mirror_state WHERE table_name IN ('sales', 'sale_lines')";
        let before = mirrored.session.value(window);
        // from the first page on, nothing is answered any more
        let is_down = AtomicBool::new(false);
        mirrored.sample.on_request(move |request| {
            let down = is_down.fetch_or(is_page(request), Ordering::Relaxed) || is_page(request);
            if down { Reaction::Drop } else { Reaction::Answer }
        });
        let error = mirrored.fail_type("sales");
        assert_eq!(error.message(), "1 of 1 type failed: sales", "{series:?}");
        let after = mirrored.session.value(window);
        assert_ne!(after, "", "{series:?}");
        assert_eq!(after, before, "{series:?}: neither mirror had all its pages");

        mirrored.sample.on_request(|_| Reaction::Answer);
        mirrored.later(HOUR);
        mirrored.run_type("sales").assert_ok("incremental");
        assert_eq!(mirrored.cell("sales", "client_order_ref", order), "changed", "{series:?}");
        mirrored.assert_equal();
    }
}
