//! Nothing listens any more: before a run, and in the middle of one.

use std::time::{Duration, Instant};

use support::faulty::Step;
use support::session::all_of;

use crate::spoilt::{BOTH, Spoilt, is_orders};

#[test]
fn a_server_that_refuses_connections_is_told_and_does_no_harm() {
    for way in BOTH {
        let mut spoilt = Spoilt::new("outage", way);
        spoilt.session.run("SET odoo_sync.max_retries = 1");
        spoilt.change();
        // it goes away in the middle, and is away for the next run as well
        spoilt.spoil_first(1, is_orders, |_| vec![Step::Vanish]);
        for was_there in [true, false] {
            let start = Instant::now();
            let error = spoilt.fail();
            assert!(start.elapsed() < Duration::from_secs(10));
            let all = all_of(&error);
            // what was under way when it went away may have been broken off rather than refused
            let is_expected = match error.code().code() {
                "08001" => true,
                "08006" => was_there,
                _ => false,
            };
            assert!(is_expected, "{all}");
            let detail = error.detail().unwrap_or_default();
            if !was_there || error.code().code() == "08001" {
                for part in ["was refused: nothing listens on that port", "Check the port, and whether Odoo runs."] {
                    assert!(detail.contains(part), "{all}");
                }
            }
            let told = spoilt.told("sales");
            assert_eq!(told.status, "failed", "{told:?}");
            assert!(told.retries >= 1, "{told:?}");
            spoilt.assert_whole();
        }
        spoilt.faulty.come_back();
        spoilt.assert_heals();
    }
}

/// It is back before the retries are used up.
#[test]
fn a_short_outage_is_not_noticed() {
    for way in BOTH {
        let mut spoilt = Spoilt::new("short_outage", way);
        spoilt.session.run("SET odoo_sync.max_retries = 20");
        spoilt.change();
        spoilt.spoil_first(1, is_orders, |_| vec![Step::Vanish]);
        std::thread::scope(|scope| {
            let faulty = &spoilt.faulty;
            let session = &mut spoilt.session;
            let run = scope.spawn(move || session.run("SELECT odoo_sync.run('{sales,inventory}')"));
            support::wait::until("the outage", Duration::from_secs(20), || faulty.is_away().then_some(()));
            faulty.come_back();
            run.join().expect("the run ends well");
        });
        assert!(spoilt.told("sales").retries >= 1);
        spoilt.assert_equal();
    }
}
