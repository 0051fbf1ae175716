//! The columns that one answer fills.

use super::super::column::Column;
use super::super::error::{Error, ErrorKind};
use super::super::field::{ColumnKind, Field};
use super::cell::Cell;
use serde::Deserializer;
use serde::de::{self, DeserializeSeed};
use std::fmt::Display;

/// Records by columns, as one answer gives them.
#[derive(Debug)]
pub struct Batch {
    pub ids: Vec<i64>,
    /// In the order of the fields that were asked for.
    pub columns: Vec<Column>,
    /// How many NUL characters were taken out.
    pub nul_characters: u64,
}

impl Batch {
    /// A batch with a column for each field and no record.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] for a field of a type that has no column.
    pub fn new(model: &str, fields: &[Field]) -> Result<Batch, Error> {
        let columns = fields
            .iter()
            .map(|field| match field.kind.column_kind() {
                Some(kind) => Ok(Column::new(kind)),
                None => Err(Error::new(
                    ErrorKind::Refused,
                    format!(
                        "The field {} of {model} has a type that cannot be stored.",
                        field.name
                    ),
                )),
            })
            .collect::<Result<_, _>>()?;
        Ok(Batch {
            ids: Vec::new(),
            columns,
            nul_characters: 0,
        })
    }

    /// Where the values of field number `index` go.
    pub(super) fn cell<'b>(&'b mut self, index: usize, field: &'b Field) -> Cell<'b> {
        Cell {
            column: &mut self.columns[index],
            kind: &field.kind,
            nul_characters: &mut self.nul_characters,
        }
    }

    /// Brings the records into the order of their ids, which Odoo 14 does not promise.
    ///
    /// # Errors
    /// The id that came twice.
    pub fn sort(&mut self) -> Result<(), i64> {
        if !self.ids.is_sorted() {
            let mut order: Vec<u32> = (0..self.ids.len() as u32).collect();
            order.sort_unstable_by_key(|&index| self.ids[index as usize]);
            self.select(&order);
        }
        match self.ids.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(pair[0]),
            None => Ok(()),
        }
    }

    /// Keeps just the records at these positions, in this order.
    pub fn select(&mut self, positions: &[u32]) {
        self.ids = positions
            .iter()
            .map(|&index| self.ids[index as usize])
            .collect();
        for column in &mut self.columns {
            *column = column.select(positions);
        }
    }
}

impl Column {
    /// An empty column.
    pub fn new(kind: ColumnKind) -> Column {
        match kind {
            ColumnKind::Bigint => Column::Bigint(Vec::new()),
            ColumnKind::Numeric => Column::Numeric(Default::default()),
            ColumnKind::Boolean => Column::Boolean(Vec::new()),
            ColumnKind::Text => Column::Text(Default::default()),
            ColumnKind::Date => Column::Date(Vec::new()),
            ColumnKind::Timestamp => Column::Timestamp(Vec::new()),
            ColumnKind::BigintArray => Column::BigintArray(Vec::new()),
            ColumnKind::Json => Column::Json(Default::default()),
        }
    }
}

/// What a key of an answer names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// The record's id.
    Id,
    /// A field that was asked for, by its number.
    Field(usize),
    /// Something that Odoo adds, such as `__count`.
    Other,
}

/// Tells which field a key names. Keys mostly come in the order in which the fields were asked for.
pub(super) struct Keys<'f> {
    fields: &'f [Field],
    next: usize,
    suffix: Option<&'static str>,
}

impl<'f> Keys<'f> {
    /// Keys that end in `suffix`, or not.
    pub fn new(fields: &'f [Field], suffix: Option<&'static str>) -> Keys<'f> {
        Keys {
            fields,
            next: 0,
            suffix,
        }
    }

    /// Back to the first field, for the next record.
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

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Key, E> {
        let name = self
            .suffix
            .and_then(|suffix| key.strip_suffix(suffix))
            .unwrap_or(key);
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

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
pub(super) fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

/// An error about one field.
pub(super) fn about<E: de::Error>(field: &str, what: impl Display) -> E {
    E::custom(format!("{field}: {what}"))
}
