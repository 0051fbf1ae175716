//! Secrets, which formatting never prints.

use std::fmt;

/// A password or an API key; `Debug` and `Display` print `***`, and only [`Secret::expose`] returns the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text of a secret.
    pub fn new(text: String) -> Secret {
        Secret(text)
    }

    /// The text, for the request that needs it and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it has the form of an Odoo API key: 40 lowercase hexadecimal digits.
    ///
    /// They are `API_KEY_SIZE` bytes (`odoo/addons/base/models/res_users.py`).
    pub fn is_api_key(&self) -> bool {
        self.0.len() == 40 && self.0.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }
}

/// The shortest secret that is masked; shorter ones occur in messages by accident.
const SHORTEST_MASKED: usize = 8;

impl Secret {
    /// A text with `***` in place of the secret, in whatever way it is escaped.
    ///
    /// Some servers repeat in an error what they were sent, in quotes of one kind within quotes of another.
    pub(crate) fn mask(&self, text: &[u8]) -> Vec<u8> {
        let mut masked = text.to_vec();
        if self.0.len() >= SHORTEST_MASKED {
            for form in self.forms() {
                masked = replace(&masked, form.as_bytes(), b"***");
            }
        }
        masked
    }

    /// The forms of the secret to mask, longest first.
    ///
    /// They are the plain one, those escaped by JSON, by Python and by one within the other, and the parts of it that
    /// no escaping changes.
    fn forms(&self) -> Vec<String> {
        let json = |text: &String, ascii: bool| {
            let quoted = serde_json::Value::from(text.as_str()).to_string();
            let text = quoted[1..quoted.len() - 1].to_owned();
            if ascii { in_ascii(&text) } else { text }
        };
        let python = |text: &String| text.replace('\\', "\\\\").replace('\'', "\\'");
        let mut forms = vec![self.0.clone(), python(&self.0)];
        for _within in 0..2 {
            let once: Vec<String> = forms.iter().flat_map(|form| [json(form, false), json(form, true)]).collect();
            forms.extend(once);
        }
        let unchanged = self.0.split(|c: char| !c.is_ascii_alphanumeric());
        let unchanged = unchanged.filter(|part| part.len() >= SHORTEST_MASKED);
        forms.extend(unchanged.map(str::to_owned));
        // a longer form may contain a shorter one
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        forms
    }
}

/// A text with `\uXXXX` for all that is not ASCII, as Python writes JSON.
fn in_ascii(text: &str) -> String {
    let mut ascii = String::new();
    for character in text.chars() {
        match character.is_ascii() {
            true => ascii.push(character),
            false => {
                let units = character.encode_utf16(&mut [0; 2]).to_vec();
                ascii.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
    }
    ascii
}

/// Replaces every occurrence of `from`.
fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        match rest.strip_prefix(from) {
            Some(behind) => {
                replaced.extend_from_slice(to);
                rest = behind;
            }
            None => {
                replaced.push(*first);
                rest = after;
            }
        }
    }
    replaced
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
