//! Network errors: DNS, TCP, TLS, HTTP.

use crate::error::{Error, ErrorKind};
use crate::quote::quote;
use crate::url::Url;
use std::io;
use std::time::Duration;
use ureq::Timeout;

/// The error for a request to `url` that got no answer.
pub(crate) fn error(error: ureq::Error, url: &Url, timeout: Duration, max_response: u64) -> Error {
    match error {
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            Error::new(ErrorKind::Unreachable, format!("The connection to {url} timed out.")).with_hint(REACH)
        }
        ureq::Error::Timeout(_) => {
            Error::new(ErrorKind::Timeout, format!("The request to {url} timed out after {timeout:?}."))
                .with_hint("Read fewer records at a time, or allow more time.")
        }
        ureq::Error::HostNotFound => {
            Error::new(ErrorKind::Unreachable, format!("The host name \"{}\" cannot be resolved.", url.host()))
                .with_hint(DNS)
        }
        ureq::Error::BodyExceedsLimit(_) => Error::new(
            ErrorKind::TooLarge,
            format!("The answer of {url} is longer than the limit of {max_response} bytes."),
        )
        .with_hint("Read fewer records at a time."),
        ureq::Error::Io(error) => of_io(&error, url),
        ureq::Error::Tls(what) => tls(url, what),
        ureq::Error::Rustls(error) => tls(url, &error.to_string()),
        ureq::Error::ConnectProxyFailed(what) => {
            Error::new(ErrorKind::Unreachable, format!("The proxy refused to connect to {url}: {}.", quote(&what)))
                .with_hint("Check HTTPS_PROXY, ALL_PROXY and NO_PROXY in the environment of this server process.")
        }
        ureq::Error::InvalidProxyUrl => {
            Error::new(ErrorKind::InvalidOption, "The proxy in the environment is not a valid URL.")
                .with_hint("Check HTTPS_PROXY, ALL_PROXY and NO_PROXY in the environment of this server process.")
        }
        ureq::Error::ConnectionFailed => {
            Error::new(ErrorKind::Unreachable, format!("The connection to {url} failed.")).with_hint(REACH)
        }
        ureq::Error::Decompress(_, error) if error.kind() == io::ErrorKind::UnexpectedEof => dropped(url),
        ureq::Error::Decompress(..) => {
            Error::new(ErrorKind::Malformed, format!("The compressed answer of {url} cannot be decompressed."))
                .with_hint(PROXY)
        }
        ureq::Error::Protocol(error) => {
            Error::new(ErrorKind::NotOdoo, format!("The answer of {url} is not HTTP: {}.", quote(&error.to_string())))
                .with_hint("Check the port, and whether it takes https:// or http://.")
        }
        other => Error::new(
            ErrorKind::NotOdoo,
            format!("The answer of {url} cannot be read: {}.", quote(&other.to_string())),
        )
        .with_hint(PROXY),
    }
}

/// How to find out why a server is not reachable.
const REACH: &str = "Check the address, and what is between this machine and the server: a firewall, a proxy.";
/// How to find out why a host name has no address.
const DNS: &str = "Check the spelling of the host name, and DNS on this machine.";
/// How to find out what garbles answers.
const PROXY: &str = "Check what is between this machine and Odoo: a proxy, a firewall, a load balancer.";

/// The error for an I/O error on the connection.
fn of_io(error: &io::Error, url: &Url) -> Error {
    use io::ErrorKind as Io;
    match error.kind() {
        Io::ConnectionRefused => Error::new(
            ErrorKind::Unreachable,
            format!("The connection to {url} was refused: nothing listens on that port."),
        )
        .with_hint("Check the port, and whether Odoo runs."),
        Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown | Io::AddrNotAvailable => {
            Error::new(ErrorKind::Unreachable, format!("{url} cannot be reached: {error}.")).with_hint(REACH)
        }
        Io::TimedOut | Io::WouldBlock => Error::new(ErrorKind::Timeout, format!("The request to {url} timed out."))
            .with_hint("Read fewer records at a time, or allow more time."),
        // how rustls reports a peer that it rejects
        Io::InvalidData if url.is_https() => tls(url, &error.to_string()),
        Io::UnexpectedEof | Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::NotConnected => {
            dropped(url)
        }
        _ => match error.to_string().strip_prefix(LOOKUP) {
            Some(why) => Error::new(
                ErrorKind::Unreachable,
                format!("The host name \"{}\" cannot be resolved: {why}.", url.host()),
            )
            .with_hint(DNS),
            None => {
                Error::new(ErrorKind::Dropped, format!("The connection to {url} failed: {error}.")).with_hint(REACH)
            }
        },
    }
}

/// The prefix of the standard library's error for a name that cannot be resolved, which has no kind of its own.
const LOOKUP: &str = "failed to lookup address information: ";

/// The error for a connection that was closed too early.
fn dropped(url: &Url) -> Error {
    Error::new(ErrorKind::Dropped, format!("{url} closed the connection before its answer was complete.")).with_hint(
        "Odoo kills a worker that exceeds limit_time_real or limit_memory_hard of its configuration: read fewer \
         records at a time. If the connection closes at once, check whether the port takes https:// or http://.",
    )
}

/// The error for a TLS handshake that failed.
fn tls(url: &Url, what: &str) -> Error {
    // What rustls-platform-verifier says where it finds no root certificate.
    if what.contains("No CA certificates were loaded") {
        return Error::new(
            ErrorKind::Tls,
            format!("The TLS handshake with {url} failed: this machine has no certificates of authorities."),
        )
        .with_hint(
            "Install them (Debian: apt-get install ca-certificates; the official PostgreSQL image lacks them), or give a \
             CA file.",
        );
    }
    // What rustls says about a certificate, without the list of names that would have been valid.
    let what = what.split(';').next().unwrap_or_default();
    let what = match what.strip_prefix("invalid peer certificate: ") {
        Some("UnknownIssuer") => "its certificate is signed by an unknown authority",
        // rustls words it in two ways, one of them with times in seconds.
        Some(why) if why.starts_with("Expired") || why.starts_with("certificate expired") => {
            "its certificate has expired"
        }
        Some(why) if why.starts_with("NotValidYet") || why.starts_with("certificate not valid yet") => {
            "its certificate is not valid yet"
        }
        Some("BadSignature") => "its certificate has an invalid signature",
        // as `openssl req -x509` makes it
        Some(why) if why.contains("CaUsedAsEndEntity") => "its certificate is a CA certificate, not a server's",
        Some(why) => why,
        None => what,
    };
    Error::new(ErrorKind::Tls, format!("The TLS handshake with {url} failed: {}.", quote(what))).with_hint(
        "Check that the certificate is valid, issued for this host name, and signed by an authority that this machine \
         trusts; for an authority of your own, give its CA file.",
    )
}
