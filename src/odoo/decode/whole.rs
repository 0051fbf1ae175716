//! Whole numbers.

use serde::Deserializer;
use serde::de::{self, DeserializeSeed};
use std::fmt;

/// A whole number, also one that Odoo sends as a float since it is beyond 32 bits.
#[derive(Clone, Copy)]
pub(super) struct Whole;

impl<'de> DeserializeSeed<'de> for Whole {
    type Value = i64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<i64, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl de::Visitor<'_> for Whole {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| E::custom(format!("{value} is beyond 64 bits")))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<i64, E> {
        whole(value).ok_or_else(|| E::custom(format!("{value} is not a whole number")))
    }
}

/// The whole number that a float stands for, as long as floats tell each whole number from the next.
fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}
