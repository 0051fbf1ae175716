//! Invoices' names that Odoo really has twice.

use serde_json::json;
use support::sample_odoo::Size;

use crate::mirrored::{BOTH, HOUR, Mirrored, id};
use crate::names::{PAGES, RUNS, name, rename};

/// Gives two invoices one name, and the order of their ids.
fn duplicate(mirrored: &Mirrored) -> [i64; 2] {
    let mut pair = mirrored.invoices_of_a_journal::<2>();
    pair.sort_unstable();
    rename(mirrored, pair[1], &name(mirrored, pair[0]));
    pair
}

#[test]
fn the_later_of_two_that_odoo_really_has_is_set_aside_whole() {
    for series in BOTH {
        for (number, pages) in PAGES.iter().enumerate() {
            for (way, arguments) in ["incremental", "full"].into_iter().zip(RUNS) {
                let mut mirrored = Mirrored::with(&format!("twice_{number}_{way}"), series, Size { documents: 40 });
                let [earlier, later] = duplicate(&mirrored);
                let other = another(&mirrored, [earlier, later]);
                mirrored.sample.write("account.move", &[other], json!({"ref": "of the same page"}));
                mirrored.session.run(pages);
                let outcome = mirrored.run(arguments).remove(0);
                assert_eq!(outcome.mode, way);
                outcome.assert_partial(1);
                assert_eq!(mirrored.state("invoices"), "partial", "{series:?} {way}");
                mirrored.assert_only_failure("invoices", later, &earlier.to_string(), 1);
                assert_eq!(
                    mirrored.rows("invoices", &format!("id IN ({earlier}, {later})")),
                    [earlier],
                    "{series:?} {way}"
                );
                assert_eq!(mirrored.cell("invoices", "ref", other), "of the same page", "{series:?} {way}");
                assert!(
                    !mirrored.rows("invoice_lines", &format!("move_id = {later}")).is_empty(),
                    "its lines are no duplicates"
                );

                // tried again by each run, and nothing else is touched
                let before = mirrored.versions("invoices", "true");
                for (attempt, arguments) in [RUNS[0], RUNS[1], RUNS[0]].into_iter().enumerate() {
                    mirrored.later(HOUR);
                    let outcome = mirrored.run(arguments).remove(0);
                    outcome.assert_partial(1);
                    assert_eq!(outcome.counts(), [0, 0, 0, 1], "{series:?} {way} {pages:?} {outcome:?}");
                    mirrored.assert_only_failure("invoices", later, &earlier.to_string(), attempt + 2);
                }
                assert_eq!(
                    mirrored.versions("invoices", "true"),
                    before,
                    "{series:?} {way} {pages:?}: the other was not written again"
                );
            }
        }
    }
}

/// An invoice besides those.
fn another(mirrored: &Mirrored, but: [i64; 2]) -> i64 {
    let all = mirrored.invoices();
    all.iter().map(id).find(|id| !but.contains(id)).expect("there are more")
}

/// Two of one name are there from the beginning.
#[test]
fn a_first_run_sets_it_aside_too() {
    for series in BOTH {
        for (number, pages) in PAGES.iter().enumerate() {
            let mut mirrored = Mirrored::empty(&format!("first_{number}"), series, Size { documents: 40 });
            let [earlier, later] = duplicate(&mirrored);
            mirrored.session.run(pages);
            let outcome = mirrored.run_type("invoices");
            outcome.assert_partial(1);
            mirrored.assert_only_failure("invoices", later, &earlier.to_string(), 1);
            let mut expected: Vec<i64> = mirrored.invoices().iter().map(id).collect();
            expected.retain(|id| *id != later);
            assert_eq!(mirrored.rows("invoices", "true"), expected, "{series:?}");
        }
    }
}

/// The ways in which Odoo's users put an end to it. Of the last, the record that was set aside shows nothing.
#[test]
fn it_is_stored_as_soon_as_odoo_has_it_once() {
    type Resolve = fn(&Mirrored, [i64; 2]);
    const WAYS: [(&str, Resolve); 4] = [
        ("renamed", |mirrored, [_, later]| rename(mirrored, later, &json!("ANOTHER/0001"))),
        ("other_renamed", |mirrored, [earlier, _]| rename(mirrored, earlier, &json!("ANOTHER/0001"))),
        ("deleted", |mirrored, [_, later]| mirrored.sample.unlink("account.move", &[later])),
        ("other_cancelled", |mirrored, [earlier, _]| {
            mirrored.sample.write("account.move", &[earlier], json!({"state": "cancel"}))
        }),
    ];
    for series in BOTH {
        for (way, resolve) in WAYS {
            let mut mirrored = Mirrored::with(&format!("resolved_{way}"), series, Size { documents: 40 });
            let pair = duplicate(&mirrored);
            mirrored.run_type("invoices").assert_partial(1);
            let payload = mirrored.session.value("SELECT payload - 'write_date' FROM odoo_sync.failures");
            mirrored.later(HOUR);
            resolve(&mirrored, pair);
            mirrored.run_type("invoices").assert_ok("incremental");
            assert!(mirrored.failures().is_empty(), "{series:?} {way}");
            assert_eq!(mirrored.state("invoices"), "ok", "{series:?} {way}");
            if way.starts_with("other") {
                // what was set aside was the whole record, as it is stored now
                let row = mirrored.session.value(&format!(
                    "SELECT to_jsonb(i) - '_synced_at' - 'write_date' FROM odoo.invoices i WHERE id = {}",
                    pair[1]
                ));
                assert_eq!(payload, row, "{series:?} {way}");
            }
            mirrored.run_type("reference");
            mirrored.assert_equal();
        }
    }
}

/// A type that once marked rows and removes them again has the rule again.
#[test]
fn a_type_that_marks_sets_it_aside_too() {
    for series in BOTH {
        let mut mirrored = Mirrored::with("marks", series, Size { documents: 40 });
        mirrored.session.run("UPDATE odoo_sync.types SET deletes = 'mark' WHERE type = 'invoices'");
        let [earlier, later] = duplicate(&mirrored);
        mirrored.run_type("invoices").assert_partial(1);
        mirrored.assert_only_failure("invoices", later, &earlier.to_string(), 1);
        mirrored.session.run("UPDATE odoo_sync.types SET deletes = 'remove' WHERE type = 'invoices'");
        mirrored.run_type("invoices").assert_partial(1);
        assert_eq!(mirrored.rows("invoices", &format!("id IN ({earlier}, {later})")), [earlier], "{series:?}");
    }
}
