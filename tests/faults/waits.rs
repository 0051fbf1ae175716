//! Every wait has its limit: at each question that a run asks, a server that falls silent ends it in time.

use std::time::{Duration, Instant};

use support::faulty::Step;
use support::gate::is_page;
use support::sample_odoo::RecordedRequest;
use support::session::{all_of, of_server};

use crate::spoilt::{BOTH, Spoilt, Way, is_totals};

/// A question of a run's.
struct Question {
    name: &'static str,
    is: fn(&RecordedRequest) -> bool,
}

const QUESTIONS: [Question; 7] = [
    Question {
        name: "version",
        is: |request| request.path == "/web/version" || is_one_of(request, &["common.version"]),
    },
    Question { name: "login", is: |request| is_one_of(request, &["common.authenticate", "context_get"]) },
    Question { name: "fields", is: |request| is_one_of(request, &["fields_get"]) },
    Question { name: "ids", is: |request| is_one_of(request, &["search"]) },
    Question { name: "columns", is: |request| is_page(request) && request.body.contains(":array_agg") },
    Question { name: "rows", is: |request| is_page(request) && is_one_of(request, &["read", "search_read"]) },
    Question { name: "totals", is: is_totals },
];

fn is_one_of(request: &RecordedRequest, methods: &[&str]) -> bool {
    request.method.as_deref().is_some_and(|method| methods.contains(&method))
}

#[test]
fn a_server_that_falls_silent_at_any_question_ends_the_run_in_time() {
    std::thread::scope(|scope| {
        for way in BOTH {
            for question in &QUESTIONS {
                scope.spawn(move || falls_silent(way, question));
            }
        }
    });
}

fn falls_silent(way: Way, question: &'static Question) {
    let name = question.name;
    let mut spoilt = Spoilt::new(&format!("silent_{name}"), way);
    spoilt.session.run("SET odoo_sync.max_retries = 0; SET odoo_sync.concurrency = 8");
    spoilt.change();
    spoilt.faulty.spoil(move |request, _| (question.is)(request).then(|| vec![Step::Stall]));
    let start = Instant::now();
    let error = spoilt.session.error("SELECT odoo_sync.run()");
    let took = start.elapsed();
    assert_ne!(spoilt.faulty.spoiled(), 0, "{name}: it was asked");
    assert!(took < Duration::from_secs(15), "{name}: {took:?}");
    let detail = error.detail().unwrap_or_default();
    let told = "timed out after 1s";
    assert!(detail.contains(told), "{name}: {}", all_of(&error));
    let left = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(spoilt.session.number(left), 0, "{name}");
    spoilt.assert_whole();

    if ["version", "login"].contains(&name) {
        let start = Instant::now();
        let access = spoilt.faulty.access();
        let found = "SELECT string_agg(c::text, ' ') FROM odoo_sync.check() c";
        let found = spoilt.session.value(found);
        assert!(found.contains(told), "{name}: {found}");
        let error = spoilt.session.error("SELECT odoo_sync.verify()");
        assert!(all_of(&error).contains(told), "{name}: {}", all_of(&error));
        let error =
            spoilt.session.try_connect(&access, "odoo").map_err(|error| of_server(&error)).expect_err("it is silent");
        assert!(error.message().contains(told), "{name}: {error:?}");
        let took = start.elapsed();
        assert!(took < Duration::from_secs(15), "{name}: {took:?}");
    }
    spoilt.faulty.heal();
    spoilt.run_with("");
    spoilt.assert_equal();
}
