//! HTTP messages: a request to send, and the answer to it.

use std::time::{Duration, SystemTime};

/// A request, ready to be sent any number of times.
pub(crate) struct Request {
    /// Below the URL, with a slash before it.
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    /// A JSON body to `POST`; `None` is a `GET`.
    pub body: Option<Vec<u8>>,
}

/// What came back, whatever its status.
pub(crate) struct Answer {
    pub status: u16,
    /// The server's clock, in whole seconds.
    pub date: Option<SystemTime>,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Duration>,
    /// Where a redirect points to.
    pub location: Option<String>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the body is a web page.
    pub fn is_html(&self) -> bool {
        self.body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
    }
}
