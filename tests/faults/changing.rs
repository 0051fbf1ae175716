//! A new answer to the same question: the first one is lost, Odoo changes, and what is asked again is answered otherwise.

use std::time::Duration;

use support::background::Background;
use support::faulty::Answer;
use support::wait;

use crate::spoilt::{BOTH, Spoilt, Way};

/// Methods of 14 and of 19 whose first answer is lost: the ids, the pages of the type and the count.
const METHODS: [[&str; 2]; 3] = [
    ["search"; 2],
    ["read_group", "formatted_read_group"],
    ["search_count"; 2],
];

#[test]
fn what_is_asked_again_may_be_answered_otherwise() {
    std::thread::scope(|scope| {
        for way in BOTH {
            for methods in METHODS {
                for mode in ["full", "incremental"] {
                    let method = methods[usize::from(way == Way::Tls19)];
                    // a full run counts nothing
                    if mode == "incremental" || method != "search_count" {
                        scope.spawn(move || changes(way, method, mode));
                    }
                }
            }
        }
    });
}

fn changes(way: Way, method: &'static str, mode: &str) {
    let place = format!("{method}_{mode}");
    let mut spoilt = Spoilt::new(&format!("changing_{place}"), way);
    spoilt.change();
    spoilt.faulty.forget();
    spoilt.faulty.spoil(move |request, _| {
        let is_it = request.model.as_deref() == Some("sale.order")
            && request.method.as_deref() == Some(method);
        // what is sent again, a second later, goes through: Odoo has changed by then
        is_it.then(|| Answer::new(503, &[("Retry-After", "1")], "").steps())
    });
    let full = mode == "full";
    let run = format!("SELECT odoo_sync.run('{{sales}}', full => {full})");
    let run = Background::start(spoilt.database.session(), &run);
    wait::until("the first answer", Duration::from_secs(20), || {
        (spoilt.faulty.spoiled() > 0 || run.is_finished()).then_some(())
    });
    spoilt.change();
    spoilt.faulty.heal();
    run.rows();
    assert_ne!(spoilt.faulty.spoiled(), 0, "{place}: it was met");
    assert!(spoilt.told("sales").retries > 0, "{place}");
    spoilt.assert_whole();
    spoilt.assert_heals();
}
