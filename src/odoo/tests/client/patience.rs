//! Trying again, waiting, and being cancelled.

use std::time::{Duration, Instant};

use odoo::{Cancel, Client, Domain, ErrorKind, Options, Secret, thread_traffic};
use sample_odoo::{Reaction, SampleOdoo, Series};

use crate::servers::{Server, options};
use crate::wire::{Wire, answer, json, login};

/// A client that tries again `max_retries` times, and its server, whose requests are counted from now on.
fn patient(series: Series, max_retries: u32) -> (Server, Client) {
    let server = Server::sample(series);
    let options = Options { max_retries, timeout: Duration::from_secs(5), ..options() };
    let client = Client::open(server.endpoint(), options, Cancel::new()).expect(server.name);
    sample(&server).forget_requests();
    (server, client)
}

fn sample(server: &Server) -> &SampleOdoo {
    server.sample.as_ref().expect("it is one")
}

/// Has the first `count` requests go wrong.
fn first(server: &Server, count: usize, reaction: Reaction) {
    let left = std::sync::Mutex::new(count);
    sample(server).on_request(move |_| {
        let mut left = left.lock().expect("nobody panicked");
        if *left == 0 {
            return Reaction::Answer;
        }
        *left -= 1;
        reaction.clone()
    });
}

#[test]
fn what_passes_is_tried_again() {
    let html = |status| Reaction::Status(status, "text/html".to_owned(), "<p>wait".to_owned());
    for reaction in [
        html(502),
        html(503),
        html(504),
        html(429),
        Reaction::Drop,
        Reaction::Truncate(1),
        Reaction::Error("psycopg2.errors.SerializationFailure".to_owned(), "again".to_owned()),
    ] {
        for series in [Series::V14, Series::V19] {
            let (server, client) = patient(series, 2);
            first(&server, 2, reaction.clone());
            let before = thread_traffic();
            let count = client.count("res.partner", &Domain::all());
            assert!(count.is_ok(), "{reaction:?}: {count:?}");
            assert_eq!(sample(&server).requests().len(), 3, "{reaction:?}");
            let retries = thread_traffic().since(&before).retries;
            assert_eq!(retries, 2, "{reaction:?}");
        }
    }
}

#[test]
fn it_gives_up_and_says_after_how_many_attempts() {
    let (server, client) = patient(Series::V19, 2);
    first(&server, 99, Reaction::Drop);
    let error = client.count("res.partner", &Domain::all()).expect_err("it never answers");
    assert_eq!(error.kind, ErrorKind::Dropped);
    assert!(error.message.ends_with("(after 3 attempts)"), "{error}");
    assert_eq!(sample(&server).requests().len(), 3);
}

#[test]
fn what_does_not_pass_is_tried_once() {
    for class in [
        "odoo.exceptions.AccessDenied",
        "odoo.exceptions.AccessError",
        "odoo.exceptions.UserError",
        "builtins.ValueError",
        "builtins.ZeroDivisionError",
    ] {
        let (server, client) = patient(Series::V19, 5);
        first(&server, 99, Reaction::Error(class.to_owned(), "no".to_owned()));
        client.count("res.partner", &Domain::all()).expect_err(class);
        assert_eq!(sample(&server).requests().len(), 1, "{class}");
    }
}

#[test]
fn a_login_that_is_refused_is_tried_once() {
    for (series, secret) in [(Series::V14, "wrong"), (Series::V19, "wrong"), (Series::V19, KEY)] {
        let server = Server::sample(series);
        let mut endpoint = server.endpoint();
        endpoint.secret = Secret::new(secret.to_owned());
        let options = Options { max_retries: 5, ..options() };
        let error = Client::open(endpoint, options, Cancel::new()).expect_err(secret);
        assert_eq!(error.kind, ErrorKind::Authentication);
        // The version, and the login.
        assert_eq!(sample(&server).requests().len(), 2, "{series:?} {secret}");
    }
}

const KEY: &str = "ffffffffffffffffffffffffffffffffffffffff";

#[test]
fn a_timeout_is_tried_once_more_only() {
    let server = Server::sample(Series::V19);
    let options = Options { max_retries: 5, timeout: Duration::from_millis(200), ..options() };
    let client = Client::open(server.endpoint(), options, Cancel::new()).expect(server.name);
    sample(&server).forget_requests();
    first(&server, 99, Reaction::Stall);
    let error = client.count("res.partner", &Domain::all()).expect_err("it is silent");
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert_eq!(sample(&server).requests().len(), 2);
}

#[test]
fn retry_after_is_respected_in_both_forms() {
    let date = "Date: Wed, 25 Nov 2026 10:05:49 GMT\r\n";
    for header in ["Retry-After: 1\r\n", "Retry-After: Wed, 25 Nov 2026 10:05:50 GMT\r\n"] {
        let mut answers = login();
        answers.push(answer("429 Too Many Requests", &format!("{date}{header}"), ""));
        answers.push(json(r#"{"jsonrpc":"2.0","id":1,"result":3}"#));
        let options = Options { max_retries: 1, ..options() };
        let client = Wire::start(answers).open(options).expect("it lets us in");
        let start = Instant::now();
        assert_eq!(client.count("res.partner", &Domain::all()), Ok(3), "{header}");
        assert!(start.elapsed() >= Duration::from_secs(1), "{header}");
        assert!(start.elapsed() < Duration::from_secs(5), "{header}");
    }
}

#[test]
fn requests_keep_their_distance_over_all_threads() {
    let server = Server::sample(Series::V19);
    let delay = Duration::from_millis(40);
    let options = Options { delay, ..options() };
    let client = Client::open(server.endpoint(), options, Cancel::new()).expect(server.name);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..3 {
                    client.count("res.partner", &Domain::all()).expect(server.name);
                }
            });
        }
    });
    assert!(start.elapsed() >= delay * 11, "{:?}", start.elapsed());
    assert_eq!(sample(&server).requests().len(), 15);
}

/// Cancels 100 ms from now, and gives how long after that the client noticed.
fn cancelled(options: Options, reaction: Reaction) -> Duration {
    let server = Server::sample(Series::V19);
    let cancel = Cancel::new();
    let client = Client::open(server.endpoint(), options, cancel.clone()).expect(server.name);
    first(&server, 99, reaction);
    let canceller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        cancel.cancel();
        Instant::now()
    });
    let ask = || client.count("res.partner", &Domain::all());
    // Where each request must wait for its turn, the first one's turn is at once.
    let error = std::iter::repeat_with(ask).find_map(Result::err).expect("it goes on until then");
    let noticed = Instant::now();
    assert_eq!(error.kind, ErrorKind::Cancelled, "{error:?}");
    // For good.
    assert_eq!(ask().map_err(|error| error.kind), Err(ErrorKind::Cancelled));
    noticed.saturating_duration_since(canceller.join().expect("it did not panic"))
}

#[test]
fn cancelling_ends_every_wait_at_once() {
    let wait = Duration::from_secs(60);
    let silent = cancelled(Options { timeout: wait, ..options() }, Reaction::Stall);
    let spaced = cancelled(Options { delay: Duration::from_secs(1), ..options() }, Reaction::Answer);
    let busy = Reaction::Status(503, "text/html".to_owned(), "<p>wait".to_owned());
    let backing_off = cancelled(Options { max_retries: 1000, ..options() }, busy);
    for (what, time) in [("silent", silent), ("spaced", spaced), ("backing off", backing_off)] {
        assert!(time < Duration::from_millis(500), "{what}: {time:?}");
    }
}

#[test]
fn what_is_cancelled_before_it_begins_sends_nothing() {
    let server = Server::sample(Series::V19);
    let cancel = Cancel::new();
    cancel.cancel();
    let error = Client::open(server.endpoint(), options(), cancel).expect_err("it is cancelled");
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert_eq!(sample(&server).requests().len(), 0);
}
