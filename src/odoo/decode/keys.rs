//! The keys of an answer's objects, matched to fields.

use crate::field::Field;
use serde::Deserializer;
use serde::de::{self, DeserializeSeed};
use std::fmt;

/// What a key names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// The record's id.
    Id,
    /// A field that was asked for, by its index.
    Field(usize),
    /// A key that Odoo adds, such as `__count`.
    Other,
}

/// Deserializes keys, which mostly come in the order in which the fields were asked for.
pub(super) struct Keys<'f> {
    fields: &'f [Field],
    next: usize,
    suffix: Option<&'static str>,
}

impl<'f> Keys<'f> {
    /// The keys of these fields, with or without `suffix`.
    pub fn new(fields: &'f [Field], suffix: Option<&'static str>) -> Keys<'f> {
        Keys { fields, next: 0, suffix }
    }

    /// Goes back to the first field, for the next record.
    pub fn restart(&mut self) {
        self.next = 0;
    }
}

impl<'de> DeserializeSeed<'de> for &mut Keys<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl de::Visitor<'_> for &mut Keys<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Key, E> {
        let name = self.suffix.and_then(|suffix| key.strip_suffix(suffix)).unwrap_or(key);
        if name == "id" {
            return Ok(Key::Id);
        }
        let index = match self.fields.get(self.next) {
            Some(field) if field.name == name => Some(self.next),
            _ => self.fields.iter().position(|field| field.name == name),
        };
        Ok(index.map_or(Key::Other, |index| {
            self.next = index + 1;
            Key::Field(index)
        }))
    }
}
