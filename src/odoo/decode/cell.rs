//! Decoding one value into its column.

use super::ids::Ids;
use super::integer::Integer;
use super::json::push_json;
use super::numeric::push_numeric;
use crate::column::{Column, Texts};
use crate::date;
use crate::field::FieldKind;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The end of a column, where the next value goes.
///
/// An empty value is `null` in a columnar read and `false` in a row read. Where Odoo shows it as a value, it is stored
/// as that value: a number as 0, a boolean as false.
pub(super) struct Cell<'c> {
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
                values.push(Some(Option::<bool>::deserialize(deserializer)?.unwrap_or(false)));
            }
            Column::Text(texts) => {
                deserializer.deserialize_any(Text { texts, nul_characters: self.nul_characters })?;
            }
            Column::Date(values) => {
                let visitor = Moment { parse: date_of, expected: "a date such as 2026-11-25" };
                values.push(deserializer.deserialize_any(visitor)?);
            }
            Column::Timestamp(values) => {
                let visitor = Moment { parse: date::microseconds, expected: "a time such as 2026-11-25 10:05:49" };
                values.push(deserializer.deserialize_any(visitor)?);
            }
            Column::BigintArray(values) => {
                let mut ids = Ids.deserialize(deserializer)?;
                ids.sort_unstable();
                values.push(Some(ids));
            }
            Column::Json(texts) => {
                let raw = <&RawValue>::deserialize(deserializer)?;
                push_json(texts, raw.get(), self.nul_characters).map_err(de::Error::custom)?;
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
        f.write_str("an integer or an id")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Integer.visit_u64(value).map(Some)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Integer.visit_f64(value).map(Some)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(self.empty)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        if value { Err(E::invalid_type(de::Unexpected::Bool(true), &self)) } else { Ok(self.empty) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let id = seq.next_element_seed(Integer)?;
        let id = id.ok_or_else(|| de::Error::invalid_length(0, &"[id, \"name\"]"))?;
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(id))
    }
}

/// A text, from which NUL characters are removed, since PostgreSQL cannot store them.
struct Text<'t> {
    texts: &'t mut Texts,
    nul_characters: &'t mut u64,
}

impl Visitor<'_> for Text<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
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
        if value { Err(E::invalid_type(de::Unexpected::Bool(true), &self)) } else { Ok(None) }
    }
}

/// Parses a date; one that Odoo computes in SQL may have a time, which Odoo itself cuts off (`Date.to_date`).
fn date_of(text: &str) -> Option<i32> {
    let date = match date::microseconds(text) {
        Some(_) => text.split([' ', 'T']).next()?,
        None => text,
    };
    date::days(date)
}
