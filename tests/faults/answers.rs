//! Each fault, met once and met always: what the reader is told, and what becomes of the mirrors.

use support::session::all_of;

use crate::spoils::{FAULTS, Fault, Once};
use crate::spoilt::{BOTH, Spoilt, is_orders};

/// The settings under which the faults show.
const SETTINGS: &str = "SET odoo_sync.max_response = '1MB'";

#[test]
fn a_fault_that_passes_does_no_harm() {
    each("passes", passes);
}

#[test]
fn a_fault_that_stays_is_told_and_does_no_harm() {
    each("stays", stays);
}

/// How many parts the faults are tried in, beside each other: most of the time is waiting.
const PARTS: usize = 5;

fn each(name: &str, check: fn(&mut Spoilt, &Fault)) {
    std::thread::scope(|scope| {
        for way in BOTH {
            for part in 0..PARTS {
                scope.spawn(move || {
                    let mut spoilt = Spoilt::new(&format!("{name}_{part}"), way);
                    spoilt.session.run(SETTINGS);
                    for fault in FAULTS.iter().skip(part).step_by(PARTS) {
                        spoilt.change();
                        check(&mut spoilt, fault);
                    }
                });
            }
        }
    });
}

fn passes(spoilt: &mut Spoilt, fault: &Fault) {
    let name = fault.name;
    spoilt.spoil_first(1, is_orders, fault.spoil);
    let outcome = spoilt.try_run();
    assert_eq!(spoilt.faulty.spoiled(), 1, "{name}: it was met");
    let told = spoilt.told("sales");
    match fault.once {
        Once::Fails => assert_eq!(told.status, "failed", "{name}: {told:?}"),
        once => {
            let failed = outcome.err().map(|error| all_of(&error));
            assert_eq!(failed, None, "{name}");
            assert_eq!(told.status, "ok", "{name}: {told:?}");
            let retries = i64::from(once == Once::Retried);
            assert_eq!(told.retries, retries, "{name}: {told:?}");
            spoilt.assert_equal();
        }
    }
    spoilt.assert_whole();
    spoilt.assert_heals();
}

fn stays(spoilt: &mut Spoilt, fault: &Fault) {
    let name = fault.name;
    spoilt.spoil_first(usize::MAX, is_orders, fault.spoil);
    if fault.once == Once::Unharmed {
        spoilt.run();
        assert_ne!(spoilt.faulty.spoiled(), 0, "{name}: it was met");
        return spoilt.assert_equal();
    }
    let error = spoilt.fail();
    let all = all_of(&error);
    assert_eq!(error.message(), "1 of 2 types failed: sales", "{name}");
    assert_eq!(error.code().code(), fault.sqlstate, "{name}: {all}");
    let detail = error.detail().unwrap_or_default();
    assert!(detail.contains("inventory: ok"), "{name}: {all}");
    let told = spoilt.told("sales");
    assert_eq!(told.status, "failed", "{name}: {told:?}");
    for part in ["connection odoo, sales.sales: ", fault.told, fault.hint] {
        assert!(detail.contains(part), "{name}: {part:?} in {all}");
        assert!(told.message.contains(part), "{name}: {part:?} in {told:?}");
    }
    let is_retried = fault.once == Once::Retried;
    assert_eq!(told.retries > 0, is_retried, "{name}: {told:?}");
    // it is no record's fault
    assert_eq!(spoilt.failures(), Vec::<Vec<String>>::new(), "{name}");
    spoilt.assert_whole();
    spoilt.assert_heals();
}
