//! A record that Odoo cannot give: found, told of and tried again, and all others are stored.

use serde_json::json;
use support::faulty::Step;
use support::gate::is_page;

use crate::spoilt::{BOTH, Spoilt};

/// A way for one sales order to be unreadable, and to be read after all.
struct Defect {
    name: &'static str,
    cause: fn(&mut Spoilt, i64),
    /// A part of the error.
    told: &'static str,
    mend: fn(&mut Spoilt, i64),
}

const DEFECTS: [Defect; 4] = [
    Defect {
        name: "a computed field that raises",
        cause: |spoilt, id| {
            let class = "builtins.ZeroDivisionError";
            spoilt.sample.break_record("sale.order", id, class, "float division by zero");
        },
        told: "float division by zero",
        mend: |spoilt, id| spoilt.sample.mend_record("sale.order", id),
    },
    Defect {
        name: "one that the user may not read",
        cause: |spoilt, id| {
            let class = "odoo.exceptions.AccessError";
            let said = "You are not allowed to access 'Sales Order' records.";
            spoilt.sample.break_record("sale.order", id, class, said);
        },
        told: "You are not allowed to access",
        mend: |spoilt, id| spoilt.sample.mend_record("sale.order", id),
    },
    Defect {
        name: "one that is too large",
        cause: |spoilt, id| {
            let note = "x".repeat(1_200_000);
            let values = json!({ "note": note });
            spoilt.sample.write_quietly("sale.order", &[id], values);
        },
        told: "is longer than the limit of 1048576 bytes",
        mend: |spoilt, id| {
            let values = json!({"note": "short"});
            spoilt.sample.write("sale.order", &[id], values);
        },
    },
    Defect {
        name: "one that takes too long",
        cause: |spoilt, id| {
            spoilt.faulty.spoil(move |request, answer| {
                let is_order = request.model.as_deref() == Some("sale.order");
                let has_it = is_order && is_page(request) && answer.ids().contains(&id);
                has_it.then(|| vec![Step::Stall])
            });
        },
        told: "timed out after 1s",
        mend: |spoilt, _| spoilt.faulty.heal(),
    },
];

#[test]
fn one_record_is_found_and_all_others_are_stored() {
    std::thread::scope(|scope| {
        for way in BOTH {
            for (at, defect) in DEFECTS.iter().enumerate() {
                scope.spawn(move || {
                    let mut spoilt = Spoilt::new(&format!("defect_{at}"), way);
                    spoilt.session.run("SET odoo_sync.max_response = '1MB'; SET odoo_sync.max_retries = 0");
                    is_isolated(&mut spoilt, defect);
                });
            }
        }
    });
}

fn is_isolated(spoilt: &mut Spoilt, defect: &Defect) {
    let name = defect.name;
    let orders = spoilt.orders();
    let said = |text: &str| json!({ "client_order_ref": text });
    spoilt.sample.write("sale.order", &orders, said("new"));
    let bad = orders[2];
    (defect.cause)(spoilt, bad);
    spoilt.past.note(&mut spoilt.session, &spoilt.sample);

    // in an incremental run, in the next one, and in a full one
    for (attempts, arguments) in ["'{sales}'", "'{sales}'", "'{sales}', full => true"].iter().enumerate() {
        spoilt.run_with(arguments);
        let told = spoilt.told("sales");
        assert_eq!(told.status, "partial", "{name}: {told:?}");
        assert_eq!(told.failed, 1, "{name}: {told:?}");
        assert!(told.message.contains("odoo_sync.failures"));
        assert_eq!(told.mode == "full", attempts == 2, "{name}: {told:?}");
        let failures = spoilt.failures();
        let [failure] = failures.as_slice() else { panic!("{name}: one failure is expected: {failures:?}") };
        let (id, attempts) = (bad.to_string(), (attempts + 1).to_string());
        let expected = ["sales", "sales", &id, &attempts];
        assert_eq!(failure[..4], expected, "{name}");
        assert!(failure[4].contains(defect.told), "{name}: {failure:?}");
        assert!(!failure[4].contains("Traceback"), "{name}: {failure:?}");
        // all others are there, and what it was before is there still
        let stored = "SELECT count(*) FROM odoo.sales WHERE client_order_ref = 'new'";
        let stored = spoilt.session.number(stored);
        assert_eq!(stored, orders.len() as i64 - 1, "{name}");
        spoilt.assert_whole();
    }

    (defect.mend)(spoilt, bad);
    spoilt.past.note(&mut spoilt.session, &spoilt.sample);
    spoilt.run_with("'{sales}'");
    assert_eq!(spoilt.told("sales").status, "ok", "{name}");
    spoilt.assert_equal();
}

/// A record that is gone from Odoo fails no more.
#[test]
fn a_failure_goes_with_its_record() {
    for way in BOTH {
        let mut spoilt = Spoilt::new("defect_gone", way);
        let order = spoilt.orders()[2];
        let said = json!({"client_order_ref": "new"});
        spoilt.sample.write("sale.order", &[order], said);
        (DEFECTS[0].cause)(&mut spoilt, order);
        spoilt.run_with("'{sales}'");
        assert_eq!(spoilt.told("sales").status, "partial");
        spoilt.sample.mend_record("sale.order", order);
        spoilt.sample.unlink("sale.order", &[order]);
        spoilt.past.note(&mut spoilt.session, &spoilt.sample);
        spoilt.run_with("'{sales}'");
        assert_eq!(spoilt.told("sales").status, "ok");
        spoilt.assert_equal();
    }
}

/// Several at once, in the first load: the type is there but for them.
#[test]
fn several_are_found_in_a_first_load() {
    for way in BOTH {
        let mut spoilt = Spoilt::empty("defect_several", way);
        let lines: Vec<i64> =
            spoilt.sample.records("sale.order.line").iter().filter_map(|line| line["id"].as_i64()).collect();
        let bad: Vec<i64> = lines.iter().copied().step_by(4).collect();
        for id in &bad {
            let class = "builtins.KeyError";
            spoilt.sample.break_record("sale.order.line", *id, class, "nothing");
        }
        spoilt.session.run("SET odoo_sync.batch_size = 16");
        spoilt.run_with("");
        let told = spoilt.told("sales");
        assert_eq!(told.status, "partial", "{told:?}");
        assert_eq!(told.failed, bad.len() as i64, "{told:?}");
        let failing = "SELECT odoo_id FROM odoo_sync.failures ORDER BY odoo_id";
        let failing = spoilt.session.column(failing);
        assert_eq!(failing, bad.iter().map(i64::to_string).collect::<Vec<_>>());
        let stored = "SELECT count(*) FROM odoo.sale_lines";
        let others = lines.len() - bad.len();
        assert_eq!(spoilt.session.number(stored), others as i64);
        spoilt.assert_whole();
        for id in &bad {
            spoilt.sample.mend_record("sale.order.line", *id);
        }
        spoilt.run_with("");
        spoilt.assert_equal();
    }
}

/// A field that can be computed for no record is no record's fault: the type fails, and not each record.
#[test]
fn what_fails_for_every_record_fails_the_type() {
    for way in BOTH {
        let mut spoilt = Spoilt::new("defect_all", way);
        spoilt.change();
        for order in spoilt.orders() {
            let class = "builtins.ZeroDivisionError";
            spoilt.sample.break_record("sale.order", order, class, "float division by zero");
        }
        let error = spoilt.fail();
        let detail = error.detail().unwrap_or_default();
        assert!(detail.contains("float division by zero"), "{error:?}");
        assert_eq!(spoilt.failures(), Vec::<Vec<String>>::new());
        // and it took no request for each of them
        let asked = spoilt.faulty.arrivals().len();
        assert!(asked < 60, "{asked} requests");
        spoilt.assert_whole();
        for order in spoilt.orders() {
            spoilt.sample.mend_record("sale.order", order);
        }
        spoilt.assert_heals();
    }
}

/// A JSON value that is nested so deep that PostgreSQL would refuse it, if the client did not before.
#[test]
fn a_json_value_that_is_too_deep_is_one_records_fault() {
    let mut spoilt = Spoilt::empty("defect_deep", crate::spoilt::Way::Tls19);
    let field = support::sample_odoo::FieldSpec::new("x_deep", "json");
    spoilt.sample.add_field("sale.order", field);
    let orders = spoilt.orders();
    let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    for (order, depth) in orders.iter().zip([3, 120, 130, 5000]) {
        let values = json!({"x_deep": nested(depth)});
        spoilt.sample.write("sale.order", &[*order], values);
    }
    spoilt.past.note(&mut spoilt.session, &spoilt.sample);
    spoilt.run_with("");
    assert_eq!(spoilt.told("sales").status, "partial");
    let failing = spoilt
        .session
        .column("SELECT odoo_id FROM odoo_sync.failures WHERE error LIKE '%nested deeper than 128%' ORDER BY 1");
    let expected: Vec<String> = orders[2..4].iter().map(i64::to_string).collect();
    assert_eq!(failing, expected);
    let stored = spoilt.session.number("SELECT count(*) FROM odoo.sales");
    assert_eq!(stored, orders.len() as i64 - 2);
}
