//! Integers, also written as floats.

use serde::Deserializer;
use serde::de::{self, DeserializeSeed};
use std::fmt;

/// An integer; Odoo sends one beyond 32 bits as a float.
#[derive(Clone, Copy)]
pub(super) struct Integer;

impl<'de> DeserializeSeed<'de> for Integer {
    type Value = i64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<i64, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl de::Visitor<'_> for Integer {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| E::custom(format!("{value} exceeds 64 bits")))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<i64, E> {
        integer(value).ok_or_else(|| E::custom(format!("{value} is not an integer")))
    }
}

/// The integer that a float represents, within the range in which floats represent every integer.
fn integer(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}
