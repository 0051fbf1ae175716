//! Odoo's exceptions, as both protocols serialize them.

use crate::error::{Error, ErrorKind};
use crate::quote::quote;
use crate::url::Url;
use serde::Deserialize;
use serde_json::Value;

/// An exception of Odoo's; its traceback, in `debug`, is not even deserialized.
#[derive(Debug, Deserialize)]
pub(crate) struct Fault {
    /// The exception's class: `odoo.exceptions.AccessError`.
    #[serde(default)]
    pub name: String,
    /// The exception's text; Odoo 14 leaves it out.
    #[serde(default)]
    message: Option<Value>,
    /// The exception's `args`, of which the first is its text.
    #[serde(default)]
    arguments: Vec<Value>,
}

impl Fault {
    /// The exception's text.
    pub fn text(&self) -> &str {
        let first = self.message.iter().chain(&self.arguments).find_map(Value::as_str);
        first.unwrap_or_default().trim()
    }

    /// An exception of which only the text is known.
    pub fn unnamed(message: String) -> Fault {
        Fault { name: String::new(), message: Some(Value::String(message)), arguments: Vec::new() }
    }

    /// The error for an exception that means that the request may succeed later.
    pub fn into_busy(self, asked: &str) -> Error {
        Error::new(ErrorKind::Busy, format!("Odoo is temporarily unable to serve {asked}: {}.", self.says()))
            .with_hint("Try again later; if the error persists, see Odoo's log.")
    }

    /// The text to quote in a message; the class where there is none.
    fn says(&self) -> String {
        let text = self.text();
        // PostgreSQL's messages continue with a piece of the query.
        let length = if self.name.starts_with("psycopg2.") { 1 } else { usize::MAX };
        let text = quote(&text.lines().take(length).collect::<Vec<_>>().join(" "));
        if text.is_empty() { quote(&self.name) } else { text }
    }

    /// The error for an exception, by its class.
    ///
    /// `asked` names the request: `search on account.move`.
    pub fn into_error(self, url: &Url, asked: &str) -> Error {
        let says = self.says();
        match self.name.as_str() {
            "odoo.exceptions.AccessDenied" | "werkzeug.exceptions.Unauthorized" => {
                Error::new(ErrorKind::Authentication, format!("Odoo at {url} refused the login: {says}."))
                    .with_hint("Check the login and the secret: a password, or an API key that has not expired.")
            }
            "odoo.exceptions.AccessError" => {
                Error::new(ErrorKind::AccessDenied, format!("Odoo denied access for {asked}: {says}."))
                    .with_hint("Grant the Odoo user the right to read it, in Odoo under Settings, Users.")
            }
            // A conflict with a concurrent transaction, or a database that is temporarily unavailable.
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
                // Odoo raises it for an unknown field or operator.
                || name == "builtins.ValueError" =>
            {
                Error::new(ErrorKind::Refused, format!("Odoo rejected {asked}: {says}."))
            }
            _ => Error::new(ErrorKind::Server, format!("Odoo failed at {asked}: {says}."))
                .with_hint("Odoo's log has the traceback, at the time of this error."),
        }
    }
}
