//! HTTP messages: requests and the answers to them.

use std::time::{Duration, SystemTime};

/// An HTTP request, which can be sent any number of times.
pub(crate) struct Request {
    /// The path below the server's URL, with a leading slash.
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body of a `POST`; a `GET` has none.
    pub body: Option<Vec<u8>>,
}

/// An HTTP response, whatever its status.
pub(crate) struct Answer {
    pub status: u16,
    /// The `Date` header: the server's clock, in whole seconds.
    pub date: Option<SystemTime>,
    /// The `Retry-After` header, as a time from now.
    pub retry_after: Option<Duration>,
    /// The `Location` header: the target of a redirect.
    pub location: Option<String>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the body is HTML.
    pub fn is_html(&self) -> bool {
        self.body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
    }
}
