//! What the server was asked, and what a test wants it to do about it.

use std::time::Duration;

use super::http::Request;
use super::protocol;

/// One request, as it arrived.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// The HTTP method: `GET`, `POST`.
    pub verb: String,
    /// The path, without the query.
    pub path: String,
    /// The Odoo model that was asked, where the request names one.
    pub model: Option<String>,
    /// The Odoo method (`read`, `search` …), or `<service>.<method>` for JSON-RPC's other services (`common.version`).
    pub method: Option<String>,
    /// The headers in the order of their arrival, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, as text.
    pub body: String,
}

impl RecordedRequest {
    pub fn of(request: &Request) -> RecordedRequest {
        let (model, method) = protocol::subject(request);
        RecordedRequest {
            verb: request.verb.clone(),
            path: request.path.clone(),
            model,
            method,
            headers: request.headers.clone(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
        }
    }

    /// The first header of that (lower case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// What a test wants done with a request.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// Answer as Odoo does.
    Answer,
    /// Accept, and stay silent until the server is dropped.
    Stall,
    /// Answer with this status, content type and body instead.
    Status(u16, String, String),
    /// Close the socket without an answer.
    Drop,
    /// Announce the whole answer, send so many bytes of its body, and close.
    Truncate(usize),
    /// Wait, then answer.
    Delay(Duration),
    /// Answer with an Odoo error of this class (`odoo.exceptions.AccessError`) and message, in the shape and status of
    /// the protocol that asked.
    Error(String, String),
}
