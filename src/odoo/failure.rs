//! Failures of the network and of Odoo, turned into errors for the reader.

use super::error::{Error, ErrorKind};
use super::transport::Answer;
use super::url::Url;
use serde::Deserialize;
use serde_json::Value;
use std::io;
use std::time::Duration;
use ureq::Timeout;

/// The longest piece of somebody else's text that a message quotes, in characters.
const QUOTE: usize = 300;

/// Why no answer came back from `url`.
pub(super) fn of_http(
    error: ureq::Error,
    url: &Url,
    timeout: Duration,
    max_response: u64,
) -> Error {
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

/// What Odoo says when it fails at a request, in either protocol. The traceback in `debug` is not even read.
#[derive(Debug, Deserialize)]
pub(super) struct Fault {
    /// The exception's class: `odoo.exceptions.AccessError`.
    #[serde(default)]
    pub name: String,
    /// Its text; Odoo 14 leaves it out.
    #[serde(default)]
    message: Option<Value>,
    /// What it was made of; the first of it is the text.
    #[serde(default)]
    arguments: Vec<Value>,
}

impl Fault {
    /// The text that it carries, in one piece.
    pub fn text(&self) -> &str {
        let first = self
            .message
            .iter()
            .chain(&self.arguments)
            .find_map(Value::as_str);
        first.unwrap_or_default().trim()
    }

    /// A failure of which only a text is known.
    pub fn unnamed(message: String) -> Fault {
        Fault {
            name: String::new(),
            message: Some(Value::String(message)),
            arguments: Vec::new(),
        }
    }

    /// It means "not now".
    pub fn into_busy(self, asked: &str) -> Error {
        Error::new(
            ErrorKind::Busy,
            format!(
                "Odoo's database was not at hand for {asked}: {}.",
                self.says()
            ),
        )
        .with_hint("Try again later; if it stays so, look at Odoo's own log.")
    }

    fn says(&self) -> String {
        let text = self.text();
        // What PostgreSQL says goes on with a piece of the query.
        let length = if self.name.starts_with("psycopg2.") {
            1
        } else {
            usize::MAX
        };
        let text = quote(&text.lines().take(length).collect::<Vec<_>>().join(" "));
        if text.is_empty() {
            quote(&self.name)
        } else {
            text
        }
    }

    /// What it means where nothing else is known about it than its class.
    ///
    /// `asked` says what was asked for: `search on account.move`.
    pub fn into_error(self, url: &Url, asked: &str) -> Error {
        let says = self.says();
        match self.name.as_str() {
            "odoo.exceptions.AccessDenied" | "werkzeug.exceptions.Unauthorized" => Error::new(
                ErrorKind::Authentication,
                format!("Odoo at {url} does not accept the login: {says}."),
            )
            .with_hint(
                "Check the login and the secret: a password, or an API key that has not expired.",
            ),
            "odoo.exceptions.AccessError" => Error::new(
                ErrorKind::AccessDenied,
                format!("Odoo does not let its user do {asked}: {says}."),
            )
            .with_hint("Give the user the right to read it, in Odoo under Settings, Users."),
            // A row that changed under way, or a database that Odoo cannot reach just now.
            "psycopg2.errors.SerializationFailure"
            | "psycopg2.errors.DeadlockDetected"
            | "psycopg2.errors.LockNotAvailable"
            | "psycopg2.errors.ReadOnlySqlTransaction"
            | "psycopg2.OperationalError"
            | "psycopg2.InterfaceError"
            | "psycopg2.pool.PoolError"
            | "odoo.sql_db.PoolError"
            | "odoo.exceptions.ConcurrencyError"
            | "odoo.exceptions.LockError" => self.into_busy(asked),
            name if name.starts_with("odoo.exceptions.")
                || name.starts_with("werkzeug.exceptions.")
                // Odoo raises it for a field or an operator that it does not know.
                || name == "builtins.ValueError" =>
            {
                Error::new(ErrorKind::Refused, format!("Odoo refuses {asked}: {says}."))
            }
            _ => Error::new(
                ErrorKind::Server,
                format!("Odoo failed at {asked}: {says}."),
            )
            .with_hint("Odoo's own log has the details, at this time."),
        }
    }
}

/// What an answer that is not Odoo's means, by its status: the proxies', web pages, other programs'.
///
/// `asked` says what was asked for: `search on account.move`.
pub(super) fn of_status(answer: &Answer, url: &Url, asked: &str) -> Error {
    let status = answer.status;
    match status {
        408 | 409 | 423 | 425 | 429 | 502..=504 => Error::new(
            ErrorKind::Busy,
            format!("{url} was too busy for {asked} (HTTP {status})."),
        )
        .with_hint(match status {
            429 => "Odoo limits how often it is asked: set a delay between requests, or ask for more records at a time.",
            _ => "Odoo is overloaded, or does not run behind its proxy: try again later, or read fewer records at a time.",
        }),
        300..=399 => {
            let target = answer.location.as_deref().map_or_else(|| "nowhere".to_owned(), quote);
            Error::new(ErrorKind::NotOdoo, format!("{url} redirects to {target}."))
                .with_hint("Give the address where Odoo itself answers; redirects are not followed.")
        }
        413 => Error::new(ErrorKind::Refused, format!("{url} finds the request too long (HTTP 413)."))
            .with_hint("Read fewer records at a time, or raise the limit of the proxy."),
        500..=599 => Error::new(
            ErrorKind::Server,
            format!("{url} failed at {asked} (HTTP {status}) and does not say why."),
        )
        .with_hint("Odoo's own log, or that of the proxy before it, has the details, at this time."),
        _ => {
            let what = if is_html(&answer.body) {
                "a web page"
            } else if answer.body.is_empty() {
                "nothing"
            } else {
                "something"
            };
            Error::new(
                ErrorKind::NotOdoo,
                format!("{url} answers with {what} that is not Odoo's (HTTP {status})."),
            )
            .with_hint("Check the address: the server's root, without /web or /odoo. Perhaps a proxy or a login page is before it.")
        }
    }
}

/// Odoo has no such database, or none of its own making.
pub(super) fn unknown_database(url: &Url, database: &str) -> Error {
    Error::new(
        ErrorKind::UnknownDatabase,
        format!("Odoo at {url} has no database \"{}\".", quote(database)),
    )
    .with_hint(
        "Check the database's name, upper and lower case too; the address may serve another one (dbfilter in Odoo's \
         configuration).",
    )
}

/// It answers in JSON, and is not Odoo.
pub(super) fn foreign(url: &Url) -> Error {
    Error::new(
        ErrorKind::NotOdoo,
        format!("What answers at {url} is another program, not Odoo."),
    )
    .with_hint("Check the host and the port.")
}

/// Whether a body is a web page.
pub(super) fn is_html(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// Somebody else's text, short, on one line, without its full stop.
pub(super) fn quote(text: &str) -> String {
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.len() > QUOTE {
            let end = words.floor_char_boundary(QUOTE);
            words.truncate(end);
            return format!("{words}...");
        }
    }
    words.trim_end_matches('.').to_owned()
}
