//! The error for the reader: SQLSTATE, message, detail, hint.

use odoo::{Error, ErrorKind};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde::{Deserialize, Serialize};

/// An error with its SQLSTATE, ready to be raised, recorded, or sent from the worker to its caller.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Failure {
    /// The five characters of the SQLSTATE.
    pub sqlstate: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

/// A SQLSTATE in PostgreSQL's own packed form: six bits a character.
fn packed(sqlstate: &str) -> i32 {
    sqlstate
        .bytes()
        .take(5)
        .enumerate()
        .fold(0, |code, (i, byte)| code | ((i32::from(byte) - i32::from(b'0')) & 0x3f) << (6 * i))
}

/// The inverse of [`packed`].
fn unpacked(code: i32) -> String {
    (0..5).map(|i| char::from((((code >> (6 * i)) & 0x3f) + i32::from(b'0')) as u8)).collect()
}

impl Failure {
    pub fn new(code: PgSqlErrorCode, message: impl Into<String>) -> Failure {
        Failure { sqlstate: unpacked(code as i32), message: message.into(), detail: None, hint: None }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Failure {
        self.detail = Some(detail.into());
        self
    }

    /// Prefixes the message with where it happened: `connection odoo: …`.
    pub fn at(mut self, place: impl std::fmt::Display) -> Failure {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// The error for an invalid argument.
    pub fn argument(message: impl Into<String>) -> Failure {
        Failure::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
    }

    /// The error for a cancelled run: by the user, or because its caller or the server ends.
    pub fn cancelled() -> Failure {
        Failure::new(PgSqlErrorCode::ERRCODE_QUERY_CANCELED, "the run was cancelled")
    }

    /// Adds why: `…, since …`.
    pub fn because(mut self, reason: &str) -> Failure {
        self.message = format!("{}, since {reason}", self.message);
        self
    }

    /// The error for a run that exceeded `odoo_sync.run_timeout`, in milliseconds.
    pub fn out_of_time(limit_ms: u64) -> Failure {
        let limit =
            if limit_ms.is_multiple_of(1000) { format!("{} s", limit_ms / 1000) } else { format!("{limit_ms} ms") };
        Failure::new(
            PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
            format!("the run was stopped after {limit}, the longest time that odoo_sync.run_timeout allows"),
        )
        .hint("What was committed stays. Raise odoo_sync.run_timeout if the run needs longer.")
    }

    pub fn is_cancelled(&self) -> bool {
        let code = PgSqlErrorCode::ERRCODE_QUERY_CANCELED;
        self.sqlstate == unpacked(code as i32)
    }

    pub fn is(&self, code: PgSqlErrorCode) -> bool {
        self.sqlstate == unpacked(code as i32)
    }

    /// The message and its hint on one line, for a history row or a result's `message`.
    pub fn summary(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{} ({hint})", self.message),
            None => self.message.clone(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        use PgSqlErrorCode::*;
        let code = match error.kind {
            ErrorKind::InvalidUrl | ErrorKind::InvalidDomain | ErrorKind::InvalidOption => {
                ERRCODE_INVALID_PARAMETER_VALUE
            }
            ErrorKind::Unreachable | ErrorKind::Tls => ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
            ErrorKind::Timeout | ErrorKind::Busy | ErrorKind::Dropped => ERRCODE_CONNECTION_FAILURE,
            ErrorKind::NotOdoo | ErrorKind::Malformed => ERRCODE_PROTOCOL_VIOLATION,
            ErrorKind::UnknownDatabase => ERRCODE_INVALID_CATALOG_NAME,
            ErrorKind::Authentication => ERRCODE_INVALID_PASSWORD,
            ErrorKind::AccessDenied => ERRCODE_INSUFFICIENT_PRIVILEGE,
            ErrorKind::UnknownModel => ERRCODE_UNDEFINED_OBJECT,
            ErrorKind::Refused | ErrorKind::Server => ERRCODE_FDW_ERROR,
            ErrorKind::TooLarge => ERRCODE_PROGRAM_LIMIT_EXCEEDED,
            ErrorKind::Cancelled => ERRCODE_QUERY_CANCELED,
        };
        // PostgreSQL's own messages end without a full stop, its hints with one
        let message = error.message.strip_suffix('.').unwrap_or(&error.message);
        // what Odoo says is quoted in them, and PostgreSQL's texts cannot have that one character
        let told = |text: &str| text.replace('\0', "");
        let settings = match error.kind {
            ErrorKind::Timeout => "odoo_sync.batch_size and odoo_sync.timeout",
            ErrorKind::TooLarge => "odoo_sync.batch_size and odoo_sync.max_response",
            ErrorKind::Busy => "odoo_sync.delay and odoo_sync.batch_size",
            _ => "",
        };
        let hint = error.hint.map(|hint| match settings {
            "" => told(&hint),
            settings => format!("{} The settings: {settings}.", told(&hint)),
        });
        Failure { hint, ..Failure::new(code, told(message)) }
    }
}

impl From<Failure> for ErrorReport {
    fn from(failure: Failure) -> ErrorReport {
        let code = PgSqlErrorCode::from(packed(&failure.sqlstate));
        let mut report = ErrorReport::new(code, failure.message, "odoo_sync");
        if let Some(detail) = failure.detail {
            report = report.set_detail(detail);
        }
        if let Some(hint) = failure.hint {
            report = report.set_hint(hint);
        }
        report
    }
}

impl From<pg_sys::panic::CaughtError> for Failure {
    fn from(caught: pg_sys::panic::CaughtError) -> Failure {
        use pg_sys::panic::CaughtError::*;
        match caught {
            PostgresError(report) | ErrorReport(report) => Failure {
                sqlstate: unpacked(report.sql_error_code() as i32),
                message: report.message().to_string(),
                detail: report.detail().map(str::to_string),
                hint: report.hint().map(str::to_string),
            },
            RustPanic { ereport, .. } => {
                Failure::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("internal error: {}", ereport.message()))
                    .hint("This is a bug in odoo_sync; please report it with the server's log.")
            }
        }
    }
}

impl From<pgrx::spi::Error> for Failure {
    fn from(error: pgrx::spi::Error) -> Failure {
        Failure::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("internal error: {error}"))
    }
}
