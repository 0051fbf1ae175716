//! The guard against mass removal: a right that is lost in Odoo must not empty a report.

use serde_json::json;
use support::sample_odoo::{Series, Size};

use crate::mirrored::{BOTH, Mirrored, run, try_run};

/// A mirror of more than a hundred orders, and how many there are.
fn large(name: &str, series: Series) -> (Mirrored, usize) {
    let mirrored = Mirrored::with(name, series, Size { documents: 260 });
    let orders = mirrored.ids("sale.order").len();
    assert!(orders > 100, "the sample made {orders} orders");
    (mirrored, orders)
}

/// Lets so many orders vanish from the user's sight, as a changed record rule does.
fn hide(mirrored: &Mirrored, orders: usize) {
    mirrored.ids("sale.order")[..orders].iter().for_each(|order| mirrored.sample.hide_record("sale.order", *order));
}

fn rows(mirrored: &mut Mirrored) -> usize {
    mirrored.rows("sales", "true").len()
}

#[test]
fn a_run_that_would_remove_more_than_half_of_a_table_removes_nothing() {
    for series in BOTH {
        let (mut mirrored, orders) = large("refused", series);
        let hidden = orders / 2 + 1;
        hide(&mirrored, hidden);
        let changed = *mirrored.ids("sale.order").last().expect("there are orders");
        mirrored.sample.write("sale.order", &[changed], json!({"client_order_ref": "changed"}));
        for arguments in ["'{sales}'", "'{sales}', full => true"] {
            let error = try_run(&mut mirrored.session, arguments).expect_err("it must be refused");
            assert_eq!(error.code().code(), "55000", "{error:?}");
            assert_eq!(error.message(), "1 of 1 type failed: sales");
            let detail = error.detail().unwrap_or_default();
            for told in ["sales", &hidden.to_string(), &orders.to_string(), "50 %", "none was removed"] {
                assert!(detail.contains(told), "{series:?}, {arguments}: {told:?} in {detail}");
            }
            assert_eq!(rows(&mut mirrored), orders, "{series:?}, {arguments}");
            let status = mirrored
                .session
                .rows("SELECT state, message, deleted FROM odoo_sync.status() WHERE type = 'sales'")
                .remove(0);
            assert_eq!((status[0].as_deref(), status[2].as_deref()), (Some("failed"), Some("0")), "{status:?}");
            assert!(status[1].as_deref().is_some_and(|message| message.contains(&hidden.to_string())), "{status:?}");
        }
        // told how to go on, and what else changed is here
        let history = mirrored.session.value("SELECT message FROM odoo_sync.history WHERE status = 'failed' LIMIT 1");
        assert!(history.contains("force => true"), "{history}");
        assert_eq!(mirrored.cell("sales", "client_order_ref", changed), "changed", "{series:?}");

        // the right is given back: all is well by itself
        mirrored.ids("sale.order").iter().for_each(|order| mirrored.sample.mend_record("sale.order", *order));
        mirrored.run_type("sales");
        mirrored.assert_equal();
    }
}

#[test]
fn force_removes_them() {
    for series in BOTH {
        let (mut mirrored, orders) = large("forced", series);
        let hidden = orders / 2 + 1;
        hide(&mirrored, hidden);
        mirrored.fail_type("sales");
        let outcome = mirrored.run("'{sales}', force => true").remove(0);
        outcome.assert_ok("incremental");
        assert!(outcome.deleted >= hidden as i64, "{series:?} {outcome:?}");
        assert_eq!(rows(&mut mirrored), orders - hidden, "{series:?}");
        // once is enough
        mirrored.run_type("sales").assert_ok("incremental");
    }
}

#[test]
fn half_of_a_table_may_go() {
    for series in BOTH {
        let (mut mirrored, orders) = large("half", series);
        hide(&mirrored, orders / 2);
        mirrored.run_type("sales").assert_ok("incremental");
        assert_eq!(rows(&mut mirrored), orders - orders / 2, "{series:?}");
    }
}

#[test]
fn all_of_a_small_table_may_go() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("small", series);
        let orders = mirrored.ids("sale.order");
        assert!(orders.len() <= 100);
        hide(&mirrored, orders.len());
        mirrored.run_type("sales").assert_ok("incremental");
        assert_eq!(rows(&mut mirrored), 0, "{series:?}");
    }
}

#[test]
fn both_numbers_are_settings() {
    for series in BOTH {
        let (mut mirrored, orders) = large("numbers", series);
        hide(&mirrored, orders * 6 / 10);
        mirrored.fail_type("sales");
        mirrored.session.run("SET odoo_sync.max_removal = 59");
        mirrored.fail_type("sales");
        // the table is small enough: removed, in a session of its own
        let mut other = mirrored.database.session();
        other.run(&format!("SET odoo_sync.max_removal_rows = {}", orders - 1));
        try_run(&mut other, "'{sales}'").expect_err("it has one row too many for that");
        mirrored.session.run("SET odoo_sync.max_removal = 61");
        mirrored.run_type("sales").assert_ok("incremental");
        let left = rows(&mut mirrored);
        assert_eq!(left, orders - orders * 6 / 10, "{series:?}");

        hide(&mirrored, orders * 6 / 10 + 3);
        mirrored.session.run("SET odoo_sync.max_removal = 0; SET odoo_sync.max_removal_rows = 10");
        mirrored.fail_type("sales");
        other.run(&format!("SET odoo_sync.max_removal = 0; SET odoo_sync.max_removal_rows = {left}"));
        run(&mut other, "'{sales}'").remove(0).assert_ok("incremental");
        assert_eq!(rows(&mut mirrored), left - 3, "{series:?}");
    }
}

/// Where rows of records that are gone are marked, a mass of them is as suspicious.
#[test]
fn a_run_that_would_mark_more_than_half_marks_nothing() {
    for series in BOTH {
        let (mut mirrored, orders) = large("marked", series);
        mirrored.session.run("UPDATE odoo_sync.types SET deletes = 'mark' WHERE type = 'sales'");
        hide(&mirrored, orders / 2 + 1);
        mirrored.fail_type("sales");
        assert_eq!(mirrored.rows("sales", "_deleted_at IS NULL").len(), orders, "{series:?}");
    }
}

/// A right that is lost altogether is an error, not an empty table.
#[test]
fn a_model_that_may_no_longer_be_read_keeps_its_rows() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("denied", series);
        let orders = rows(&mut mirrored);
        mirrored.sample.deny_model("sale.order");
        let error = mirrored.fail_type("sales");
        assert_eq!(error.code().code(), "42501", "{error:?}");
        mirrored.sample.allow_model("sale.order");
        mirrored.sample.drop_model("stock.quant");
        let quants = mirrored.rows("inventory", "true").len();
        let outcome = mirrored.run_type("inventory");
        assert_eq!(outcome.status, "skipped", "{series:?} {outcome:?}");
        assert_eq!((rows(&mut mirrored), mirrored.rows("inventory", "true").len()), (orders, quants), "{series:?}");
    }
}

/// One of a type's tables is refused: the other, which is small, keeps its rows as well, or it would hold headers
/// without lines.
#[test]
fn what_is_refused_in_one_table_is_kept_in_the_other() {
    for series in BOTH {
        let mut mirrored = Mirrored::with("both", series, Size { documents: 150 });
        let (orders, lines) = (mirrored.ids("sale.order"), mirrored.ids("sale.order.line"));
        assert!(orders.len() <= 100 && lines.len() > 100, "{} orders, {} lines", orders.len(), lines.len());
        hide(&mirrored, orders.len());
        lines.iter().for_each(|line| mirrored.sample.hide_record("sale.order.line", *line));
        let error = mirrored.fail_type("sales");
        assert!(error.detail().is_some_and(|detail| detail.contains("sale_lines")), "{error:?}");
        assert_eq!(mirrored.rows("sale_lines", "true"), lines, "{series:?}");
        assert_eq!(mirrored.rows("sales", "true"), orders, "{series:?}");
    }
}
