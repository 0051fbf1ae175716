//! The body of an answer, deserialized from JSON.

use crate::error::{Error, ErrorKind};
use crate::quote::quote;
use serde::de::DeserializeSeed;

/// Deserializes a whole body by `seed`.
///
/// # Errors
/// [`ErrorKind::Dropped`] where the body is truncated, [`ErrorKind::Malformed`] where it is not JSON or not what `seed`
/// expects, [`ErrorKind::NotOdoo`] where it is empty.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(body: &'de [u8], seed: S, asked: &str) -> Result<S::Value, Error> {
    if body.is_empty() {
        let message = format!("The answer to {asked} is empty.");
        return Err(Error::new(ErrorKind::NotOdoo, message)
            .with_hint("Check the URL: another program, or a proxy in front of Odoo, may be answering."));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let outcome = seed.deserialize(&mut deserializer).and_then(|value| {
        deserializer.end()?;
        Ok(value)
    });
    outcome.map_err(|error| {
        // A truncated body may have failed the seed before its end was reached: the syntax alone decides.
        let syntax = serde_json::from_slice::<serde::de::IgnoredAny>(body).err();
        match syntax {
            Some(syntax) if syntax.is_eof() => {
                Error::new(ErrorKind::Dropped, format!("Odoo's answer to {asked} is truncated."))
                    .with_hint("Read fewer records at a time; a proxy may limit the size of answers.")
            }
            Some(syntax) => Error::new(
                ErrorKind::Malformed,
                format!("Odoo's answer to {asked} is not JSON: {}.", without_position(&syntax)),
            ),
            None => Error::new(
                ErrorKind::Malformed,
                format!("Odoo's answer to {asked} does not have the expected form: {}.", without_position(&error)),
            ),
        }
    })
}

/// The message of a serde_json error without line and column, which say nothing about a body of one line.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    quote(text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text))
}
