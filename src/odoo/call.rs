//! A call of a method of a model.

use crate::error::{Error, ErrorKind};
use crate::quote::quote;
use serde_json::{Map, Value};
use std::fmt;

/// A method of a model, with named arguments; `ids` are the records that it is called on.
pub(crate) struct Call<'a> {
    pub model: &'a str,
    pub method: &'a str,
    pub arguments: Map<String, Value>,
}

impl<'a> Call<'a> {
    /// A call, if the names are such that Odoo could know them.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`] or [`ErrorKind::Refused`]: the names become part of a URL, so others are not sent.
    pub fn new(
        model: &'a str,
        method: &'a str,
        arguments: Map<String, Value>,
    ) -> Result<Call<'a>, Error> {
        let call = Call {
            model,
            method,
            arguments,
        };
        if !is_name(model, b"_.") {
            return Err(call.unknown_model());
        }
        if !is_name(method, b"_") {
            return Err(Error::new(
                ErrorKind::Refused,
                format!("\"{}\" cannot be the name of a method.", quote(method)),
            ));
        }
        Ok(call)
    }

    /// The arguments as a JSON object.
    pub fn arguments_json(&self) -> Vec<u8> {
        Value::Object(self.arguments.clone())
            .to_string()
            .into_bytes()
    }

    /// Odoo does not know the model.
    pub fn unknown_model(&self) -> Error {
        Error::new(
            ErrorKind::UnknownModel,
            format!("This Odoo has no model \"{}\".", quote(self.model)),
        )
        .with_hint("Check its name; perhaps the module that brings it is not installed.")
    }
}

/// Odoo names its models and methods in ASCII letters, digits, and these.
fn is_name(name: &str, others: &[u8]) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.method, self.model)
    }
}

/// The map of a `json!({…})`.
pub(crate) fn arguments(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
