//! What Odoo answers when it cannot: an exception's class and message.

use super::Series;
use super::json_text::JsonText;

/// An exception in Odoo, on its way to the client.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The exception's full name: `odoo.exceptions.AccessError`.
    pub name: String,
    pub message: String,
}

pub const ACCESS_ERROR: &str = "odoo.exceptions.AccessError";
pub const ACCESS_DENIED: &str = "odoo.exceptions.AccessDenied";
pub const USER_ERROR: &str = "odoo.exceptions.UserError";

impl Fault {
    pub fn new(name: &str, message: impl Into<String>) -> Fault {
        Fault { name: name.to_owned(), message: message.into() }
    }

    pub fn value(message: impl Into<String>) -> Fault {
        Fault::new("builtins.ValueError", message)
    }

    pub fn type_error(message: impl Into<String>) -> Fault {
        Fault::new("builtins.TypeError", message)
    }

    pub fn user(message: impl Into<String>) -> Fault {
        Fault::new(USER_ERROR, message)
    }

    /// The user may not read the model.
    pub fn access(model: &str, label: &str) -> Fault {
        Fault::new(
            ACCESS_ERROR,
            format!(
                "You are not allowed to access '{label}' ({model}) records.\n\nThis operation is allowed for the following groups:\n\t- \
                 Accounting/Administrator\n\nContact your administrator to request access if necessary."
            ),
        )
    }

    /// A record rule keeps the record (id and name) of the model (and its label) from the user.
    pub fn record_rule(series: Series, (model, label): (&str, &str), (id, name): (i64, &str)) -> Fault {
        let message = match series {
            Series::V14 => format!(
                "Due to security restrictions, you are not allowed to access '{label}' ({model}) records.\n\nRecords: {name} (id={id})\n\
                 User: Mitchell Admin (id=2)\n\nThis restriction is due to the following rules:\n- A rule\n\nContact your administrator \
                 to request access if necessary."
            ),
            Series::V19 => format!(
                "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\nSorry, Mitchell Admin (id=2) doesn't have 'read' \
                 access to:\n- {label} ({model})\n\nIf you really, really need access, perhaps you can win over your friendly \
                 administrator with a batch of freshly baked cookies."
            ),
        };
        Fault::new(ACCESS_ERROR, message)
    }

    /// A read names a field that the model lacks.
    pub fn invalid_field(series: Series, model: &str, field: &str) -> Fault {
        match series {
            Series::V14 => Fault::value(format!("Invalid field '{field}' on model '{model}'")),
            Series::V19 => Fault::value(format!("Invalid field '{field}' on '{model}'")),
        }
    }

    /// The status that JSON-2 gives the exception.
    pub fn status(&self) -> u16 {
        match self.name.as_str() {
            ACCESS_ERROR | ACCESS_DENIED => 403,
            "odoo.exceptions.MissingError" => 404,
            "odoo.exceptions.LockError" => 409,
            USER_ERROR | "odoo.exceptions.ValidationError" | "odoo.exceptions.RedirectWarning" => 422,
            "werkzeug.exceptions.BadRequest" => 400,
            "werkzeug.exceptions.Unauthorized" => 401,
            "werkzeug.exceptions.Forbidden" => 403,
            "werkzeug.exceptions.NotFound" => 404,
            "werkzeug.exceptions.UnprocessableEntity" => 422,
            _ => 500,
        }
    }

    /// The traceback that Odoo sends along: nothing that a client should show.
    pub fn traceback(&self) -> String {
        format!(
            "Traceback (most recent call last):\n  File \"/usr/lib/python3/dist-packages/odoo/http.py\", line 2273, in _serve_db\n    \
             return service_model.retrying(serve_func, env=self.env)\n{}: {}\n",
            self.name, self.message
        )
    }

    /// The exception's arguments: its message, and for werkzeug's the status.
    pub fn write_arguments(&self, out: &mut JsonText) {
        out.key("arguments");
        out.raw("[");
        if !self.message.is_empty() {
            out.text(&self.message);
            if self.name.starts_with("werkzeug.") {
                out.raw(", ");
                out.integer(i64::from(self.status()));
            }
        }
        out.raw("]");
    }
}
