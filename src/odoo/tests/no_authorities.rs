//! A machine without certificates of authorities, as the official PostgreSQL image is one.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use odoo::{Cancel, Client, Endpoint, ErrorKind, Options, Secret, Url};

/// The system's store is read from the environment, which is the process's: hence a process of its own.
const CHILD: &str = "ODOO_TEST_WITHOUT_AUTHORITIES";

#[test]
fn a_machine_without_certificates_is_told_what_to_install() {
    if std::env::var_os(CHILD).is_some() {
        return without_authorities();
    }
    let empty = std::env::temp_dir().join(format!("odoo_no_authorities_{}", std::process::id()));
    std::fs::create_dir(&empty).expect("a folder can be made");
    let status = Command::new(std::env::current_exe().expect("this program has a path"))
        .env(CHILD, "1")
        .env("SSL_CERT_FILE", empty.join("none.pem"))
        .env("SSL_CERT_DIR", &empty)
        .status()
        .expect("this program starts again");
    std::fs::remove_dir(&empty).expect("the folder is empty");
    assert!(status.success(), "see the other process's output above");
}

fn without_authorities() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("https://{}", listener.local_addr().expect("it is bound"));
    let endpoint = Endpoint {
        url: Url::parse(&url, false).expect("it is a URL"),
        database: "acme".to_owned(),
        login: "admin".to_owned(),
        secret: Secret::new("secret".to_owned()),
    };
    let options = Options {
        timeout: Duration::from_secs(20),
        max_retries: 0,
        delay: Duration::ZERO,
        max_response: 1 << 20,
        ca_file: None,
    };
    let error = Client::open(endpoint, options, Cancel::new()).expect_err("there is nobody to trust");
    assert_eq!(error.kind, ErrorKind::Tls, "{error:?}");
    assert!(error.message.contains("no certificates of authorities"), "{error:?}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("ca-certificates")), "{error:?}");
}
