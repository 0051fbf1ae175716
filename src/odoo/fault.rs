//! Odoo's own failures: its exceptions, as both protocols tell them.

use crate::error::{Error, ErrorKind};
use crate::quote::quote;
use crate::url::Url;
use serde::Deserialize;
use serde_json::Value;

/// What Odoo says when it fails at a request, in either protocol. The traceback in `debug` is not even read.
#[derive(Debug, Deserialize)]
pub(crate) struct Fault {
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
