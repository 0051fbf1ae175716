//! The window: an incremental run reads what was written since the last one, and no more.

use std::time::Duration;

use serde_json::json;
use support::gate::is_page;
use support::sample_odoo::Size;
use support::wait;

use crate::mirrored::{BOTH, HOUR, MINUTE, Mirrored, Outcome};
use crate::real::RealMirrored;

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
        let mirrors = format!("SELECT model, compare FROM odoo_sync.mirrors WHERE {number} BETWEEN since AND until");
        for mirror in mirrored.session.rows(&mirrors) {
            let of_model: Vec<_> = asked.iter().filter(|request| request.model == mirror[0]).collect();
            let methods: Vec<_> = of_model.iter().filter_map(|request| request.method.as_deref()).collect();
            assert!(of_model.len() <= 3, "{series:?} {mirror:?}: {methods:?}");
            if mirror[1].as_deref() == Some("window") {
                assert!(!of_model.iter().any(|request| is_page(request)), "{series:?} {mirror:?}: {methods:?}");
            }
        }
        let mirrors = mirrored.session.number("SELECT count(*) FROM odoo_sync.mirror_state") as usize;
        assert!(asked.len() <= 3 * mirrors, "{series:?}: {}", asked.len());
        let told = mirrored
            .session
            .number("SELECT sum(requests) FROM odoo_sync.runs WHERE run_id = (SELECT max(run_id) FROM odoo_sync.runs)");
        assert_eq!(
            told,
            mirrored.sample.requests().len() as i64,
            "{series:?}: history tells as many, the login's included"
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
            assert_eq!(small[..2], large[..2], "as many requests: {small:?} {large:?}");
            let bytes = |row: &[Option<String>]| {
                row[2].as_deref().unwrap_or_default().parse::<i64>().expect("bytes are a number")
            };
            // a count may have a digit more
            assert!((bytes(large) - bytes(small)).abs() < 50, "as many bytes: {small:?} {large:?}");
        }
    }
}

#[test]
fn only_what_changed_is_read_and_written() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("changed", series);
        let sample = &mirrored.sample;
        let [order, ..] = mirrored.ids("purchase.order")[..] else { panic!("there are orders") };
        let lines =
            sample.records("purchase.order.line").iter().filter(|line| line["order_id"] == order).count() as i64;
        assert!(lines > 0);
        sample.write("purchase.order", &[order], json!({"partner_ref": "changed"}));
        let sale_line = mirrored.ids("sale.order.line")[3];
        sample.write("sale.order.line", &[sale_line], json!({"customer_lead": 12}));
        let product = mirrored.ids("product.product")[1];
        sample.write("product.product", &[product], json!({"default_code": "NEW-CODE"}));
        let before = mirrored.versions("purchases", &format!("id <> {order}"));

        let outcomes = mirrored.run(FOLLOWED);
        outcomes.iter().for_each(|outcome| outcome.assert_ok("incremental"));
        let told: Vec<(&str, i64, [i64; 4])> =
            outcomes.iter().map(|outcome| (outcome.r#type.as_str(), outcome.fetched, outcome.counts())).collect();
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
        assert_eq!(mirrored.versions("purchases", &format!("id <> {order}")), before, "the others were not written");
        mirrored.assert_equal();

        // the next window looks back on that, and the one after it no more
        mirrored.later(HOUR);
        for outcome in mirrored.run(FOLLOWED) {
            assert_eq!(outcome.counts(), [0; 4], "{series:?} {outcome:?}");
        }
        mirrored.later(HOUR);
        for outcome in mirrored.run(FOLLOWED) {
            assert_eq!((outcome.fetched, outcome.counts()), (0, [0; 4]), "{series:?} {outcome:?}");
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
        mirrored.sample.write("sale.order.line", lines, json!({"name": "changed"}));
        let outcome = mirrored.run_type("sales");
        assert_eq!((outcome.mode.as_str(), outcome.updated), ("incremental", 25), "{series:?}");
        let asked = mirrored.asked();
        let of_lines: Vec<_> =
            asked.iter().filter(|request| request.model.as_deref() == Some("sale.order.line")).collect();
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
        for (outcome, models) in
            outcomes.iter().zip([["sale.order", "sale.order.line"], ["purchase.order", "purchase.order.line"]])
        {
            let expected: usize = models.iter().map(|model| mirrored.ids(model).len()).sum();
            assert_eq!((outcome.mode.as_str(), outcome.fetched), ("full", expected as i64), "{series:?} {outcome:?}");
        }
        mirrored.later(MINUTE);
        assert_eq!(mirrored.run_type("sales").mode, "incremental");
        let modes = mirrored.session.column("SELECT mode FROM odoo_sync.history WHERE type = 'sales' ORDER BY run_id");
        assert_eq!(modes, ["full", "incremental", "full", "incremental"], "{series:?}");
    }
}

#[test]
fn a_real_odoo_is_asked_little_where_nothing_changed() {
    for series in [14, 19] {
        let Some(mut mirrored) = RealMirrored::new("window", series, &["products", "invoices", "purchases", "sales"])
        else {
            continue;
        };
        // what earlier tests changed in this copy is within the lookback
        mirrored.session.run("SET odoo_sync.lookback = 0");
        mirrored.await_later_second();
        mirrored.run();
        mirrored.await_later_second();
        for outcome in mirrored.run() {
            outcome.assert_ok("incremental");
            assert_eq!((outcome.fetched, outcome.counts()), (0, [0; 4]), "{series} {outcome:?}");
        }
        let of_last = "FROM odoo_sync.runs WHERE run_id = (SELECT max(run_id) FROM odoo_sync.runs)";
        let requests = mirrored.session.number(&format!("SELECT sum(requests) {of_last}"));
        assert!(
            requests <= 7 * 3 + 3 + 4,
            "{series}: {requests} requests for 7 mirrors, one of which asks for three other models' traces, and a login"
        );
        // the fields' descriptions are all that is long
        let bytes = mirrored.session.number(&format!("SELECT sum(bytes) {of_last}"));
        assert!(bytes < 7 * 60_000, "{series}: {bytes} bytes for 7 mirrors");

        let order = mirrored.copy.search("sale.order", json!([]))[0];
        mirrored.copy.write("sale.order", &[order], json!({"client_order_ref": "changed"}));
        let outcomes = mirrored.run();
        let updated: i64 = outcomes.iter().map(|outcome| outcome.updated).sum();
        assert_eq!(updated, 1, "{series}: {outcomes:?}");
    }
}

impl RealMirrored {
    /// Waits until what Odoo wrote before the last run is no longer within that run's first second.
    fn await_later_second(&mut self) {
        let is_over = "SELECT now() - max(window_end) > interval '2 s' FROM odoo_sync.mirror_state";
        wait::until("a later second", Duration::from_secs(5), || (self.session.value(is_over) == "t").then_some(()));
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
