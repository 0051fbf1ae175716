//! A call to Odoo, and the way it takes through either protocol.

use super::client::Endpoint;
use super::error::{Error, ErrorKind};
use super::failure::quote;
use super::json2;
use super::jsonrpc::{self, Content, Envelope};
use super::session::Protocol;
use super::transport::{Answer, Request};
use serde::de::DeserializeSeed;
use serde_json::{Map, Value};
use std::fmt;

/// A method of a model, with named arguments; `ids` are the records that it is called on.
pub(super) struct Call<'a> {
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

impl Protocol {
    /// The request that makes a call.
    pub(super) fn request(self, endpoint: &Endpoint, uid: i64, call: &Call) -> Request {
        match self {
            Protocol::Json2 => json2::request(endpoint, call),
            Protocol::JsonRpc => jsonrpc::request(endpoint, uid, call),
        }
    }

    /// The result of a call, read by `seed`, or why there is none.
    pub(super) fn result<'de, S: DeserializeSeed<'de>>(
        self,
        endpoint: &Endpoint,
        call: &Call,
        answer: &'de Answer,
        seed: S,
    ) -> Result<S::Value, Error> {
        match self {
            Protocol::Json2 => match json2::failure(answer, endpoint, call) {
                Some(error) => Err(error),
                None => read(&answer.body, seed, &call.to_string()),
            },
            Protocol::JsonRpc => {
                let content = envelope(endpoint, &call.to_string(), answer, seed)?;
                content.map_err(|fault| jsonrpc::fault_of_call(fault, endpoint, call))
            }
        }
    }
}

/// What a JSON-RPC answer holds: the result, read by `seed`, or Odoo's own failure.
pub(super) fn envelope<'de, S: DeserializeSeed<'de>>(
    endpoint: &Endpoint,
    asked: &str,
    answer: &'de Answer,
    seed: S,
) -> Result<Result<S::Value, super::failure::Fault>, Error> {
    if let Some(error) = jsonrpc::failure(answer, endpoint, asked) {
        return Err(error);
    }
    match read(&answer.body, Envelope(seed), asked)? {
        Content::Result(value) => Ok(Ok(value)),
        Content::Fault(fault) => Ok(Err(fault)),
        Content::Foreign => Err(super::failure::foreign(&endpoint.url)),
    }
}

/// Reads a whole body by `seed`.
///
/// # Errors
/// [`ErrorKind::Dropped`] where the body ends too early, [`ErrorKind::Malformed`] where it is not what was asked for.
pub(super) fn read<'de, S: DeserializeSeed<'de>>(
    body: &'de [u8],
    seed: S,
    asked: &str,
) -> Result<S::Value, Error> {
    if body.is_empty() {
        let message = format!("The answer to {asked} is empty.");
        return Err(Error::new(ErrorKind::NotOdoo, message).with_hint(
            "Check the URL: something else than Odoo, or a proxy before it, may be answering.",
        ));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let outcome = seed.deserialize(&mut deserializer).and_then(|value| {
        deserializer.end()?;
        Ok(value)
    });
    outcome.map_err(|error| {
        // A seed of ours may have found fault with what is there before the end that is not.
        let syntax = serde_json::from_slice::<serde::de::IgnoredAny>(body).err();
        match syntax {
            Some(syntax) if syntax.is_eof() => Error::new(
                ErrorKind::Dropped,
                format!("Odoo's answer to {asked} ends in the middle."),
            )
            .with_hint("Read fewer records at a time; a proxy may limit the length of answers."),
            Some(syntax) => Error::new(
                ErrorKind::Malformed,
                format!(
                    "Odoo's answer to {asked} is not JSON: {}.",
                    without_position(&syntax)
                ),
            ),
            None => Error::new(
                ErrorKind::Malformed,
                format!(
                    "Odoo's answer to {asked} is not what was asked for: {}.",
                    without_position(&error)
                ),
            ),
        }
    })
}

/// An error of serde_json without its line and column, which mean nothing in an answer of one line.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    quote(
        text.rsplit_once(" at line ")
            .map_or(text.as_str(), |(text, _)| text),
    )
}
