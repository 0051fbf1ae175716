//! What can go wrong with Odoo, in words for whoever reads it.

use std::fmt;

/// A failure of the client: one kind, one message, perhaps the next step.
///
/// Neither text ever holds a secret or a traceback of the server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What sort of failure it is, for code that decides.
    pub kind: ErrorKind,
    /// What happened, for the reader.
    pub message: String,
    /// What the reader can do about it.
    pub hint: Option<String>,
}

/// The sorts of failure that a caller can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The URL is not one, has a part that it must not have, or is `http://` to another machine.
    InvalidUrl,
    /// The domain has not the shape of one.
    InvalidDomain,
    /// An option of the connection cannot be used, such as a CA file that cannot be read.
    InvalidOption,
    /// No connection: the host has no address, refuses, or is out of reach.
    Unreachable,
    /// The connection broke off before the whole answer was there; a worker of Odoo's that was killed looks like this.
    Dropped,
    /// The TLS handshake failed: an expired, self-signed or foreign certificate.
    Tls,
    /// No whole answer within the time limit.
    Timeout,
    /// Something answered, and it is not Odoo.
    NotOdoo,
    /// Odoo has no database of that name, or cannot tell which one is meant.
    UnknownDatabase,
    /// Wrong login, password or API key.
    Authentication,
    /// The user may not read the model, the field or the record.
    AccessDenied,
    /// Odoo has no model of that name: its module is not installed.
    UnknownModel,
    /// Odoo refuses the request as it stands: an unknown field, a bad domain, a rule of a module.
    Refused,
    /// Odoo failed at it: a bug in a computed field, a limit of the server.
    Server,
    /// Odoo or the proxy before it says "not now" (409, 429, 502, 503, 504), after all retries.
    Busy,
    /// The answer is longer than the limit.
    TooLarge,
    /// Odoo's answer is not of the shape that was asked for.
    Malformed,
    /// The caller cancelled.
    Cancelled,
}

impl ErrorKind {
    /// Whether the same request may succeed a little later.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            ErrorKind::Unreachable | ErrorKind::Dropped | ErrorKind::Timeout | ErrorKind::Busy
        )
    }

    /// Whether Odoo answered that it cannot do what was asked of it, as it stands.
    pub fn is_refusal(self) -> bool {
        matches!(
            self,
            ErrorKind::Refused | ErrorKind::Server | ErrorKind::AccessDenied
        )
    }

    /// Whether one record can be the cause, so that reading fewer at a time can help.
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
        Error {
            kind,
            message: message.into(),
            hint: None,
        }
    }

    /// The same error with a next step.
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
