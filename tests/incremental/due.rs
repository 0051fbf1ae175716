//! Which types `run_due()` runs, and what `status()` says of that beforehand.

use support::sample_odoo::Series;

use crate::mirrored::{Mirrored, outcomes};

impl Mirrored {
    /// What `run_due()` ran: types and modes.
    fn due(&mut self) -> Vec<(String, String)> {
        let ran = outcomes(&mut self.session, "odoo_sync.run_due()").expect("it ends well");
        ran.into_iter().map(|outcome| (outcome.r#type, outcome.mode)).collect()
    }

    /// Lets all runs of a type be so much longer ago.
    fn age(&mut self, name: &str, by: &str) {
        let sql = format!(
            "UPDATE odoo_sync.runs SET started_at = started_at - interval '{by}', finished_at = finished_at - interval '{by}' WHERE type = '{name}'"
        );
        self.session.run(&sql);
    }

    /// Whether the type is due by now, as `status()` tells it; None where it tells no time.
    fn is_due(&mut self, name: &str) -> Option<bool> {
        let due = self
            .session
            .value(&format!("SELECT next_due <= clock_timestamp() FROM odoo_sync.status() WHERE type = '{name}'"));
        (!due.is_empty()).then(|| due == "t")
    }
}

fn incremental(name: &str) -> (String, String) {
    (name.to_owned(), "incremental".to_owned())
}

#[test]
fn a_type_is_due_when_its_interval_has_passed_since_its_last_success() {
    let mut mirrored = Mirrored::new("due", Series::V19);
    assert!(mirrored.due().is_empty());
    assert_eq!(mirrored.is_due("sales"), Some(false));
    mirrored.age("sales", "119 min");
    assert_eq!(mirrored.is_due("sales"), Some(false));
    assert!(mirrored.due().is_empty());
    mirrored.age("sales", "1 min");
    assert_eq!(mirrored.is_due("sales"), Some(true));
    assert_eq!(mirrored.due(), [incremental("sales")]);
    assert_eq!(mirrored.is_due("sales"), Some(false), "it has just run");
    assert!(mirrored.due().is_empty());

    // an interval of its own
    mirrored.session.run("UPDATE odoo_sync.types SET interval = '10 min' WHERE type = 'invoices'");
    for name in ["invoices", "purchases"] {
        mirrored.age(name, "11 min");
    }
    assert_eq!((mirrored.is_due("invoices"), mirrored.is_due("purchases")), (Some(true), Some(false)));
    assert_eq!(mirrored.due(), [incremental("invoices")]);

    // a month is an interval as well
    mirrored.session.run("UPDATE odoo_sync.types SET interval = '1 month' WHERE type = 'products'");
    mirrored.age("products", "27 days");
    assert_eq!(mirrored.is_due("products"), Some(false));
    mirrored.age("products", "5 days");
    assert_eq!(mirrored.is_due("products"), Some(true));
}

#[test]
fn a_failed_type_is_tried_at_the_next_call() {
    let mut mirrored = Mirrored::new("due_failed", Series::V19);
    mirrored.age("sales", "3 hours");
    mirrored.sample.deny_model("sale.order");
    for _ in 0..2 {
        let error = outcomes(&mut mirrored.session, "odoo_sync.run_due()").expect_err("it cannot be read");
        assert_eq!(error.message(), "1 of 1 type failed: sales");
        assert_eq!(mirrored.is_due("sales"), Some(true), "it is due still");
        assert_eq!(
            mirrored.session.value("SELECT next_due < last_run FROM odoo_sync.status() WHERE type = 'sales'"),
            "t"
        );
    }
    mirrored.sample.allow_model("sale.order");
    assert_eq!(mirrored.due(), [incremental("sales")]);
    assert!(mirrored.due().is_empty());
}

/// What failed by hand, soon after a success, is as due as that success makes it.
#[test]
fn a_failure_within_the_interval_waits_for_its_end() {
    let mut mirrored = Mirrored::new("due_by_hand", Series::V19);
    mirrored.sample.deny_model("sale.order");
    mirrored.fail_type("sales");
    mirrored.sample.allow_model("sale.order");
    assert_eq!(mirrored.is_due("sales"), Some(false));
    assert!(mirrored.due().is_empty());
    mirrored.age("sales", "2 hours");
    assert_eq!(mirrored.is_due("sales"), Some(true));
    assert_eq!(mirrored.due(), [incremental("sales")]);
}

/// Records that cannot be stored are tried again by the next run that is due, not by each call.
#[test]
fn a_partial_run_is_a_success() {
    let mut mirrored = Mirrored::new("due_partial", Series::V19);
    let order = mirrored.ids("sale.order")[0];
    mirrored.sample.break_record("sale.order", order, "builtins.ZeroDivisionError", "division by zero");
    mirrored.age("sales", "3 hours");
    let outcome =
        outcomes(&mut mirrored.session, "odoo_sync.run('{sales}', full => true)").expect("it ends well").remove(0);
    outcome.assert_partial(1);
    assert_eq!(mirrored.is_due("sales"), Some(false));
    assert!(mirrored.due().is_empty());
}

#[test]
fn what_never_ran_is_due_at_once() {
    let mut mirrored = Mirrored::empty("due_never", Series::V19, support::sample_odoo::Size { documents: 12 });
    assert_eq!(mirrored.is_due("sales"), Some(true));
    let ran = mirrored.due();
    assert_eq!(ran.len(), 6);
    assert!(ran.iter().all(|(_, mode)| mode == "full"), "{ran:?}");
}

#[test]
fn what_does_not_run_by_itself_has_no_next_time() {
    let mut mirrored = Mirrored::new("due_off", Series::V19);
    mirrored.session.run("UPDATE odoo_sync.types SET enabled = false WHERE type = 'sales'");
    assert_eq!((mirrored.is_due("sales"), mirrored.is_due("invoices")), (None, Some(false)));
    mirrored.session.run("SET odoo_sync.enabled = off");
    assert_eq!(mirrored.is_due("invoices"), None);
}

#[test]
fn the_first_due_run_after_full_at_is_full() {
    let mut mirrored = Mirrored::new("due_full", Series::V19);
    mirrored
        .session
        .run("UPDATE odoo_sync.mirror_state SET full_at = now() - interval '25 hours' WHERE type = 'sales'");
    for name in ["sales", "invoices"] {
        mirrored.age(name, "3 hours");
    }
    assert_eq!(mirrored.due(), [incremental("invoices"), ("sales".to_owned(), "full".to_owned())]);
    mirrored.age("sales", "3 hours");
    assert_eq!(mirrored.due(), [incremental("sales")]);
}

/// pg_cron calls every two hours to the second, and the last run, which began with its call too, took forty seconds:
/// what is to run every two hours runs with each call, not with every second one.
#[test]
fn a_schedule_as_long_as_the_interval_runs_each_time() {
    let mut mirrored = Mirrored::new("due_schedule", Series::V19);
    let sql = "UPDATE odoo_sync.runs SET started_at = now() - interval '2 hours', finished_at = now() - interval '2 hours' + interval '40 s'";
    mirrored.session.run(sql);
    assert_eq!(mirrored.is_due("sales"), Some(true));
    assert_eq!(mirrored.due().len(), 6);
}
