//! The version of the server.

use crate::body;
use crate::envelope::{Content, Envelope};
use crate::error::{Error, ErrorKind};
use crate::http::{Answer, Request};
use crate::jsonrpc;
use crate::status;
use crate::transport::Transport;
use crate::url::Url;
use serde::Deserialize;
use serde::de::DeserializeSeed;
use serde_json::Value;
use std::marker::PhantomData;
use std::time::SystemTime;

/// The version of the server.
pub(crate) struct Version {
    pub text: String,
    pub series: u32,
    /// The server's clock when it answered.
    pub clock: SystemTime,
}

impl Version {
    /// The version of a `version_info`: `[19, 0, 0, "final", 0, ""]`, or `["saas~18", 2, …]`.
    fn new(text: String, info: &[Value], answer: &Answer, url: &Url) -> Result<Version, Error> {
        let series = match info.first() {
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(name)) => name.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok(),
            _ => None,
        };
        let series = series.and_then(|series| u32::try_from(series).ok());
        // Odoo always sends `Date`; where a proxy removes it, this machine's clock has to do.
        let clock = answer.date.unwrap_or_else(SystemTime::now);
        match series {
            Some(series) => Ok(Version { text, series, clock }),
            None => Err(status::other_program(url)),
        }
    }

    /// Whether this Odoo speaks JSON-2.
    pub fn has_json2(&self) -> bool {
        self.series >= 19
    }
}

/// Asks for the server's version: at `/web/version` (19 and later) or by JSON-RPC (up to 21), one after the other.
///
/// With an API key the server is likely to be a later one, so `/web/version` comes first; with a password, JSON-RPC.
pub(crate) fn discover(transport: &Transport, key: bool) -> Result<Version, Error> {
    let first = if key { by_page } else { by_rpc };
    let second = if key { by_rpc } else { by_page };
    match first(transport) {
        Err(error) if error.kind == ErrorKind::NotOdoo => {
            // Of two answers that are not Odoo's, the first is reported.
            second(transport).map_err(|other| match other.kind {
                ErrorKind::NotOdoo => error,
                _ => other,
            })
        }
        outcome => outcome,
    }
}

/// Asks by `GET /web/version` (`odoo/addons/web/controllers/home.py` in Odoo 19).
fn by_page(transport: &Transport) -> Result<Version, Error> {
    #[derive(Deserialize)]
    struct Page {
        version: String,
        version_info: Vec<Value>,
    }
    let request = Request { path: "/web/version".to_owned(), headers: Vec::new(), body: None };
    transport.exchange(&request, |answer| {
        let url = transport.url();
        let page = read(answer, url, PhantomData::<Page>)?;
        Version::new(page.version, &page.version_info, answer, url)
    })
}

/// Asks by JSON-RPC's `common.version` (`odoo/service/common.py`).
fn by_rpc(transport: &Transport) -> Result<Version, Error> {
    #[derive(Deserialize)]
    struct About {
        server_version: String,
        server_version_info: Vec<Value>,
    }
    transport.exchange(&jsonrpc::version_request(), |answer| {
        let url = transport.url();
        match read(answer, url, Envelope(PhantomData::<About>))? {
            Content::Result(about) => Version::new(about.server_version, &about.server_version_info, answer, url),
            Content::Fault(_) => {
                Err(Error::new(ErrorKind::Server, format!("Odoo at {url} failed to report its version."))
                    .with_hint("Odoo's log has the traceback, at the time of this error."))
            }
            Content::Foreign => Err(status::other_program(url)),
        }
    })
}

/// Deserializes an answer. JSON of another form is another program's; truncated JSON is transient.
fn read<'de, S: DeserializeSeed<'de>>(answer: &'de Answer, url: &Url, seed: S) -> Result<S::Value, Error> {
    let asked = "the version request";
    status::check(answer, url, asked)?;
    body::read(&answer.body, seed, asked)
        .map_err(|error| if error.kind.is_transient() { error } else { status::other_program(url) })
}
