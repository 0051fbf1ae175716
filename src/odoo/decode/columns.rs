//! The answer to a columnar read: one object with an array for each field.

use super::batch::{Batch, about};
use super::cell::Cell;
use super::ids::Ids;
use super::keys::{Key, Keys};
use crate::error::Error;
use crate::field::Field;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The suffix of the arrays' names in Odoo 19; before, they have the fields' names.
const SUFFIX: &str = ":array_agg";

/// Deserializes `[{"id:array_agg": […], "name:array_agg": […]}]` (19) or `[{"id": […], "name": […]}]` (before).
#[derive(Clone, Copy)]
pub struct ColumnsAnswer<'a> {
    pub model: &'a str,
    pub fields: &'a [Field],
}

impl<'de> DeserializeSeed<'de> for ColumnsAnswer<'_> {
    type Value = Batch;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Batch, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ColumnsAnswer<'_> {
    type Value = Batch;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of one group")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Batch, A::Error> {
        let batch = match seq.next_element_seed(Group(self))? {
            Some(batch) => batch,
            None => Batch::new(self.model, self.fields).map_err(custom)?,
        };
        if seq.next_element::<IgnoredAny>()?.is_some() {
            return Err(de::Error::custom("expected one group, found more"));
        }
        Ok(batch)
    }
}

/// The only group of an answer without `groupby`.
struct Group<'a>(ColumnsAnswer<'a>);

impl<'de> DeserializeSeed<'de> for Group<'_> {
    type Value = Batch;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Batch, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Group<'_> {
    type Value = Batch;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a group of arrays")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Batch, A::Error> {
        let ColumnsAnswer { model, fields } = self.0;
        let mut batch = Batch::new(model, fields).map_err(custom)?;
        let mut keys = Keys::new(fields, Some(SUFFIX));
        let mut seen = vec![false; fields.len()];
        let mut seen_id = false;
        while let Some(key) = map.next_key_seed(&mut keys)? {
            match key {
                Key::Id if std::mem::replace(&mut seen_id, true) => {
                    return Err(about("id", "came twice"));
                }
                Key::Id => {
                    batch.ids = map.next_value_seed(Ids).map_err(|error| about("id", error))?;
                }
                Key::Field(index) => {
                    let field = &fields[index];
                    if std::mem::replace(&mut seen[index], true) {
                        return Err(about(&field.name, "came twice"));
                    }
                    let expected = batch.ids.len();
                    let cell = batch.cell(index, field);
                    map.next_value_seed(Array { cell, name: &field.name, expected })?;
                    // checked at once, so that short arrays cannot make many columns reserve memory for long ones
                    if seen_id {
                        check_length(field, &batch, index)?;
                    }
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if !seen_id {
            return Err(about("id", "is missing"));
        }
        for (index, field) in fields.iter().enumerate() {
            if !seen[index] {
                return Err(about(&field.name, "is missing"));
            }
            check_length(field, &batch, index)?;
        }
        batch.sort().map_err(|id| about("id", format_args!("{id} came twice")))?;
        Ok(batch)
    }
}

/// Checks that the column has one value for each record.
fn check_length<E: de::Error>(field: &Field, batch: &Batch, index: usize) -> Result<(), E> {
    let (found, wanted) = (batch.columns[index].len(), batch.ids.len());
    if found == wanted {
        return Ok(());
    }
    Err(about(&field.name, format_args!("has {found} values for {wanted} records")))
}

/// The array of one field; where no record matches, Odoo 14 sends `null` and some versions `false` for it.
struct Array<'c> {
    cell: Cell<'c>,
    name: &'c str,
    /// The number of values, where it is known already.
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for Array<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let name = self.name;
        deserializer.deserialize_any(self).map_err(|error| about(name, error))
    }
}

impl<'de> Visitor<'de> for Array<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Cell { column, kind, nul_characters } = self.cell;
        column.reserve(self.expected);
        while seq.next_element_seed(Cell { column, kind, nul_characters })?.is_some() {}
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        if value { Err(E::invalid_type(de::Unexpected::Bool(true), &self)) } else { Ok(()) }
    }
}

fn custom<E: de::Error>(error: Error) -> E {
    E::custom(error.message)
}
