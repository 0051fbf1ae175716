//! Addresses.

use odoo::{ErrorKind, Url};

#[test]
fn addresses_that_are_taken_and_how_they_are_given_back() {
    for (text, url) in [
        ("https://erp.example.com", "https://erp.example.com"),
        ("https://erp.example.com/", "https://erp.example.com"),
        ("  HTTPS://ERP.Example.com//  ", "https://erp.example.com"),
        ("https://erp.example.com:8443", "https://erp.example.com:8443"),
        ("https://example.com/erp/", "https://example.com/erp"),
        ("https://192.0.2.7", "https://192.0.2.7"),
        ("https://[2001:db8::7]:8069", "https://[2001:db8::7]:8069"),
        ("http://localhost:8069", "http://localhost:8069"),
        ("http://LOCALHOST:8069", "http://localhost:8069"),
        ("http://127.0.0.1:8069", "http://127.0.0.1:8069"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://[::1]:8069", "http://[::1]:8069"),
    ] {
        let parsed = Url::parse(text, false).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(parsed.to_string(), url, "{text}");
    }
}

#[test]
fn addresses_that_are_refused_each_with_a_hint() {
    for text in [
        "",
        "   ",
        "erp.example.com",
        "localhost:8069",
        "ftp://erp.example.com",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://:8069",
        "https://erp example.com",
        "https://erp.example.com:port",
        "https://erp.example.com:0",
        "https://erp.example.com:65536",
        "https://erp.example.com:",
        "https://erp.example.com/?db=prod",
        "https://erp.example.com/web#action=1",
        "https://user:hunter2@erp.example.com",
        "https://bücher.example",
        "https://erp.example.com\\@evil.example",
        "https://erp.example.com/a\nb",
    ] {
        let error = Url::parse(text, true).expect_err(text);
        assert_eq!(error.kind, ErrorKind::InvalidUrl, "{text}: {error}");
        assert!(error.hint.is_some(), "{text}: {error}");
        assert!(!error.message.contains("hunter2"), "{error}");
    }
}

#[test]
fn http_reaches_this_machine_only_unless_allowed() {
    for text in [
        "http://erp.example.com",
        "http://192.168.1.5:8069",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://128.0.0.1",
        "http://[::2]",
        "http://0.0.0.0:8069",
    ] {
        let error = Url::parse(text, false).expect_err(text);
        assert_eq!(error.kind, ErrorKind::InvalidUrl, "{text}");
        assert!(error.message.contains("unencrypted"), "{text}: {error}");
        assert_eq!(Url::parse(text, true).expect("allowed").to_string(), text);
    }
}
