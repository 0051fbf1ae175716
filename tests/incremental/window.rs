//! The window: an incremental run reads what was written since the last one, and no more.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use support::background::Background;
use support::gate::{Gate, is_page};
use support::sample_odoo::{Reaction, Series, Size};
use support::wait;

use crate::mirrored::{BOTH, HOUR, MINUTE, Mirrored, Outcome, RealMirrored, noon_and, run};

/// The types whose mirrors all follow write_date.
const FOLLOWED: &str = "'{products,invoices,purchases,sales}'";

#[test]
fn nothing_changed_costs_at_most_three_requests_a_mirror_and_no_page() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("idle", series);
        for outcome in mirrored.run("") {
            outcome.assert_unchanged();
        }
        let asked = mirrored.asked();
        let number = format!("{series:?}").replace('V', "");
        let mirrors = format!(
            "SELECT model, compare FROM odoo_sync.mirrors WHERE {number} BETWEEN since AND until"
        );
        for mirror in mirrored.session.rows(&mirrors) {
            let of_model: Vec<_> = asked
                .iter()
                .filter(|request| request.model == mirror[0])
                .collect();
            let methods: Vec<_> = of_model
                .iter()
                .filter_map(|request| request.method.as_deref())
                .collect();
            assert!(of_model.len() <= 3, "{series:?} {mirror:?}: {methods:?}");
            if mirror[1].as_deref() == Some("window") {
                assert!(
                    !of_model.iter().any(|request| is_page(request)),
                    "{series:?} {mirror:?}: {methods:?}"
                );
            }
        }
        let told = mirrored.session.number("SELECT sum(requests) FROM odoo_sync.runs WHERE run_id = (SELECT max(run_id) FROM odoo_sync.runs)");
        assert_eq!(
            told,
            asked.len() as i64,
            "{series:?}: history tells as many, the login apart"
        );
        mirrored.assert_equal();
    }
}

#[test]
fn nothing_changed_costs_the_same_over_a_larger_table() {
    for series in BOTH {
        let [small, large] = [60, 600].map(|documents| {
            let mut mirrored = Mirrored::with(&format!("cost_{documents}"), series, Size { documents });
            mirrored.run(FOLLOWED);
            let cost = "SELECT type, requests, bytes FROM odoo_sync.history WHERE mode = 'incremental' ORDER BY type";
            mirrored.session.rows(cost)
        });
        assert_eq!(small.len(), 4, "{small:?}");
        for (small, large) in small.iter().zip(&large) {
            assert_eq!(
                small[..2],
                large[..2],
                "as many requests: {small:?} {large:?}"
            );
            let bytes = |row: &[Option<String>]| {
                row[2]
                    .as_deref()
                    .unwrap_or_default()
                    .parse::<i64>()
                    .expect("bytes are a number")
            };
            // a count may have a digit more
            assert!(
                (bytes(large) - bytes(small)).abs() < 50,
                "as many bytes: {small:?} {large:?}"
            );
        }
    }
}

#[test]
#[ignore = "unfinished: on 14 it does not expect a product to follow a move of its stock"]
fn only_what_changed_is_read_and_written() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("changed", series);
        let sample = &mirrored.sample;
        let [order, ..] = mirrored.ids("purchase.order")[..] else {
            panic!("there are orders")
        };
        let lines = sample
            .records("purchase.order.line")
            .iter()
            .filter(|line| line["order_id"] == order)
            .count() as i64;
        assert!(lines > 0);
        sample.write(
            "purchase.order",
            &[order],
            json!({"partner_ref": "changed"}),
        );
        let sale_line = mirrored.ids("sale.order.line")[3];
        sample.write(
            "sale.order.line",
            &[sale_line],
            json!({"customer_lead": 12}),
        );
        let product = mirrored.ids("product.product")[1];
        sample.write(
            "product.product",
            &[product],
            json!({"default_code": "NEW-CODE"}),
        );
        let before = mirrored.versions("purchases", &format!("id <> {order}"));

        let outcomes = mirrored.run(FOLLOWED);
        outcomes
            .iter()
            .for_each(|outcome| outcome.assert_ok("incremental"));
        let told: Vec<(&str, i64, [i64; 4])> = outcomes
            .iter()
            .map(|outcome| (outcome.r#type.as_str(), outcome.fetched, outcome.counts()))
            .collect();
        assert_eq!(
            told,
            [
                ("products", 1, [0, 1, 0, 0]),
                ("invoices", 0, [0, 0, 0, 0]),
                // with its lines, which are the same
                ("purchases", 1 + lines, [0, 1, 0, 0]),
                // with its header
                ("sales", 2, [0, 1, 0, 0]),
            ],
            "{series:?}"
        );
        assert_eq!(
            mirrored.versions("purchases", &format!("id <> {order}")),
            before,
            "the others were not written"
        );
        mirrored.assert_equal();

        // beyond the lookback, all of that is old
        mirrored.later(HOUR);
        for outcome in mirrored.run(FOLLOWED) {
            assert_eq!(
                (outcome.fetched, outcome.counts()),
                (0, [0; 4]),
                "{series:?} {outcome:?}"
            );
        }
    }
}

#[test]
fn changed_records_cost_their_own_pages_and_no_more() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("pages", series);
        mirrored.session.run("SET odoo_sync.batch_size = 10");
        let lines = &mirrored.ids("sale.order.line")[..25];
        // no header changes, since a line's own field does
        mirrored
            .sample
            .write("sale.order.line", lines, json!({"name": "changed"}));
        let outcome = mirrored.run_type("sales");
        assert_eq!(
            (outcome.mode.as_str(), outcome.updated),
            ("incremental", 25),
            "{series:?}"
        );
        let asked = mirrored.asked();
        let of_lines: Vec<_> = asked
            .iter()
            .filter(|request| request.model.as_deref() == Some("sale.order.line"))
            .collect();
        let pages = of_lines.iter().filter(|request| is_page(request)).count();
        assert_eq!((pages, of_lines.len() - pages), (3, 3), "{series:?}");
    }
}

#[test]
fn mode_is_told_by_the_result_and_by_history() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("modes", series);
        assert_eq!(mirrored.run_type("sales").mode, "incremental");
        mirrored.later(MINUTE);
        let outcomes = mirrored.run("'{sales,purchases}', full => true");
        for (outcome, models) in outcomes.iter().zip([
            ["sale.order", "sale.order.line"],
            ["purchase.order", "purchase.order.line"],
        ]) {
            let expected: usize = models.iter().map(|model| mirrored.ids(model).len()).sum();
            assert_eq!(
                (outcome.mode.as_str(), outcome.fetched),
                ("full", expected as i64),
                "{series:?} {outcome:?}"
            );
        }
        mirrored.later(MINUTE);
        assert_eq!(mirrored.run_type("sales").mode, "incremental");
        let modes = mirrored
            .session
            .column("SELECT mode FROM odoo_sync.history WHERE type = 'sales' ORDER BY run_id");
        assert_eq!(
            modes,
            ["full", "incremental", "full", "incremental"],
            "{series:?}"
        );
    }
}

/// Changes a record so that its write_date says that time, and tells whether the next run has it.
fn is_read(mirrored: &mut Mirrored, write_date: &str) -> bool {
    let [order, ..] = mirrored.ids("sale.order")[..] else {
        panic!("there are orders")
    };
    let mark = format!(
        "written {write_date}, read at {}",
        mirrored
            .session
            .value("SELECT count(*) FROM odoo_sync.runs")
    );
    mirrored.sample.write(
        "sale.order",
        &[order],
        json!({"client_order_ref": mark, "write_date": write_date}),
    );
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
            (
                "UPDATE odoo_sync.types SET lookback = '1 min' WHERE type = 'sales'",
                -60,
                true,
            ),
            (
                "UPDATE odoo_sync.types SET lookback = '1 min' WHERE type = 'sales'",
                -61,
                false,
            ),
            (
                "UPDATE odoo_sync.types SET lookback = '1 hour' WHERE type = 'sales'; SET odoo_sync.lookback = 0",
                -3600,
                true,
            ),
            (
                "UPDATE odoo_sync.types SET lookback = '0' WHERE type = 'sales'",
                0,
                true,
            ),
            (
                "UPDATE odoo_sync.types SET lookback = '0' WHERE type = 'sales'",
                -1,
                false,
            ),
        ] {
            static NUMBER: AtomicU32 = AtomicU32::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let mut mirrored = Mirrored::of_sales(&format!("lookback_{number}"), series);
            mirrored.session.run(setting);
            assert_eq!(
                is_read(&mut mirrored, &noon_and(at)),
                expected,
                "{series:?}, {setting:?}, {at} s"
            );
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
        let [order, ..] = mirrored.ids("sale.order")[..] else {
            panic!("there are orders")
        };
        mirrored.sample.write(
            "sale.order",
            &[order],
            json!({"client_order_ref": "before"}),
        );
        let gate = Gate::before(&mirrored.sample, is_page);
        let mut session = mirrored.database.session();
        session.run("SET odoo_sync.lookback = 0; SET odoo_sync.batch_size = 1; SET odoo_sync.concurrency = 1");
        let background = Background::start(session, "SELECT odoo_sync.run('{sales}')");
        gate.await_request();
        // written while the run is under way, after its search and before its end
        mirrored.sample.advance(MINUTE);
        let other = mirrored.ids("sale.order")[1];
        mirrored.sample.write(
            "sale.order",
            &[other],
            json!({"client_order_ref": "meanwhile"}),
        );
        mirrored.sample.advance(HOUR);
        gate.open();
        background.rows();
        mirrored.session.run("SET odoo_sync.lookback = 0");
        let outcome = mirrored.run_type("sales");
        outcome.assert_ok("incremental");
        assert_eq!(
            mirrored.cell("sales", "client_order_ref", other),
            "meanwhile",
            "{series:?}"
        );
        mirrored.assert_equal();
    }
}

#[test]
fn a_failed_run_does_not_move_the_window() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("unmoved", series);
        mirrored
            .session
            .run("SET odoo_sync.lookback = 0; SET odoo_sync.max_retries = 0");
        let [order, ..] = mirrored.ids("sale.order")[..] else {
            panic!("there are orders")
        };
        mirrored.sample.write(
            "sale.order",
            &[order],
            json!({"client_order_ref": "changed"}),
        );
        let window = "SELECT string_agg(window_end::text, ' ' ORDER BY table_name) FROM odoo_sync.mirror_state WHERE table_name IN ('sales', 'sale_lines')";
        let before = mirrored.session.value(window);
        // from the first page on, nothing is answered any more
        let is_down = AtomicBool::new(false);
        mirrored.sample.on_request(move |request| {
            let down = is_down.fetch_or(is_page(request), Ordering::Relaxed) || is_page(request);
            if down {
                Reaction::Drop
            } else {
                Reaction::Answer
            }
        });
        let error = mirrored.fail_type("sales");
        assert_eq!(error.message(), "1 of 1 types failed: sales", "{series:?}");
        let after = mirrored.session.value(window);
        assert_ne!(after, "", "{series:?}");
        assert_eq!(
            after, before,
            "{series:?}: neither mirror had all its pages"
        );

        mirrored.sample.on_request(|_| Reaction::Answer);
        mirrored.later(HOUR);
        mirrored.run_type("sales").assert_ok("incremental");
        assert_eq!(
            mirrored.cell("sales", "client_order_ref", order),
            "changed",
            "{series:?}"
        );
        mirrored.assert_equal();
    }
}

/// `HH:MM` so many minutes from now, by the clocks of a time zone.
fn time_of_day(mirrored: &mut Mirrored, zone: &str, minutes: i64) -> String {
    mirrored.session.value(&format!(
        "SELECT to_char(now() AT TIME ZONE '{zone}' + interval '{minutes} min', 'HH24:MI')"
    ))
}

#[test]
fn the_first_run_after_full_at_is_full_by_the_clocks_of_its_time_zone() {
    // none of them shares its hours with another, nor with the server, which keeps UTC
    for (name, zone) in [
        ("utc", "UTC"),
        ("tokyo", "Asia/Tokyo"),
        ("kathmandu", "Asia/Kathmandu"),
        ("honolulu", "Pacific/Honolulu"),
    ] {
        let mut mirrored = Mirrored::of_sales(&format!("full_at_{name}"), BOTH[1]);
        let aged = "UPDATE odoo_sync.mirror_state SET full_at = now() - interval '10 min'";
        let [past, future] = [-5, 5].map(|minutes| time_of_day(&mut mirrored, zone, minutes));
        mirrored.session.run(aged);
        mirrored.session.run(&format!(
            "SET odoo_sync.timezone = '{zone}'; SET odoo_sync.full_at = '{future}'"
        ));
        assert_eq!(
            mirrored.run_type("sales").mode,
            "incremental",
            "{zone}: not yet"
        );
        mirrored
            .session
            .run(&format!("SET odoo_sync.full_at = '{past}'"));
        assert_eq!(
            mirrored.run_type("sales").mode,
            "full",
            "{zone}: since five minutes"
        );
        assert_eq!(
            mirrored.run_type("sales").mode,
            "incremental",
            "{zone}: once a day"
        );
        // by another zone's clocks, that time is hours away
        mirrored.session.run(aged);
        let other = if zone == "UTC" { "Asia/Tokyo" } else { "UTC" };
        mirrored
            .session
            .run(&format!("SET odoo_sync.timezone = '{other}'"));
        assert_eq!(
            mirrored.run_type("sales").mode,
            "incremental",
            "{zone}: by the clocks of {other}"
        );
        // a day and more ago is long enough by any
        mirrored
            .session
            .run("UPDATE odoo_sync.mirror_state SET full_at = now() - interval '25 hours'");
        assert_eq!(mirrored.run_type("sales").mode, "full", "{zone}");
    }
}

#[test]
fn full_at_is_by_the_clocks_of_the_server_where_no_time_zone_is_set() {
    let mut mirrored = Mirrored::of_sales("full_at_server", BOTH[1]);
    let past = time_of_day(&mut mirrored, "Asia/Tokyo", -5);
    mirrored
        .session
        .run("UPDATE odoo_sync.mirror_state SET full_at = now() - interval '10 min'");
    mirrored
        .session
        .run(&format!("SET odoo_sync.full_at = '{past}'"));
    assert_eq!(
        mirrored.run_type("sales").mode,
        "incremental",
        "the server keeps UTC"
    );
    mirrored
        .session
        .run("ALTER DATABASE full_at_server_v19 SET timezone = 'Asia/Tokyo'");
    assert_eq!(
        mirrored.run_type("sales").mode,
        "full",
        "this database's time zone is Tokyo's"
    );
}

#[test]
fn a_full_run_by_hand_is_the_days_full_run() {
    let mut mirrored = Mirrored::of_sales("by_hand", BOTH[1]);
    mirrored
        .session
        .run("UPDATE odoo_sync.mirror_state SET full_at = now() - interval '25 hours'");
    assert_eq!(mirrored.run("'{sales}', full => true")[0].mode, "full");
    assert_eq!(mirrored.run_type("sales").mode, "incremental");
}

#[test]
fn a_full_run_finds_what_no_window_can() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("quiet", series);
        let [order, ..] = mirrored.ids("sale.order")[..] else {
            panic!("there are orders")
        };
        mirrored.sample.write_quietly(
            "sale.order",
            &[order],
            json!({"client_order_ref": "quietly"}),
        );
        mirrored.run_type("sales").assert_ok("incremental");
        assert_ne!(
            mirrored.cell("sales", "client_order_ref", order),
            "quietly",
            "{series:?}: nothing tells of it"
        );
        mirrored
            .session
            .run("UPDATE odoo_sync.mirror_state SET full_at = now() - interval '25 hours'");
        let outcome = mirrored.run_type("sales");
        outcome.assert_ok("full");
        assert_eq!(outcome.counts(), [0, 1, 0, 0], "{series:?}");
        mirrored.assert_equal();
    }
}

#[test]
#[ignore = "unfinished: it calls Odoo 14 with named arguments, which that does not take"]
fn a_real_odoo_is_asked_little_where_nothing_changed() {
    for series in [14, 19] {
        let Some(mut mirrored) = RealMirrored::new(
            "window",
            series,
            &["products", "invoices", "purchases", "sales"],
        ) else {
            continue;
        };
        // what earlier tests changed in this copy is within the lookback
        mirrored.session.run("SET odoo_sync.lookback = 0");
        mirrored.await_later_second();
        mirrored.run();
        mirrored.await_later_second();
        for outcome in mirrored.run() {
            outcome.assert_ok("incremental");
            assert_eq!(
                (outcome.fetched, outcome.counts()),
                (0, [0; 4]),
                "{series} {outcome:?}"
            );
        }
        let of_last = "FROM odoo_sync.runs WHERE run_id = (SELECT max(run_id) FROM odoo_sync.runs)";
        let requests = mirrored
            .session
            .number(&format!("SELECT sum(requests) {of_last}"));
        assert!(
            requests <= 7 * 3,
            "{series}: {requests} requests for 7 mirrors"
        );
        // the fields' descriptions are all that is long
        let bytes = mirrored
            .session
            .number(&format!("SELECT sum(bytes) {of_last}"));
        assert!(bytes < 7 * 60_000, "{series}: {bytes} bytes for 7 mirrors");

        let order = mirrored.copy.search("sale.order", json!([]))[0];
        mirrored.copy.write(
            "sale.order",
            &[order],
            json!({"client_order_ref": "changed"}),
        );
        let outcomes = mirrored.run();
        let updated: i64 = outcomes.iter().map(|outcome| outcome.updated).sum();
        assert_eq!(updated, 1, "{series}: {outcomes:?}");
        mirrored.assert_equal();
    }
}

impl Mirrored {
    /// One that has only its sales, filled at noon.
    fn of_sales(name: &str, series: Series) -> Mirrored {
        let mut mirrored = Mirrored::empty(name, series, Size { documents: 12 });
        assert_eq!(run(&mut mirrored.session, "'{sales}'")[0].mode, "full");
        mirrored.later(HOUR);
        mirrored
    }
}

impl RealMirrored {
    /// Waits until what Odoo wrote before the last run is no longer within that run's first second.
    fn await_later_second(&mut self) {
        let is_over = "SELECT now() - max(window_end) > interval '2 s' FROM odoo_sync.mirror_state";
        wait::until("a later second", Duration::from_secs(5), || {
            (self.session.value(is_over) == "t").then_some(())
        });
    }
}

impl Outcome {
    /// Panics if anything was written, or more read than what is compared whole.
    fn assert_unchanged(&self) {
        assert_eq!(
            (self.status.as_str(), self.mode.as_str(), self.counts()),
            ("ok", "incremental", [0; 4]),
            "{self:?}"
        );
        let is_followed = FOLLOWED.contains(&self.r#type);
        assert!(!is_followed || self.fetched == 0, "{self:?}");
    }
}
