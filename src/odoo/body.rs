//! The body of an answer, read as JSON.

use crate::error::{Error, ErrorKind};
use crate::quote::quote;
use serde::de::DeserializeSeed;

/// Reads a whole body by `seed`.
///
/// # Errors
/// [`ErrorKind::Dropped`] where the body ends too early, [`ErrorKind::Malformed`] where it is not what was asked for.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(
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
