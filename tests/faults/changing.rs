//! A new answer to the same question: the first one is lost, Odoo changes, and what is asked again is answered
//! otherwise.

use std::time::Duration;

use support::background::Background;
use support::faulty::Answer;
use support::gate::is_page;
use support::sample_odoo::RecordedRequest;
use support::wait;

use crate::spoilt::{BOTH, Spoilt, Way, is_totals};

/// Whether a request is such a question.
type IsIt = fn(&RecordedRequest) -> bool;

/// Questions whose first answer is lost: for the ids, a page, the totals.
const QUESTIONS: [(&str, IsIt); 3] =
    [("ids", |request| request.method.as_deref() == Some("search")), ("page", is_page), ("totals", is_totals)];

#[test]
fn what_is_asked_again_may_be_answered_otherwise() {
    std::thread::scope(|scope| {
        for way in BOTH {
            for (name, is_it) in QUESTIONS {
                for mode in ["full", "incremental"] {
                    // a full run adds nothing up
                    if mode == "incremental" || name != "totals" {
                        scope.spawn(move || changes(way, &format!("{name}_{mode}"), is_it));
                    }
                }
            }
        }
    });
}

fn changes(way: Way, place: &str, is_it: IsIt) {
    let mut spoilt = Spoilt::new(&format!("changing_{place}"), way);
    spoilt.change();
    spoilt.faulty.forget();
    spoilt.faulty.spoil(move |request, _| {
        let is_it = request.model.as_deref() == Some("sale.order") && is_it(request);
        // what is sent again, a second later, goes through: Odoo has changed by then
        is_it.then(|| Answer::new(503, &[("Retry-After", "1")], "").steps())
    });
    let full = place.ends_with("full");
    let run = format!("SELECT odoo_sync.run('{{sales}}', full => {full})");
    let mut caller = spoilt.database.session();
    // so small that the ids are asked for before the pages
    caller.run("SET odoo_sync.batch_size = 3");
    let run = Background::start(caller, &run);
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
