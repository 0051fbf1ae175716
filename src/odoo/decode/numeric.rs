//! Numbers that keep their digits.

use crate::column::Texts;
use std::borrow::Cow;

/// A number by its own digits: Odoo sends a JSON number, or a string where it computed with decimals.
pub(crate) fn push_numeric(texts: &mut Texts, raw: &str) -> Result<(), String> {
    match raw.as_bytes() {
        [b'0'..=b'9' | b'-', ..] => texts.push(Some(raw)),
        // Odoo shows an empty number as zero, and this is how it writes that in a row read.
        b"null" | b"false" => texts.push(Some("0.0")),
        [b'"', ..] => {
            let text: Cow<'_, str> =
                serde_json::from_str(raw).map_err(|error| error.to_string())?;
            if !is_decimal(&text) {
                return Err(format!("expected a number, found {raw}"));
            }
            texts.push(Some(&text));
        }
        _ => return Err(format!("expected a number, found {raw}")),
    }
    Ok(())
}

/// Whether a text is a decimal number as Python writes one: `-12.50`, `1E+3`.
fn is_decimal(text: &str) -> bool {
    // PostgreSQL and Rust agree on what a number looks like, save for the words.
    text.bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
        && text.parse::<f64>().is_ok()
}
