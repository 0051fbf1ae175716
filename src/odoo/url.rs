//! The address of an Odoo server.

use crate::error::{Error, ErrorKind};
use std::fmt;
use std::net::IpAddr;
use ureq::http::Uri;

/// A validated address: `https://erp.example.com`, with an optional port and path prefix, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    text: String,
    host: String,
}

impl Url {
    /// Parses an address; `allow_http` permits `http://` to other machines than this one.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidUrl`]: not a URL, another scheme than http and https, no host, or a user, password, query or
    /// fragment in it; `http://` to another machine without `allow_http`.
    pub fn parse(text: &str, allow_http: bool) -> Result<Url, Error> {
        let text = text.trim();
        // First, before a message quotes the text: what precedes an '@' may be a password.
        if text.contains('@') {
            return Err(invalid("The URL contains a user name, a password or an '@'.")
                .with_hint("Give the login and the secret separately from the URL."));
        }
        if text.is_empty() {
            return Err(invalid("The URL is empty.").with_hint(EXAMPLE));
        }
        if !text.contains("://") {
            return Err(invalid(format!("\"{text}\" has no scheme."))
                .with_hint(format!("Write https://{text}, or http:// for this machine.")));
        }
        if let Some(mark) = text.chars().find(|c| matches!(c, '?' | '#')) {
            return Err(invalid(format!("\"{text}\" contains a '{mark}'.")).with_hint(EXAMPLE));
        }
        let uri: Uri = text
            .trim_end_matches('/')
            .parse()
            .map_err(|_| invalid(format!("\"{text}\" is not a URL.")).with_hint(EXAMPLE))?;
        let scheme = uri.scheme_str().unwrap_or_default().to_ascii_lowercase();
        if scheme != "https" && scheme != "http" {
            return Err(invalid(format!("\"{text}\" is neither https:// nor http://.")).with_hint(EXAMPLE));
        }
        let authority = uri.authority().map(|a| a.as_str()).unwrap_or_default();
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        if host.is_empty() || host == "[]" {
            return Err(invalid(format!("\"{text}\" names no host.")).with_hint(EXAMPLE));
        }
        if authority.len() > host.len() && uri.port_u16().is_none_or(|port| port == 0) {
            return Err(
                invalid(format!("\"{text}\" has no valid port.")).with_hint("A port is a number from 1 to 65535.")
            );
        }
        let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        let path = uri.path().trim_end_matches('/');
        let url = Url { text: format!("{scheme}://{host}{port}{path}"), host };
        if scheme == "http" && !allow_http && !url.is_loopback() {
            return Err(invalid(format!("\"{url}\" would send the secret unencrypted to another machine."))
                .with_hint("Use https://, or allow it: SET odoo_sync.allow_http = on."));
        }
        Ok(url)
    }

    /// The host, in lower case; an IPv6 address is in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }

    /// Whether the host is this machine: `localhost`, 127.0.0.0/8 or ::1.
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

const EXAMPLE: &str = "A URL looks like https://erp.example.com, with a path only where a proxy serves Odoo under one.";

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidUrl, message)
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
