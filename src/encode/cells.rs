//! The values of one column in PostgreSQL's own representation. The variant is their type: nothing else says it, so
//! that nothing can say it wrongly.

use crate::encode::numeric;

/// The type of a bigint array's elements, as its header names it.
const INT8_OID: i32 = 20;

/// One column of a page.
#[derive(Debug)]
pub enum Cells {
    Bigint(Vec<Option<i64>>),
    Boolean(Vec<Option<bool>>),
    /// Days since 2000-01-01, PostgreSQL's epoch.
    Date(Vec<Option<i32>>),
    /// Microseconds since 2000-01-01 00:00:00 UTC.
    Timestamp(Vec<Option<i64>>),
    Text(Varlena),
    Numeric(Varlena),
    BigintArray(Varlena),
}

impl Cells {
    /// How many values there are.
    pub fn len(&self) -> usize {
        match self {
            Cells::Bigint(values) | Cells::Timestamp(values) => values.len(),
            Cells::Boolean(values) => values.len(),
            Cells::Date(values) => values.len(),
            Cells::Text(values) | Cells::Numeric(values) | Cells::BigintArray(values) => values.offsets.len(),
        }
    }

    /// A `text` column.
    pub fn text<'a>(values: impl ExactSizeIterator<Item = Option<&'a str>> + Clone) -> Cells {
        let bytes = values.clone().flatten().map(str::len).sum();
        let mut cells = Varlena::with_capacity(values.len(), bytes);
        for value in values {
            match value {
                Some(text) => cells.push(text.as_bytes()),
                None => cells.push_null(),
            }
        }
        Cells::Text(cells)
    }

    /// A `numeric` column from decimal digits.
    ///
    /// # Errors
    /// The first text that is no finite decimal number.
    pub fn numeric<'a>(values: impl ExactSizeIterator<Item = Option<&'a str>>) -> Result<Cells, &'a str> {
        let mut cells = Varlena::with_capacity(values.len(), values.len() * 8);
        let mut content = Vec::new();
        for value in values {
            match value {
                Some(text) => {
                    numeric::encode(text, &mut content).ok_or(text)?;
                    cells.push(&content);
                }
                None => cells.push_null(),
            }
        }
        Ok(Cells::Numeric(cells))
    }

    /// A `bigint[]` column.
    pub fn bigint_array(values: &[Option<Vec<i64>>]) -> Cells {
        let mut cells = Varlena::with_capacity(values.len(), values.len() * 40);
        let mut content = Vec::new();
        for value in values {
            let Some(ids) = value else {
                cells.push_null();
                continue;
            };
            content.clear();
            // PostgreSQL's array header: dimensions, no null bitmap, element type; of one dimension its length and
            // lower bound
            let dimensions = i32::from(!ids.is_empty());
            for number in [dimensions, 0, INT8_OID] {
                content.extend_from_slice(&number.to_ne_bytes());
            }
            if !ids.is_empty() {
                for number in [ids.len() as i32, 1] {
                    content.extend_from_slice(&number.to_ne_bytes());
                }
                for id in ids {
                    content.extend_from_slice(&id.to_ne_bytes());
                }
            }
            cells.push(&content);
        }
        Cells::BigintArray(cells)
    }
}

/// Values of variable length, each with its length word, in one buffer: of words, so that they are aligned as
/// PostgreSQL wants them. Only [`Cells`] fills it, with what is valid for the column's type.
#[derive(Debug, Default)]
pub struct Varlena {
    words: Vec<u64>,
    /// In words; None for NULL.
    offsets: Vec<Option<u32>>,
}

impl Varlena {
    fn with_capacity(values: usize, bytes: usize) -> Varlena {
        Varlena { words: Vec::with_capacity(bytes / 8 + values * 2), offsets: Vec::with_capacity(values) }
    }

    fn push_null(&mut self) {
        self.offsets.push(None);
    }

    /// Adds a value of that content, with its length word before it.
    fn push(&mut self, content: &[u8]) {
        let total = content.len() + size_of::<u32>();
        // PostgreSQL's four-byte header: the two flag bits are zero
        let header = if cfg!(target_endian = "big") { total as u32 } else { (total as u32) << 2 };
        self.offsets.push(Some(self.words.len() as u32));
        let (first, rest) = content.split_at(content.len().min(4));
        let mut word = [0u8; 8];
        word[..4].copy_from_slice(&header.to_ne_bytes());
        word[4..4 + first.len()].copy_from_slice(first);
        self.words.push(u64::from_ne_bytes(word));
        let (chunks, tail) = rest.as_chunks::<8>();
        self.words.extend(chunks.iter().map(|chunk| u64::from_ne_bytes(*chunk)));
        if !tail.is_empty() {
            let mut word = [0u8; 8];
            word[..tail.len()].copy_from_slice(tail);
            self.words.push(u64::from_ne_bytes(word));
        }
    }

    /// The value in `row`, from its length word on, and whatever comes after it; None for NULL.
    pub fn get(&self, row: usize) -> Option<&[u64]> {
        self.offsets[row].map(|offset| &self.words[offset as usize..])
    }
}
