//! The answer to a row read: an object for each record.

use super::batch::{Batch, about};
use super::integer::Integer;
use super::keys::{Key, Keys};
use crate::field::Field;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Deserializes `[{"id": 1, "name": "…", …}, …]`.
#[derive(Clone, Copy)]
pub struct RowsAnswer<'a> {
    pub model: &'a str,
    pub fields: &'a [Field],
}

impl<'de> DeserializeSeed<'de> for RowsAnswer<'_> {
    type Value = Batch;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Batch, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowsAnswer<'_> {
    type Value = Batch;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Batch, A::Error> {
        let mut batch = Batch::new(self.model, self.fields).map_err(|error| de::Error::custom(error.message))?;
        let mut keys = Keys::new(self.fields, None);
        loop {
            keys.restart();
            let row = Row { batch: &mut batch, fields: self.fields, keys: &mut keys };
            if seq.next_element_seed(row)?.is_none() {
                break;
            }
        }
        batch.sort().map_err(|id| about("id", format_args!("{id} came twice")))?;
        Ok(batch)
    }
}

/// One record.
struct Row<'b, 'f> {
    batch: &'b mut Batch,
    fields: &'f [Field],
    keys: &'b mut Keys<'f>,
}

impl<'de> DeserializeSeed<'de> for Row<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Row { batch, fields, keys } = self;
        let before = batch.ids.len();
        while let Some(key) = map.next_key_seed(&mut *keys)? {
            match key {
                Key::Id => {
                    let id = map.next_value_seed(Integer).map_err(|error| about("id", error))?;
                    batch.ids.push(id);
                }
                Key::Field(index) => {
                    let field = &fields[index];
                    let cell = batch.cell(index, field);
                    map.next_value_seed(cell).map_err(|error| match batch.ids.get(before) {
                        Some(id) => about(&format!("record {id}, {}", field.name), error),
                        None => about(&field.name, error),
                    })?;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let id = match batch.ids.get(before..) {
            Some([id]) => *id,
            Some([]) | None => return Err(about("id", "is missing")),
            Some(_) => return Err(about("id", "came twice in one record")),
        };
        for (field, column) in fields.iter().zip(&batch.columns) {
            if column.len() != before + 1 {
                let what = if column.len() <= before { "is missing" } else { "came twice" };
                return Err(about(&format!("record {id}, {}", field.name), what));
            }
        }
        Ok(())
    }
}
