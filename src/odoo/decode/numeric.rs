//! Decimal numbers, kept digit for digit.

use crate::column::Texts;
use std::borrow::Cow;

/// Appends a number by its own digits: Odoo sends a JSON number, or a string where it computes with decimals.
pub(crate) fn push_numeric(texts: &mut Texts, raw: &str) -> Result<(), String> {
    match raw.as_bytes() {
        [b'0'..=b'9' | b'-', ..] => texts.push(Some(raw)),
        // Odoo shows an empty number as zero, which a row read writes like this.
        b"null" | b"false" => texts.push(Some("0.0")),
        [b'"', ..] => {
            let text: Cow<'_, str> = serde_json::from_str(raw).map_err(|error| error.to_string())?;
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
    // PostgreSQL and Rust accept the same numbers, except for words such as NaN.
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
        && text.parse::<f64>().is_ok()
}
