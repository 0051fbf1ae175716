//! Failures of the network: why no answer came back.

use crate::error::{Error, ErrorKind};
use crate::quote::quote;
use crate::url::Url;
use std::io;
use std::time::Duration;
use ureq::Timeout;

/// Why no answer came back from `url`.
pub(crate) fn error(error: ureq::Error, url: &Url, timeout: Duration, max_response: u64) -> Error {
    match error {
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => Error::new(
            ErrorKind::Unreachable,
            format!("{url} did not let itself be connected to in time."),
        )
        .with_hint(REACH),
        ureq::Error::Timeout(_) => Error::new(
            ErrorKind::Timeout,
            format!("{url} gave no whole answer within {timeout:?}."),
        )
        .with_hint("Read fewer records at a time, or allow more time."),
        ureq::Error::HostNotFound => Error::new(
            ErrorKind::Unreachable,
            format!("The host \"{}\" has no address.", url.host()),
        )
        .with_hint("Check the spelling of the host's name, and this machine's name resolution."),
        ureq::Error::BodyExceedsLimit(_) => Error::new(
            ErrorKind::TooLarge,
            format!("The answer of {url} is longer than the limit of {max_response} bytes."),
        )
        .with_hint("Read fewer records at a time."),
        ureq::Error::Io(error) => of_io(&error, url),
        ureq::Error::Tls(what) => tls(url, what),
        ureq::Error::Rustls(error) => tls(url, &error.to_string()),
        ureq::Error::ConnectProxyFailed(what) => Error::new(
            ErrorKind::Unreachable,
            format!("The proxy would not connect to {url}: {}.", quote(&what)),
        )
        .with_hint(
            "Check HTTPS_PROXY, ALL_PROXY and NO_PROXY in the environment of this server process.",
        ),
        ureq::Error::InvalidProxyUrl => Error::new(
            ErrorKind::InvalidOption,
            "The proxy that the environment names is not a URL.",
        )
        .with_hint(
            "Check HTTPS_PROXY, ALL_PROXY and NO_PROXY in the environment of this server process.",
        ),
        ureq::Error::ConnectionFailed => Error::new(
            ErrorKind::Unreachable,
            format!("{url} cannot be connected to."),
        )
        .with_hint(REACH),
        ureq::Error::Decompress(_, error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            dropped(url)
        }
        ureq::Error::Decompress(..) => Error::new(
            ErrorKind::Malformed,
            format!("The compressed answer of {url} cannot be decompressed."),
        )
        .with_hint(PROXY),
        ureq::Error::Protocol(error) => Error::new(
            ErrorKind::NotOdoo,
            format!(
                "What {url} answers is not HTTP: {}.",
                quote(&error.to_string())
            ),
        )
        .with_hint("Check the port, and whether it wants https:// or http://."),
        other => Error::new(
            ErrorKind::NotOdoo,
            format!(
                "The answer of {url} cannot be read: {}.",
                quote(&other.to_string())
            ),
        )
        .with_hint(PROXY),
    }
}

const REACH: &str =
    "Check the address, and whether this machine may reach it: the server, a firewall, a proxy.";
const PROXY: &str =
    "Look at what stands between this machine and Odoo: a proxy, a firewall, a load balancer.";

fn of_io(error: &io::Error, url: &Url) -> Error {
    use io::ErrorKind as Io;
    match error.kind() {
        Io::ConnectionRefused => Error::new(
            ErrorKind::Unreachable,
            format!("{url} refuses the connection: nothing listens there."),
        )
        .with_hint("Check the port, and whether Odoo runs."),
        Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown | Io::AddrNotAvailable => {
            Error::new(
                ErrorKind::Unreachable,
                format!("There is no way to {url}: {error}."),
            )
            .with_hint(REACH)
        }
        Io::TimedOut | Io::WouldBlock => {
            Error::new(ErrorKind::Timeout, format!("{url} fell silent."))
                .with_hint("Read fewer records at a time, or allow more time.")
        }
        // rustls wraps what it does not like about a peer so.
        Io::InvalidData if url.is_https() => tls(url, &error.to_string()),
        Io::UnexpectedEof
        | Io::ConnectionReset
        | Io::ConnectionAborted
        | Io::BrokenPipe
        | Io::NotConnected => dropped(url),
        _ => match error.to_string().strip_prefix(LOOKUP) {
            Some(why) => Error::new(
                ErrorKind::Unreachable,
                format!("The host \"{}\" cannot be found: {why}.", url.host()),
            )
            .with_hint(
                "Check the spelling of the host's name, and this machine's name resolution.",
            ),
            None => Error::new(
                ErrorKind::Dropped,
                format!("The connection to {url} failed: {error}."),
            )
            .with_hint(REACH),
        },
    }
}

/// How the standard library begins the message of a name that cannot be resolved, which has no kind of its own.
const LOOKUP: &str = "failed to lookup address information: ";

fn dropped(url: &Url) -> Error {
    Error::new(
        ErrorKind::Dropped,
        format!("{url} broke off the connection before its answer was complete."),
    )
    .with_hint(
        "Odoo ends a worker that takes too long or too much memory (limit_time_real, limit_memory_hard in its \
         configuration): read fewer records at a time. If it breaks off at once, see whether the port wants https:// \
         or http://.",
    )
}

fn tls(url: &Url, what: &str) -> Error {
    // What rustls says of a certificate, without the list of what would have been right.
    let what = what.split(';').next().unwrap_or_default();
    let what = match what.strip_prefix("invalid peer certificate: ") {
        Some("UnknownIssuer") => "its certificate is signed by nobody whom this machine trusts",
        // It says so in two ways, one of them with times in seconds.
        Some(why) if why.starts_with("Expired") || why.starts_with("certificate expired") => {
            "its certificate has expired"
        }
        Some(why)
            if why.starts_with("NotValidYet") || why.starts_with("certificate not valid yet") =>
        {
            "its certificate is not valid yet"
        }
        Some("BadSignature") => "its certificate is not signed by the authority that it names",
        // `openssl req -x509` makes such ones
        Some(why) if why.contains("CaUsedAsEndEntity") => {
            "its certificate is an authority's own, which no server may show as its own"
        }
        Some(why) => why,
        None => what,
    };
    Error::new(
        ErrorKind::Tls,
        format!("No secure connection to {url}: {}.", quote(what)),
    )
    .with_hint(
        "Check that the certificate is valid, made for this host's name, and signed by an authority that this machine \
         trusts; give a CA file for an authority of your own.",
    )
}
