//! Addresses that are none, and what answers there.

use std::io::{Read, Write};
use std::net::TcpListener;

use support::access::Access;
use support::cluster::Cluster;
use support::sample_odoo::{Reaction, SampleOdoo, Series};
use support::session::all_of;

use crate::{CANNOT_CONNECT, INVALID_PARAMETER, NOT_ODOO, assert_is_for_readers, assert_refused, connect, settled};

#[test]
fn addresses_that_are_none() {
    let (_sample, access, mut session) = settled("addresses");
    let at = |url: &str| connect(&Access { url: url.to_owned(), ..access.clone() });
    assert_refused(
        &mut session,
        &[
            (at("erp"), INVALID_PARAMETER, "erp"),
            (at("erp.example.com"), INVALID_PARAMETER, "erp.example.com"),
            (at("https://"), INVALID_PARAMETER, "https://"),
            (at("https:///path"), INVALID_PARAMETER, "https:///path"),
            (at("https://erp example.com"), INVALID_PARAMETER, "erp example.com"),
            (at("https://erp.example.com:port"), INVALID_PARAMETER, "port"),
            (at("https://erp.example.com:99999"), INVALID_PARAMETER, "99999"),
            (at("ftp://erp.example.com"), INVALID_PARAMETER, "ftp://erp.example.com"),
            (at("file:///etc/passwd"), INVALID_PARAMETER, "file:///etc/passwd"),
            (at("https://erp.example.com/?db=x"), INVALID_PARAMETER, "?"),
            (at("https://admin:password1@erp.example.com"), INVALID_PARAMETER, "user name"),
            (at("https://nowhere.invalid"), CANNOT_CONNECT, "nowhere.invalid"),
            (at(&format!("http://127.0.0.1:{}", unused_port())), CANNOT_CONNECT, "127.0.0.1"),
        ],
    );
    let error = session.error(&at("https://admin:password1@erp.example.com"));
    assert!(!all_of(&error).contains("password1"), "{}", all_of(&error));
}

#[test]
fn unencrypted_to_another_machine() {
    let (_sample, access, mut session) = settled("unencrypted");
    let far = connect(&Access { url: "http://192.0.2.1:8069".to_owned(), ..access });
    assert_refused(&mut session, &[(far.clone(), INVALID_PARAMETER, "unencrypted")]);
    let hint = session.error(&far).hint().unwrap_or_default().to_owned();
    assert!(hint.contains("odoo_sync.allow_http"), "the hint names the setting: {hint}");
    // allowed: what fails then is the network, which has no such address
    let allowed =
        format!("SET odoo_sync.allow_http = on; SET odoo_sync.timeout = '1s'; SET odoo_sync.max_retries = 0; {far}");
    let error = session.error(&allowed);
    assert!(["08001", "08006"].contains(&error.code().code()), "{}", all_of(&error));
    session.run("RESET ALL");

    // the setting is an administrator's: another role's SET is of no use, even if made before the extension is loaded
    session.run("CREATE ROLE plain LOGIN; GRANT USAGE ON SCHEMA odoo_sync TO plain; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA odoo_sync TO plain");
    session.run("GRANT USAGE ON FOREIGN DATA WRAPPER odoo_sync TO plain");
    let mut plain = Cluster::shared().session("unencrypted", "plain");
    plain.run("SET odoo_sync.allow_http = on");
    let error = plain.error(&far);
    assert_eq!(error.code().code(), INVALID_PARAMETER, "{}", all_of(&error));
    assert_eq!(plain.error("SET odoo_sync.allow_http = on").code().code(), "42501");
}

#[test]
fn what_is_not_odoo() {
    let (_sample, access, mut session) = settled("not_odoo");
    for (kind, status, body) in [
        ("text/html", 200, "<!DOCTYPE html><html><body>It works!</body></html>"),
        ("text/html", 404, "<html><h1>Not Found</h1></html>"),
        ("application/json", 200, "{\"status\": \"ok\"}"),
        ("application/json", 200, "[]"),
        ("application/json", 404, "{\"error\": {\"code\": 404}}"),
        ("text/plain", 200, "pong"),
        ("text/plain", 200, ""),
    ] {
        let other = SampleOdoo::start(Series::V19);
        other.on_request(move |_| Reaction::Status(status, kind.to_owned(), body.to_owned()));
        let at = Access { url: other.url.clone(), ..access.clone() };
        assert_refused(
            &mut session,
            &[(connect(&at), NOT_ODOO, "127.0.0.1"), (connect(&at.by("a password")), NOT_ODOO, "127.0.0.1")],
        );
    }
    // a program that speaks no HTTP at all
    let listener = TcpListener::bind("127.0.0.1:0").expect("127.0.0.1 has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    let greeter = std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection comes");
            let mut buffer = [0; 1024];
            match stream.read(&mut buffer) {
                Ok(0) => return,
                _ => stream.write_all(b"220 mail.example.com ESMTP\r\n").expect("the client reads"),
            }
        }
    });
    let error =
        session.error(&format!("SET odoo_sync.max_retries = 0; {}", connect(&Access { url: url.clone(), ..access })));
    assert!([NOT_ODOO, "08006"].contains(&error.code().code()), "{}", all_of(&error));
    assert!(error.hint().is_some(), "{}", all_of(&error));
    assert_is_for_readers(&all_of(&error));
    let address = url.strip_prefix("http://").expect("it has a scheme").to_owned();
    drop(std::net::TcpStream::connect(address).expect("it still listens"));
    greeter.join().expect("the greeter ends");
}

/// A port of this machine that nobody listens on.
fn unused_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("127.0.0.1 has a free port");
    listener.local_addr().expect("it listens").port()
}
