//! JSON as Odoo's Python writes it: a space after each comma and colon, floats by `repr`, and on 14 nothing but ASCII.

use serde_json::Value;

use super::Series;

/// A body in the making.
pub struct JsonText {
    pub bytes: Vec<u8>,
    ascii: bool,
}

impl JsonText {
    pub fn new(series: Series) -> JsonText {
        JsonText { bytes: Vec::new(), ascii: series == Series::V14 }
    }

    pub fn raw(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// `"key": `
    pub fn key(&mut self, key: &str) {
        self.text(key);
        self.raw(": ");
    }

    pub fn text(&mut self, text: &str) {
        self.bytes.push(b'"');
        let mut plain = 0;
        for (at, byte) in text.bytes().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' && (byte < 0x80 || !self.ascii) {
                continue;
            }
            // not at a boundary: the middle of a character that was escaped already
            let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else {
                continue;
            };
            self.raw(&text[plain..at]);
            plain = at + character.len_utf8();
            match character {
                '"' => self.raw("\\\""),
                '\\' => self.raw("\\\\"),
                '\n' => self.raw("\\n"),
                '\r' => self.raw("\\r"),
                '\t' => self.raw("\\t"),
                '\u{8}' => self.raw("\\b"),
                '\u{c}' => self.raw("\\f"),
                other => {
                    for unit in other.encode_utf16(&mut [0; 2]) {
                        self.raw(&format!("\\u{unit:04x}"));
                    }
                }
            }
        }
        self.raw(&text[plain..]);
        self.bytes.push(b'"');
    }

    pub fn integer(&mut self, value: i64) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = value.unsigned_abs();
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            self.bytes.push(b'-');
        }
        self.bytes.extend_from_slice(&digits[at..]);
    }

    pub fn float(&mut self, value: f64) {
        let cents = (value * 100.0).round();
        let two_decimals = cents.abs() < 1e15 && cents / 100.0 == value;
        if !two_decimals || (value == 0.0 && value.is_sign_negative()) {
            return self.raw(&float_repr(value));
        }
        // nearly all amounts: no search for the shortest text is needed
        self.fixed(value, 2);
        if self.bytes.ends_with(b"0") {
            self.bytes.pop();
        }
    }

    /// With so many decimals, of a number that has no more.
    pub fn fixed(&mut self, value: f64, decimals: usize) {
        let unit = 10_i64.pow(decimals.min(18) as u32);
        let scaled = (value * unit as f64).round();
        if scaled.abs() >= 1e15 || decimals == 0 {
            return self.raw(&format!("{value:.decimals$}"));
        }
        if scaled < 0.0 {
            self.bytes.push(b'-');
        }
        let scaled = scaled.abs() as i64;
        self.integer(scaled / unit);
        self.bytes.push(b'.');
        let start = self.bytes.len();
        self.bytes.resize(start + decimals, b'0');
        let mut rest = scaled % unit;
        for digit in self.bytes[start..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }

    pub fn boolean(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    pub fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.raw("null"),
            Value::Bool(value) => self.boolean(*value),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => self.integer(integer),
                (None, Some(float)) => self.float(float),
                (None, None) => self.raw(&number.to_string()),
            },
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                self.raw("[");
                for (at, item) in items.iter().enumerate() {
                    self.raw(if at == 0 { "" } else { ", " });
                    self.value(item);
                }
                self.raw("]");
            }
            Value::Object(members) => {
                self.raw("{");
                for (at, (key, member)) in members.iter().enumerate() {
                    self.raw(if at == 0 { "" } else { ", " });
                    self.key(key);
                    self.value(member);
                }
                self.raw("}");
            }
        }
    }
}

/// Python's `repr` of a float. It and Rust switch to an exponent at the same magnitudes, and write it differently.
pub fn float_repr(value: f64) -> String {
    let text = format!("{value:?}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}

/// Python's `repr` of a JSON value, for messages.
pub fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => repr_text(text),
        Value::Array(items) => format!("[{}]", items.iter().map(repr).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(key, value)| format!("{}: {}", repr_text(key), repr(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

/// The same, of a list as the tuple that Odoo makes of it.
pub fn repr_tuple(items: &[Value]) -> String {
    let text = items.iter().map(repr).collect::<Vec<_>>().join(", ");
    if items.len() == 1 { format!("({text},)") } else { format!("({text})") }
}

fn repr_text(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            other if other == quote => {
                out.push('\\');
                out.push(other);
            }
            other => out.push(other),
        }
    }
    out.push(quote);
    out
}
