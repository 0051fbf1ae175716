//! A server that wants to be left alone: how long, by all threads, and not against the reader's will.

use std::time::{Duration, Instant};

use support::background::Background;
use support::faulty::{Answer, Arrival, Step};
use support::gate::is_page;
use support::session::all_of;
use support::wait;

use crate::spoilt::{BOTH, Spoilt, Way, is_orders};

/// When the dated answers were given, and a second later.
const DATES: [&str; 2] = ["Wed, 25 Nov 2026 10:05:49 GMT", "Wed, 25 Nov 2026 10:05:50 GMT"];

fn busy(status: u16, retry_after: &str) -> Vec<Step> {
    let headers = [("Date", DATES[0]), ("Retry-After", retry_after)];
    Answer::new(status, &headers, "").steps()
}

/// The times between arrivals, in their order.
fn gaps(arrivals: &[Arrival]) -> Vec<Duration> {
    let pairs = arrivals.windows(2);
    pairs.map(|pair| pair[1].at - pair[0].at).collect()
}

#[test]
fn it_is_left_alone_for_as_long_as_it_asks() {
    for way in BOTH {
        let mut spoilt = Spoilt::new("left_alone", way);
        for spoil in [(|_| busy(429, "1")) as fn(&Answer) -> Vec<Step>, |_| busy(503, DATES[1])] {
            spoilt.change();
            spoilt.spoil_first(1, is_orders, spoil);
            spoilt.run();
            let told = spoilt.told("sales");
            assert_eq!((told.status.as_str(), told.retries), ("ok", 1), "{told:?}");
            let arrivals = spoilt.faulty.arrivals();
            let refused = arrivals.iter().position(|arrival| arrival.is_spoiled);
            let refused = refused.expect("it was refused once");
            // what others ask for until the refusal is heard of may come meanwhile, and nothing else
            let that_second = Duration::from_millis(300)..Duration::from_secs(1);
            let meanwhile = arrivals[refused + 1..]
                .iter()
                .filter(|arrival| that_second.contains(&(arrival.at - arrivals[refused].at)))
                .count();
            assert_eq!(meanwhile, 0, "requests in that second");
            spoilt.assert_equal();
        }
    }
}

#[test]
fn what_is_too_long_to_wait_for_ends_the_run_and_is_told() {
    for way in BOTH {
        let mut spoilt = Spoilt::new("too_long", way);
        for spoil in
            [(|_| busy(429, "3600")) as fn(&Answer) -> Vec<Step>, |_| busy(503, "Wed, 25 Nov 2026 11:05:49 GMT")]
        {
            spoilt.change();
            spoilt.spoil_first(1, is_orders, spoil);
            let start = Instant::now();
            let error = spoilt.fail();
            assert!(start.elapsed() < Duration::from_secs(5), "nobody waited");
            let all = all_of(&error);
            let detail = error.detail().unwrap_or_default();
            assert!(detail.contains("Its Retry-After is 3600 seconds"), "{all}");
            assert!(detail.contains("Run again after that time."), "{all}");
            let told = spoilt.told("sales");
            assert_eq!((told.status.as_str(), told.retries), ("failed", 0));
            // and it is left alone, but for what was under way
            let arrivals = spoilt.faulty.arrivals();
            let refused = arrivals.iter().position(|arrival| arrival.is_spoiled);
            let later: Vec<_> = arrivals[refused.expect("it was refused once") + 1..]
                .iter()
                .map(|arrival| (arrival.at - start, &arrival.request.method))
                .collect();
            assert!(later.len() <= 3, "{later:?}");
            spoilt.assert_whole();
            spoilt.assert_heals();
        }
    }
}

#[test]
fn a_run_that_waits_to_try_again_is_cancelled_at_once() {
    for way in BOTH {
        for (name, retry_after) in [("in_login", "60"), ("in_pages", "60"), ("backoff", "")] {
            let mut spoilt = Spoilt::new(&format!("cancelled_{name}"), way);
            spoilt.session.run("SET odoo_sync.max_retries = 20");
            let is_refused = if name == "in_login" { |_: &_| true } else { is_page };
            spoilt.faulty.spoil(move |request, _| {
                let answer = match retry_after {
                    "" => Answer::new(503, &[], "").steps(),
                    time => busy(429, time),
                };
                is_refused(request).then_some(answer)
            });
            let run = Background::start(spoilt.database.session(), "SELECT odoo_sync.run()");
            wait::until("the refusal", Duration::from_secs(20), || (spoilt.faulty.spoiled() > 0).then_some(()));
            let start = Instant::now();
            spoilt.session.run("SELECT odoo_sync.cancel()");
            let error = run.end().0.expect_err("it was cancelled");
            let took = start.elapsed();
            assert!(took < Duration::from_secs(1), "{name}: {took:?}");
            assert_eq!(error.code().map(|code| code.code()), Some("57014"));
            assert_eq!(spoilt.told("sales").status, "interrupted", "{name}");
            spoilt.assert_whole();
            spoilt.assert_heals();
        }
    }
}

#[test]
fn the_delay_is_kept_over_all_threads_and_retries() {
    const DELAY: Duration = Duration::from_millis(100);
    for way in BOTH {
        let mut spoilt = Spoilt::empty("delay", way);
        spoilt
            .session
            .run("SET odoo_sync.concurrency = 6; SET odoo_sync.delay = '100ms'; SET odoo_sync.batch_size = 4");
        spoilt.spoil_first(3, is_page, |_| vec![Step::Close]);
        spoilt.session.run("SELECT odoo_sync.run()");
        assert_eq!(spoilt.faulty.spoiled(), 3);
        let gaps = gaps(&spoilt.faulty.arrivals());
        assert!(gaps.len() > 10, "{gaps:?}");
        // requests leave on time; one that is long on its way has the next ones seem early
        let most = Duration::from_millis(40);
        let mut late = Duration::ZERO;
        for gap in &gaps {
            assert!(late + *gap + most >= DELAY, "{gap:?} of {gaps:?}");
            late = (late + *gap).saturating_sub(DELAY).min(DELAY * 3);
        }
        let total: Duration = gaps.iter().sum();
        assert!(total + most >= DELAY * gaps.len() as u32, "{gaps:?}");
        spoilt.assert_equal();
    }
}

#[test]
fn a_login_that_is_refused_is_tried_once() {
    for way in BOTH {
        let mut spoilt = Spoilt::new("login_once", way);
        spoilt.session.run("ALTER USER MAPPING FOR CURRENT_USER SERVER odoo OPTIONS (SET secret 'ffffffffffffffffffffffffffffffffffffffff')");
        spoilt.session.run("SET odoo_sync.max_retries = 5");
        let error = spoilt.fail();
        assert_eq!(error.code().code(), "28P01", "{}", all_of(&error));
        let arrivals = spoilt.faulty.arrivals();
        let is_login = |arrival: &&Arrival| {
            let method = arrival.request.method.as_deref();
            method.is_some_and(|method| method != "common.version")
        };
        assert_eq!(arrivals.iter().filter(is_login).count(), 1, "{arrivals:?}");
        assert_eq!(spoilt.told("sales").retries, 0);
        let secret = spoilt.sample.secret.clone();
        spoilt.session.run(&format!("ALTER USER MAPPING FOR CURRENT_USER SERVER odoo OPTIONS (SET secret '{secret}')"));
        spoilt.assert_heals();
    }
}

#[test]
fn retries_of_the_login_are_counted_too() {
    let mut spoilt = Spoilt::new("login_retries", Way::Tls19);
    spoilt.spoil_first(2, |_| true, |_| vec![Step::Close]);
    spoilt.run();
    let retries =
        "SELECT sum(retries) FROM odoo_sync.history WHERE run_id = (SELECT max(run_id) FROM odoo_sync.history)";
    assert_eq!(spoilt.session.number(retries), 2);
    let requests = retries.replace("retries", "requests");
    assert_eq!(spoilt.session.number(&requests), spoilt.faulty.arrivals().len() as i64);
}
