//! Lists of ids.

use super::integer::Integer;
use serde::de::{self, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use std::fmt;

/// A list of ids; `null` and `false` are an empty one.
pub(super) struct Ids;

impl<'de> DeserializeSeed<'de> for Ids {
    type Value = Vec<i64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<i64>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Ids {
    type Value = Vec<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of ids")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<i64>, A::Error> {
        let mut ids = Vec::new();
        while let Some(id) = seq.next_element_seed(Integer)? {
            ids.push(id);
        }
        Ok(ids)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Vec<i64>, E> {
        Ok(Vec::new())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Vec<i64>, E> {
        if value { Err(E::invalid_type(de::Unexpected::Bool(true), &self)) } else { Ok(Vec::new()) }
    }
}
