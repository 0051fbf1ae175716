//! JSON fields, kept as text.

use crate::column::Texts;

/// The deepest nesting of a JSON value: as deep as serde_json parses, and far from the stack depth limit of PostgreSQL.
const DEEPEST: usize = 128;

/// A NUL character as JSON escapes it.
const NUL: &str = "\\u0000";

/// Appends a JSON value by its own text, without escaped NUL characters, which PostgreSQL's jsonb rejects.
pub(super) fn push_json(texts: &mut Texts, raw: &str, nul_characters: &mut u64) -> Result<(), String> {
    if is_too_deep(raw) {
        return Err(format!("a JSON value is nested deeper than {DEEPEST}"));
    }
    if matches!(raw, "null" | "false") {
        texts.push(None);
        return Ok(());
    }
    if !raw.contains(NUL) {
        texts.push(Some(raw));
        return Ok(());
    }
    let mut clean = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        clean.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix(NUL) {
            *nul_characters += 1;
            rest = after;
        } else {
            // An escape is a backslash and at least one character: a second backslash does not begin another.
            let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            clean.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    clean.push_str(rest);
    texts.push(Some(&clean));
    Ok(())
}

/// Whether a JSON text is nested deeper than [`DEEPEST`].
fn is_too_deep(raw: &str) -> bool {
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    for byte in raw.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => {
                depth += 1;
                if depth > DEEPEST {
                    return true;
                }
            }
            b']' | b'}' if !is_text => depth -= 1,
            _ => {}
        }
    }
    false
}
