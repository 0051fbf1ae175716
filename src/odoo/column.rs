//! The values of one field over a page of records.

use crate::field::ColumnKind;

/// One field's values, in the order of [`crate::Page::ids`].
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    Bigint(Vec<Option<i64>>),
    /// Decimal numbers as Odoo wrote them, digit for digit.
    Numeric(Texts),
    Boolean(Vec<Option<bool>>),
    Text(Texts),
    /// Days since 1970-01-01.
    Date(Vec<Option<i32>>),
    /// Microseconds since 1970-01-01 00:00:00 UTC.
    Timestamp(Vec<Option<i64>>),
    /// Ids, ascending.
    BigintArray(Vec<Option<Vec<i64>>>),
    /// JSON texts.
    Json(Texts),
}

/// Texts in one buffer, without an allocation for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    buffer: String,
    /// Where each text ends in the buffer, and whether it is one; where not, the value is empty.
    ends: Vec<(usize, bool)>,
}

impl Texts {
    /// Appends a text, or an empty value.
    #[inline]
    pub fn push(&mut self, text: Option<&str>) {
        self.buffer.push_str(text.unwrap_or_default());
        self.ends.push((self.buffer.len(), text.is_some()));
    }

    /// The text at `index`; `None` where the value is empty, and past the end.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&str> {
        let &(end, present) = self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before].0);
        present.then(|| &self.buffer[start..end])
    }

    /// The number of values, empty ones included.
    #[inline]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Makes room for `more` values.
    pub fn reserve(&mut self, more: usize) {
        self.ends.reserve(more);
    }

    /// The values at these positions, in this order.
    fn select(&self, positions: &[u32]) -> Texts {
        let mut texts =
            Texts { buffer: String::with_capacity(self.buffer.len()), ends: Vec::with_capacity(positions.len()) };
        for &position in positions {
            texts.push(self.get(position as usize));
        }
        texts
    }

    /// All values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> + Clone {
        (0..self.len()).map(|index| self.get(index))
    }
}

impl Column {
    /// An empty column.
    pub(crate) fn new(kind: ColumnKind) -> Column {
        match kind {
            ColumnKind::Bigint => Column::Bigint(Vec::new()),
            ColumnKind::Numeric => Column::Numeric(Texts::default()),
            ColumnKind::Boolean => Column::Boolean(Vec::new()),
            ColumnKind::Text => Column::Text(Texts::default()),
            ColumnKind::Date => Column::Date(Vec::new()),
            ColumnKind::Timestamp => Column::Timestamp(Vec::new()),
            ColumnKind::BigintArray => Column::BigintArray(Vec::new()),
            ColumnKind::Json => Column::Json(Texts::default()),
        }
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Column::Bigint(values) | Column::Timestamp(values) => values.len(),
            Column::Numeric(values) | Column::Text(values) | Column::Json(values) => values.len(),
            Column::Boolean(values) => values.len(),
            Column::Date(values) => values.len(),
            Column::BigintArray(values) => values.len(),
        }
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room for `more` values.
    pub(crate) fn reserve(&mut self, more: usize) {
        match self {
            Column::Bigint(values) | Column::Timestamp(values) => values.reserve(more),
            Column::Numeric(values) | Column::Text(values) | Column::Json(values) => {
                values.reserve(more);
            }
            Column::Boolean(values) => values.reserve(more),
            Column::Date(values) => values.reserve(more),
            Column::BigintArray(values) => values.reserve(more),
        }
    }

    /// Appends the value at a position of another column of the same kind; an empty one for `None`.
    pub(crate) fn push_from(&mut self, from: Option<(&Column, usize)>) {
        fn copied<T: Clone>(values: &mut Vec<Option<T>>, from: Option<(&Vec<Option<T>>, usize)>) {
            values.push(from.and_then(|(from, at)| from[at].clone()));
        }
        macro_rules! of_kind {
            ($kind:ident) => {
                match from {
                    Some((Column::$kind(from), at)) => Some((from, at)),
                    _ => None,
                }
            };
        }
        match self {
            Column::Bigint(values) => copied(values, of_kind!(Bigint)),
            Column::Timestamp(values) => copied(values, of_kind!(Timestamp)),
            Column::Boolean(values) => copied(values, of_kind!(Boolean)),
            Column::Date(values) => copied(values, of_kind!(Date)),
            Column::BigintArray(values) => copied(values, of_kind!(BigintArray)),
            Column::Numeric(values) => values.push(of_kind!(Numeric).and_then(|(from, at)| from.get(at))),
            Column::Text(values) => values.push(of_kind!(Text).and_then(|(from, at)| from.get(at))),
            Column::Json(values) => values.push(of_kind!(Json).and_then(|(from, at)| from.get(at))),
        }
    }

    /// The values at these positions, in this order.
    pub(crate) fn select(&self, positions: &[u32]) -> Column {
        fn pick<T: Clone>(values: &[T], positions: &[u32]) -> Vec<T> {
            positions.iter().map(|&position| values[position as usize].clone()).collect()
        }
        match self {
            Column::Bigint(values) => Column::Bigint(pick(values, positions)),
            Column::Numeric(values) => Column::Numeric(values.select(positions)),
            Column::Boolean(values) => Column::Boolean(pick(values, positions)),
            Column::Text(values) => Column::Text(values.select(positions)),
            Column::Date(values) => Column::Date(pick(values, positions)),
            Column::Timestamp(values) => Column::Timestamp(pick(values, positions)),
            Column::BigintArray(values) => Column::BigintArray(pick(values, positions)),
            Column::Json(values) => Column::Json(values.select(positions)),
        }
    }
}
