//! The records of one answer, by columns.

use super::cell::Cell;
use crate::column::Column;
use crate::error::{Error, ErrorKind};
use crate::field::Field;
use serde::de;
use std::fmt::Display;

/// The records of one answer, by columns.
#[derive(Debug)]
pub struct Batch {
    pub ids: Vec<i64>,
    /// One column a field, in the order of the fields that were asked for.
    pub columns: Vec<Column>,
    /// The number of NUL characters that were removed.
    pub nul_characters: u64,
}

impl Batch {
    /// An empty batch with a column for each field.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] for a field of a type that has no column.
    pub(crate) fn new(model: &str, fields: &[Field]) -> Result<Batch, Error> {
        let columns = fields
            .iter()
            .map(|field| match field.kind.column_kind() {
                Some(kind) => Ok(Column::new(kind)),
                None => Err(Error::new(
                    ErrorKind::Refused,
                    format!("The field {} of {model} has a type that cannot be stored.", field.name),
                )),
            })
            .collect::<Result<_, _>>()?;
        Ok(Batch { ids: Vec::new(), columns, nul_characters: 0 })
    }

    /// The next cell in the column of field number `index`.
    pub(super) fn cell<'b>(&'b mut self, index: usize, field: &'b Field) -> Cell<'b> {
        Cell { column: &mut self.columns[index], kind: &field.kind, nul_characters: &mut self.nul_characters }
    }

    /// Sorts the records by id, since Odoo 14 promises no order.
    ///
    /// # Errors
    /// The duplicate id.
    pub(super) fn sort(&mut self) -> Result<(), i64> {
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

    /// Appends the columns of another batch, for the records that are in both.
    pub(crate) fn join(&mut self, mut other: Batch) {
        if self.ids != other.ids {
            let (mine, theirs) = common(&self.ids, &other.ids);
            self.select(&mine);
            other.select(&theirs);
        }
        self.columns.append(&mut other.columns);
        self.nul_characters += other.nul_characters;
    }

    /// Keeps the records at these positions, in this order.
    fn select(&mut self, positions: &[u32]) {
        self.ids = positions.iter().map(|&index| self.ids[index as usize]).collect();
        for column in &mut self.columns {
            *column = column.select(positions);
        }
    }
}

/// The positions of the ids that two ascending lists have in common.
fn common(left: &[i64], right: &[i64]) -> (Vec<u32>, Vec<u32>) {
    let (mut lefts, mut rights) = (Vec::new(), Vec::new());
    let (mut l, mut r) = (0, 0);
    while let (Some(a), Some(b)) = (left.get(l), right.get(r)) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => l += 1,
            std::cmp::Ordering::Greater => r += 1,
            std::cmp::Ordering::Equal => {
                lefts.push(l as u32);
                rights.push(r as u32);
                l += 1;
                r += 1;
            }
        }
    }
    (lefts, rights)
}

/// An error about a field.
pub(super) fn about<E: de::Error>(field: &str, what: impl Display) -> E {
    E::custom(format!("{field}: {what}"))
}
