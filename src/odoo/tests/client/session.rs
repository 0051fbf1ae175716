//! Logging in, and what is known then.

use std::time::{Duration, SystemTime};

use odoo::{ErrorKind, Protocol, Secret};
use sample_odoo::{Reaction, Series};

use crate::servers::{Server, servers};
use crate::wire;

#[test]
fn a_session_knows_the_version_the_protocol_and_the_user() {
    for server in servers() {
        let client = server.client();
        let session = client.session();
        assert_eq!(session.series, server.series, "{}", server.name);
        assert!(session.server_version.starts_with(&server.series.to_string()), "{session:?}");
        let is_key = server.secret.len() == 40;
        let json2 = server.series >= 19 && is_key;
        let protocol = if json2 { Protocol::Json2 } else { Protocol::JsonRpc };
        assert_eq!(session.protocol, protocol, "{}", server.name);
        assert!(session.uid > 0, "{}", server.name);
        assert_eq!(session.lang.as_deref(), Some("en_US"), "{}", server.name);
        // A whole second of Odoo's clock, which on one machine is ours.
        let age = SystemTime::now().duration_since(session.started).expect("not ahead of us");
        assert!(age < Duration::from_secs(30), "{}: {age:?}", server.name);
        let since = session.started.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        assert_eq!(since.subsec_nanos(), 0, "{}", server.name);

        let account = client.account().expect(server.name);
        assert_eq!(account.login, server.login, "{}", server.name);
        assert!(!account.user_name.is_empty() && !account.company.is_empty(), "{account:?}");
        assert!(account.company_id > 0, "{account:?}");
    }
}

#[test]
fn logging_in_takes_three_requests_or_four_for_a_key_of_an_older_odoo() {
    for (series, secret, expected) in [
        (Series::V19, None, 3),
        (Series::V19, Some("admin"), 3),
        (Series::V14, Some("admin"), 3),
        (Series::V14, None, 4),
    ] {
        let server = Server::sample(series);
        let mut endpoint = server.endpoint();
        if let Some(secret) = secret {
            endpoint.secret = Secret::new(secret.to_owned());
        }
        server.open(endpoint).expect(server.name);
        let sample = server.sample.expect("it is one");
        assert_eq!(sample.requests().len() as u64, expected, "{series:?} {secret:?}");
    }
}

#[test]
fn the_secret_is_never_printed() {
    for server in servers() {
        let client = server.client();
        let printed = format!("{:?} {:?} {}", server.endpoint(), client, server.endpoint().secret);
        // A password such as "admin" is also the login's text.
        assert!(printed.contains("***"), "{printed}");
        assert!(server.secret == server.login || !printed.contains(&server.secret), "{printed}");
    }
}

#[test]
fn json2_always_names_the_database() {
    let server = Server::sample(Series::V19);
    server.client().account().expect("it answers");
    let sample = server.sample.expect("it is one");
    let requests = sample.requests();
    let json2: Vec<_> = requests.iter().filter(|r| r.path.starts_with("/json/2/")).collect();
    assert_eq!(json2.len(), 3);
    for request in json2 {
        assert_eq!(request.header("x-odoo-database"), Some(sample.database.as_str()));
        assert_eq!(request.header("user-agent"), Some(concat!("odoo_sync/", env!("CARGO_PKG_VERSION"))));
        assert!(!request.body.contains(&sample.secret) && !request.path.contains(&sample.secret));
    }
}

#[test]
fn each_call_has_the_users_language_and_sees_archived_records() {
    for series in [Series::V14, Series::V19] {
        let server = Server::sample(series);
        let client = server.client();
        let sample = server.sample.as_ref().expect("it is one");
        sample.forget_requests();
        client.count("res.partner", &odoo::Domain::all()).expect(server.name);
        let body = sample.requests()[0].json();
        let arguments = if series == Series::V19 { &body } else { &body["params"]["args"][6] };
        let context = serde_json::json!({"lang": "en_US", "active_test": false});
        assert_eq!(arguments["context"], context, "{body}");
    }
}

#[test]
fn a_key_of_somebody_elses_is_told_apart() {
    let server = Server::sample(Series::V19);
    let mut endpoint = server.endpoint();
    endpoint.login = "demo".to_owned();
    let error = server.open(endpoint).expect_err("the key is admin's");
    assert_eq!(error.kind, ErrorKind::Authentication, "{error}");
    assert!(error.message.contains("does not belong to \"demo\""), "{error}");
}

#[test]
fn saas_versions_count_by_their_major_number() {
    for (info, series) in [
        (r#""saas~18.2","server_version_info":["saas~18",2,0,"final",0,""]"#, 18),
        (r#""15.0","server_version_info":[15,0,0,"final",0,""]"#, 15),
    ] {
        let mut answers = wire::login();
        answers[0] = wire::json(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"server_version":{info}}}}}"#));
        let client = wire::Wire::start(answers).open(crate::servers::options()).expect(info);
        assert_eq!(client.session().series, series);
        assert_eq!(client.session().lang.as_deref(), Some("de_DE"));
        let clock = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_601_149);
        assert_eq!(client.session().started, clock);
    }
}

#[test]
fn a_server_without_one_way_to_its_version_is_asked_the_other_way() {
    let not_found = || Reaction::Status(404, "text/html".to_owned(), "<h1>no</h1>".to_owned());
    for closed in ["/web/version", "/jsonrpc"] {
        let server = Server::sample(Series::V19);
        let sample = server.sample.as_ref().expect("it is one");
        sample.on_request(move |request| match request.path == closed {
            true => not_found(),
            false => Reaction::Answer,
        });
        let client = server.open(server.endpoint()).unwrap_or_else(|error| panic!("{closed}: {error}"));
        assert_eq!(client.session().protocol, Protocol::Json2);
    }
}
