//! What is not Odoo, or not all of it: the network, proxies, other programs.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::Duration;

use odoo::{Cancel, Client, Domain, Endpoint, Error, ErrorKind, Options, Secret, Url};
use sample_odoo::{Reaction, Series};
use serde_json::{Map, Value};

use crate::servers::{Server, options};
use crate::wire::{Wire, answer, json, login};

fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        url: Url::parse(url, true).expect("it is a URL"),
        database: "anything".to_owned(),
        login: "somebody".to_owned(),
        secret: Secret::new("0123456789abcdef0123456789abcdef01234567".to_owned()),
    }
}

fn open(url: &str, options: Options) -> Error {
    let error = Client::open(endpoint(url), options, Cancel::new()).expect_err(url);
    assert!(error.hint.is_some(), "{error:?}");
    assert!(!error.message.contains("0123456789abcdef"), "{error}");
    error
}

#[test]
fn a_host_that_does_not_exist() {
    let error = open("https://odoo.invalid", options());
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error:?}");
    assert!(error.message.contains("odoo.invalid"), "{error}");
    assert!(error.message.contains("cannot be resolved"), "{error}");
}

#[test]
fn a_port_where_nothing_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("127.0.0.1 has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    drop(listener);
    let error = open(&url, options());
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error:?}");
    assert!(error.message.contains("was refused"), "{error}");
}

#[test]
fn https_where_http_is_spoken() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("127.0.0.1 has a free port");
    let url = format!("https://{}", listener.local_addr().expect("it is bound"));
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody connects");
        stream.write_all(b"HTTP/1.0 400 Bad request version\r\n\r\n").expect("it is read");
    });
    let error = open(&url, options());
    server.join().expect("it did not panic");
    assert_eq!(error.kind, ErrorKind::Tls, "{error:?}");
}

#[test]
fn a_ca_file_that_is_none() {
    for path in ["/no/such/file.pem", "/dev/null"] {
        let options = Options { ca_file: Some(path.into()), ..options() };
        let error = open("https://erp.example.com", options);
        assert_eq!(error.kind, ErrorKind::InvalidOption, "{error:?}");
        assert!(error.message.contains(path), "{error}");
    }
}

#[test]
fn answers_that_are_not_odoos() {
    let html = "<!DOCTYPE html><title>Welcome</title>";
    for (bytes, kind, says) in [
        (answer("200 OK", "Content-Type: text/html\r\n", html), ErrorKind::NotOdoo, "a web page"),
        (answer("404 Not Found", "", html), ErrorKind::NotOdoo, "HTTP 404"),
        (answer("401 Unauthorized", "", html), ErrorKind::NotOdoo, "HTTP 401"),
        (answer("404 Not Found", "", ""), ErrorKind::NotOdoo, "an empty body"),
        (answer("200 OK", "", "hello"), ErrorKind::NotOdoo, "another program"),
        (json("{}"), ErrorKind::NotOdoo, "another program"),
        (json("[]"), ErrorKind::NotOdoo, "another program"),
        (json("null"), ErrorKind::NotOdoo, "another program"),
        (json(r#"{"version":"8.1","cluster":"elsewhere"}"#), ErrorKind::NotOdoo, "another program"),
        (json(r#"{"version":"1","version_info":["one"]}"#), ErrorKind::NotOdoo, "another program"),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), ErrorKind::NotOdoo, "not HTTP"),
        (b"".to_vec(), ErrorKind::Dropped, "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-".to_vec(), ErrorKind::Dropped, "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"vers".to_vec(), ErrorKind::Dropped, "closed the connection"),
        (answer("500 Internal Server Error", "", html), ErrorKind::Server, "HTTP 500"),
        (answer("502 Bad Gateway", "", html), ErrorKind::Busy, "HTTP 502"),
        (answer("503 Service Unavailable", "", html), ErrorKind::Busy, "HTTP 503"),
        (answer("429 Too Many Requests", "", ""), ErrorKind::Busy, "HTTP 429"),
    ] {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let wire = Wire::start(vec![bytes]);
        let error = open(&wire.url, options());
        assert_eq!(error.kind, kind, "{text:?}: {error:?}");
        assert!(error.message.contains(says), "{text:?}: {error}");
    }
}

#[test]
fn an_html_answer_in_the_middle_of_a_session() {
    for series in [Series::V14, Series::V19] {
        let server = Server::sample(series);
        let client = server.client();
        let sample = server.sample.as_ref().expect("it is one");
        for (status, kind) in [
            (200, ErrorKind::NotOdoo),
            (403, ErrorKind::NotOdoo),
            (413, ErrorKind::Refused),
            (500, ErrorKind::Server),
            (504, ErrorKind::Busy),
        ] {
            sample.on_request(move |_| {
                Reaction::Status(status, "text/html".to_owned(), "\n <html>Please wait".to_owned())
            });
            let error = client.count("res.partner", &Domain::all()).expect_err("it is HTML");
            assert_eq!(error.kind, kind, "{status}: {error:?}");
            assert!(error.hint.is_some(), "{error:?}");
        }
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Wire::start(login());
    let location = format!("Location: {}/web/version\r\n", elsewhere.url);
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let wire = Wire::start(vec![answer(status, &location, "")]);
        let error = open(&wire.url, options());
        assert_eq!(error.kind, ErrorKind::NotOdoo, "{status}: {error:?}");
        assert!(error.message.contains(&elsewhere.url), "{status}: {error}");
    }
    assert_eq!(elsewhere.received().len(), 0);
}

#[test]
fn an_answer_that_is_longer_than_the_limit() {
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"result":[{}1]}}"#, "1,".repeat(5_000));
    let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    write!(chunked, "{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).expect("memory takes it");
    for bytes in [json(&body), chunked] {
        let mut answers = login();
        answers.push(bytes);
        let options = Options { max_response: 9_999, ..options() };
        let client = Wire::start(answers).open(options).expect("the login is short");
        let error = client.call::<Value>("res.partner", "search", Map::new()).expect_err("too long");
        assert_eq!(error.kind, ErrorKind::TooLarge, "{error:?}");
        assert!(error.message.contains("9999 bytes"), "{error}");
    }
}

#[test]
fn compressed_answers() {
    // gzip of {"jsonrpc":"2.0","id":1,"result":42}
    let whole = vec![
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0xab, 0x56, 0xca, 0x2a, 0xce, 0xcf, 0x2b, 0x2a,
        0x48, 0x56, 0xb2, 0x52, 0x32, 0xd2, 0x33, 0x50, 0xd2, 0x51, 0xca, 0x4c, 0x51, 0xb2, 0x32, 0xd4, 0x51, 0x2a,
        0x4a, 0x2d, 0x2e, 0xcd, 0x29, 0x51, 0xb2, 0x32, 0x31, 0xaa, 0x05, 0x00, 0x5b, 0x24, 0x7e, 0xcc, 0x24, 0x00,
        0x00, 0x00,
    ];
    let mut garbled = whole.clone();
    garbled[12] ^= 0xff;
    for (body, expected) in [
        (whole.clone(), Ok(42)),
        (whole[..whole.len() - 12].to_vec(), Err(ErrorKind::Dropped)),
        (garbled, Err(ErrorKind::Malformed)),
    ] {
        let mut bytes =
            format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend(&body);
        let mut answers = login();
        answers.push(bytes);
        let client = Wire::start(answers).open(options()).expect("the login is plain");
        let answer = client.call::<i64>("res.partner", "search_count", Map::new());
        assert_eq!(answer.map_err(|error| error.kind), expected);
    }
}

#[test]
fn a_server_that_is_silent_or_drips() {
    let server = Server::sample(Series::V19);
    let options = Options { timeout: Duration::from_millis(300), ..options() };
    let client = Client::open(server.endpoint(), options, Cancel::new()).expect(server.name);
    let sample = server.sample.as_ref().expect("it is one");
    sample.on_request(|_| Reaction::Stall);
    let error = client.count("res.partner", &Domain::all()).expect_err("it is silent");
    assert_eq!(error.kind, ErrorKind::Timeout, "{error:?}");
    assert!(error.message.contains("300ms"), "{error}");
}
