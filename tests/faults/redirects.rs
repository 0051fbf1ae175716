//! A server that redirects is not followed: nobody else is ever asked, let alone told the secret.

use std::net::TcpListener;

use support::faulty::{Answer, FaultyOdoo, Step};
use support::sample_odoo::RecordedRequest;
use support::session::{all_of, of_server};

use crate::spoilt::{BOTH, Spoilt, is_orders};

/// Another host, as far as a client can tell, which must not be asked.
struct Elsewhere(TcpListener);

impl Elsewhere {
    fn new() -> Elsewhere {
        let listener = TcpListener::bind("127.0.0.1:0").expect("127.0.0.1 has a free port");
        listener.set_nonblocking(true).expect("a listener can be looked at");
        Elsewhere(listener)
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().expect("it is bound"))
    }

    fn assert_never_asked(&self) {
        let asked = self.0.accept();
        assert!(asked.is_err(), "it was asked: {asked:?}");
    }
}

/// Redirects such requests.
fn redirect(faulty: &FaultyOdoo, status: u16, url: &str, of: fn(&RecordedRequest) -> bool) {
    let url = url.to_owned();
    faulty.spoil(move |request, _| {
        let location = format!("{url}{}", request.path);
        let answer = Answer::new(status, &[("Location", &location)], "").steps();
        of(request).then_some(answer)
    });
}

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

#[test]
fn a_redirect_in_the_middle_of_a_run() {
    let elsewhere = Elsewhere::new();
    for way in BOTH {
        let mut spoilt = Spoilt::new("redirect_pages", way);
        for status in STATUSES {
            spoilt.change();
            redirect(&spoilt.faulty, status, &elsewhere.url(), is_orders);
            let error = spoilt.fail();
            let (all, detail) = (all_of(&error), error.detail().unwrap_or_default());
            assert_eq!(error.code().code(), "08P01", "{all}");
            assert!(detail.contains("redirects to"), "{all}");
            assert!(detail.contains(&elsewhere.url()), "{all}");
            assert!(detail.contains("redirects are not followed"), "{all}");
            elsewhere.assert_never_asked();
            spoilt.assert_whole();
        }
        spoilt.assert_heals();
    }
}

#[test]
fn a_redirect_of_the_login() {
    let elsewhere = Elsewhere::new();
    for way in BOTH {
        let mut spoilt = Spoilt::new("redirect_login", way);
        for status in STATUSES {
            redirect(&spoilt.faulty, status, &elsewhere.url(), |_| true);
            let error = spoilt.fail();
            assert_eq!(error.code().code(), "08P01", "{}", all_of(&error));
            let error = spoilt
                .session
                .try_connect(&spoilt.faulty.access(), "odoo")
                .map_err(|error| of_server(&error))
                .expect_err("it is not Odoo that answers");
            let all = all_of(&error);
            assert!(error.message().contains("redirects to"), "{all}");
            let hint = error.hint().unwrap_or_default();
            assert!(hint.contains("redirects are not followed"), "{all}");
            elsewhere.assert_never_asked();
        }
        spoilt.assert_heals();
    }
}

/// Not even to another address of the same server.
#[test]
fn a_redirect_to_itself() {
    for way in BOTH {
        let mut spoilt = Spoilt::new("redirect_itself", way);
        let url = spoilt.faulty.access().url;
        spoilt.faulty.spoil(move |request, _| {
            let location = format!("{url}/elsewhere{}", request.path);
            let steps: Vec<Step> = Answer::new(307, &[("Location", &location)], "").steps();
            is_orders(request).then_some(steps)
        });
        spoilt.change();
        let error = spoilt.fail();
        assert_eq!(error.code().code(), "08P01", "{}", all_of(&error));
        let asked = spoilt.faulty.arrivals();
        let is_elsewhere = |path: &str| path.starts_with("/elsewhere");
        assert!(!asked.iter().any(|arrival| is_elsewhere(&arrival.request.path)));
        spoilt.assert_heals();
    }
}
