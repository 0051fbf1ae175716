//! A call of a method of a model.

use crate::error::{Error, ErrorKind};
use crate::quote::quote;
use serde_json::{Map, Value};
use std::fmt;

/// A call of a method of a model, with named arguments; `ids` are the records that it is called on.
pub(crate) struct Call<'a> {
    pub model: &'a str,
    pub method: &'a str,
    pub arguments: Map<String, Value>,
}

impl<'a> Call<'a> {
    /// A call, if model and method are valid names.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`] or [`ErrorKind::Refused`]: names become part of a URL, so invalid ones are not sent.
    pub fn new(model: &'a str, method: &'a str, arguments: Map<String, Value>) -> Result<Call<'a>, Error> {
        let call = Call { model, method, arguments };
        if !is_name(model, b"_.") {
            return Err(call.unknown_model());
        }
        if !is_name(method, b"_") {
            return Err(Error::new(ErrorKind::Refused, format!("\"{}\" is not a valid method name.", quote(method))));
        }
        Ok(call)
    }

    /// The arguments as a JSON object.
    pub fn arguments_json(&self) -> Vec<u8> {
        Value::Object(self.arguments.clone()).to_string().into_bytes()
    }

    /// The error for a model that this Odoo does not have.
    pub fn unknown_model(&self) -> Error {
        Error::new(ErrorKind::UnknownModel, format!("This Odoo has no model \"{}\".", quote(self.model)))
            .with_hint("Check the name; the module that defines the model may not be installed.")
    }
}

/// Whether a name consists of ASCII letters, digits and these others, as Odoo's models and methods do.
fn is_name(name: &str, others: &[u8]) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.method, self.model)
    }
}

/// The named arguments in a `json!({…})`.
pub(crate) fn arguments(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
