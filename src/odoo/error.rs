//! The client's error type.

use std::fmt;

/// An error of the client: a kind, a message, and a hint where there is a next step.
///
/// Neither text contains a secret or a traceback of the server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The kind, for code that decides.
    pub kind: ErrorKind,
    /// What happened, for the reader.
    pub message: String,
    /// What the reader can do next.
    pub hint: Option<String>,
}

/// The kinds of errors that a caller can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Not a valid URL, one with a part that it must not have, or `http://` to another machine.
    InvalidUrl,
    /// Not a well-formed domain.
    InvalidDomain,
    /// An option that cannot be used, such as a CA file that cannot be read.
    InvalidOption,
    /// No connection: the name cannot be resolved, the connection was refused or timed out, or there is no route.
    Unreachable,
    /// The connection was closed before the answer was complete, as when an Odoo worker is killed.
    Dropped,
    /// The TLS handshake failed: an expired, self-signed or otherwise untrusted certificate.
    Tls,
    /// The request timed out.
    Timeout,
    /// The answer is not Odoo's: a web page, a redirect, another program.
    NotOdoo,
    /// Odoo has no database of that name, or cannot tell which one to use.
    UnknownDatabase,
    /// Wrong login, password or API key.
    Authentication,
    /// The user lacks the right to read the model, the field or the record.
    AccessDenied,
    /// Odoo has no model of that name; its module is not installed.
    UnknownModel,
    /// Odoo rejects the request: an unknown field, an invalid domain, a rule of a module.
    Refused,
    /// Odoo failed at the request: a bug in a computed field, a limit of the server.
    Server,
    /// Temporarily unavailable (a lock conflict; HTTP 409, 429, 502, 503, 504), after all retries.
    Busy,
    /// The answer exceeds the size limit.
    TooLarge,
    /// Odoo's answer does not have the expected form.
    Malformed,
    /// The caller cancelled.
    Cancelled,
}

impl ErrorKind {
    /// Whether the same request may succeed when it is retried.
    pub fn is_transient(self) -> bool {
        matches!(self, ErrorKind::Unreachable | ErrorKind::Dropped | ErrorKind::Timeout | ErrorKind::Busy)
    }

    /// Whether Odoo itself answered that it will not or cannot serve the request.
    pub fn is_refusal(self) -> bool {
        matches!(self, ErrorKind::Refused | ErrorKind::Server | ErrorKind::AccessDenied)
    }

    /// Whether a single record can be the cause, so that bisecting the request can isolate it.
    pub fn may_be_one_record(self) -> bool {
        matches!(
            self,
            ErrorKind::Timeout
                | ErrorKind::Dropped
                | ErrorKind::Server
                | ErrorKind::TooLarge
                | ErrorKind::Malformed
                | ErrorKind::Busy
                | ErrorKind::AccessDenied
                | ErrorKind::Refused
        )
    }
}

impl Error {
    /// An error without a hint.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), hint: None }
    }

    /// Adds a hint: the next step.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
