//! One value, into the column that it belongs to.

use super::super::column::{Column, Texts};
use super::super::date;
use super::super::field::FieldKind;
use super::batch::Whole;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The end of a column, where the next value goes.
///
/// Empty values are `null` in columnar reads, `false` in row reads. Where Odoo shows them as a value, they are stored as
/// that value: numbers as 0, booleans as false.
pub struct Cell<'c> {
    pub column: &'c mut Column,
    pub kind: &'c FieldKind,
    pub nul_characters: &'c mut u64,
}

impl<'de> DeserializeSeed<'de> for Cell<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.column {
            Column::Bigint(values) => {
                let empty = (*self.kind != FieldKind::Many2one).then_some(0);
                values.push(deserializer.deserialize_any(Bigint { empty })?);
            }
            Column::Numeric(texts) => {
                let raw = <&RawValue>::deserialize(deserializer)?;
                push_numeric(texts, raw.get()).map_err(de::Error::custom)?;
            }
            Column::Boolean(values) => {
                values.push(Some(
                    Option::<bool>::deserialize(deserializer)?.unwrap_or(false),
                ));
            }
            Column::Text(texts) => {
                deserializer.deserialize_any(Text {
                    texts,
                    nul_characters: self.nul_characters,
                })?;
            }
            Column::Date(values) => {
                let visitor = Moment {
                    parse: date_of,
                    expected: "a date such as 2026-11-25",
                };
                values.push(deserializer.deserialize_any(visitor)?);
            }
            Column::Timestamp(values) => {
                let visitor = Moment {
                    parse: date::microseconds,
                    expected: "a time such as 2026-11-25 10:05:49",
                };
                values.push(deserializer.deserialize_any(visitor)?);
            }
            Column::BigintArray(values) => {
                values.push(Some(deserializer.deserialize_any(Ids)?));
            }
            Column::Json(texts) => {
                let raw = <&RawValue>::deserialize(deserializer)?;
                if is_too_deep(raw.get()) {
                    return Err(de::Error::custom(format_args!(
                        "a JSON value is nested deeper than {DEEPEST}"
                    )));
                }
                push_json(texts, raw.get(), self.nul_characters);
            }
        }
        Ok(())
    }
}

/// An integer, or a many2one: a bare id, or `[id, "name"]`.
struct Bigint {
    empty: Option<i64>,
}

impl<'de> Visitor<'de> for Bigint {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number or an id")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Whole.visit_u64(value).map(Some)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Whole.visit_f64(value).map(Some)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(self.empty)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        if value {
            Err(E::invalid_type(de::Unexpected::Bool(true), &self))
        } else {
            Ok(self.empty)
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let id = seq.next_element_seed(Whole)?;
        let id = id.ok_or_else(|| de::Error::invalid_length(0, &"[id, \"name\"]"))?;
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(id))
    }
}

/// A text, whose NUL characters are taken out; PostgreSQL cannot store them.
struct Text<'t> {
    texts: &'t mut Texts,
    nul_characters: &'t mut u64,
}

impl Visitor<'_> for Text<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        if text.contains('\0') {
            *self.nul_characters += text.matches('\0').count() as u64;
            self.texts.push(Some(&text.replace('\0', "")));
        } else {
            self.texts.push(Some(text));
        }
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.texts.push(None);
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        if value {
            return Err(E::invalid_type(de::Unexpected::Bool(true), &self));
        }
        self.visit_unit()
    }

    // Some modules have selections of integers.
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.texts.push(Some(&value.to_string()));
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.texts.push(Some(&value.to_string()));
        Ok(())
    }
}

/// A date or a time, by its parser.
struct Moment<T> {
    parse: fn(&str) -> Option<T>,
    expected: &'static str,
}

impl<T> Visitor<'_> for Moment<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        match (self.parse)(text) {
            Some(value) => Ok(Some(value)),
            None => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        if value {
            Err(E::invalid_type(de::Unexpected::Bool(true), &self))
        } else {
            Ok(None)
        }
    }
}

/// A date; where Odoo computes one in SQL it may come with a time, which Odoo itself cuts off (`Date.to_date`).
fn date_of(text: &str) -> Option<i32> {
    let date = match date::microseconds(text) {
        Some(_) => text.split([' ', 'T']).next()?,
        None => text,
    };
    date::days(date)
}

/// The ids of an x2many, ascending; none is an empty list, as Odoo shows it.
struct Ids;

impl<'de> Visitor<'de> for Ids {
    type Value = Vec<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of ids")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<i64>, A::Error> {
        let mut ids = Vec::new();
        while let Some(id) = seq.next_element_seed(Whole)? {
            ids.push(id);
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Vec<i64>, E> {
        Ok(Vec::new())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Vec<i64>, E> {
        if value {
            Err(E::invalid_type(de::Unexpected::Bool(true), &self))
        } else {
            Ok(Vec::new())
        }
    }
}

/// A number by its own digits: Odoo sends a JSON number, or a string where it computed with decimals.
pub fn push_numeric(texts: &mut Texts, raw: &str) -> Result<(), String> {
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

/// How deep a JSON value may be nested: as deep as serde_json reads one, and far from where PostgreSQL's parser runs out
/// of stack.
const DEEPEST: usize = 128;

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

/// A JSON value by its own text, with the escaped NUL characters taken out; PostgreSQL's jsonb refuses them.
fn push_json(texts: &mut Texts, raw: &str, nul_characters: &mut u64) {
    const NUL: &str = "\\u0000";
    if matches!(raw, "null" | "false") {
        texts.push(None);
        return;
    }
    if !raw.contains(NUL) {
        texts.push(Some(raw));
        return;
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
            // An escape is a backslash and at least one character: a second backslash is none of its own.
            let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            clean.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    clean.push_str(rest);
    texts.push(Some(&clean));
}
