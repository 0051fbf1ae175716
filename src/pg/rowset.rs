//! A page of rows, built in memory and read by a query as a table named `page`.
//!
//! An ephemeral named relation, as the transition tables of triggers are: no array is built and taken apart again,
//! nothing is parsed, and a row is copied once. The cells come ready-made in PostgreSQL's own representation.

use pgrx::pg_sys;
use std::ffi::CString;
use std::ops::Range;

#[cfg(not(target_pointer_width = "64"))]
compile_error!("cells are passed by value in 64-bit datums");

/// The name under which a query finds the rows.
pub const NAME: &str = "page";

/// The values of one column in PostgreSQL's representation.
#[derive(Debug)]
pub enum Cells {
    /// Types that are passed by value: bigint, boolean, date, timestamptz.
    Fixed(Vec<Option<i64>>),
    /// Types of variable length: each value with its length word, at an offset that is a multiple of eight bytes.
    Varying(Varying),
}

/// Values of variable length in one buffer, which is made of words so that it is aligned.
#[derive(Debug, Default)]
pub struct Varying {
    words: Vec<u64>,
    /// In words; None for NULL.
    offsets: Vec<Option<u32>>,
}

impl Varying {
    pub fn with_capacity(values: usize, bytes: usize) -> Varying {
        Varying {
            words: Vec::with_capacity(bytes / 8 + values * 2),
            offsets: Vec::with_capacity(values),
        }
    }

    pub fn push_null(&mut self) {
        self.offsets.push(None);
    }

    /// Adds a value whose content is `content`, and puts its length word before it.
    pub fn push(&mut self, content: &[u8]) {
        let total = content.len() + size_of::<u32>();
        // PostgreSQL's four-byte header: the two flag bits are zero
        let header = if cfg!(target_endian = "big") {
            total as u32
        } else {
            (total as u32) << 2
        };
        self.offsets.push(Some(self.words.len() as u32));
        let (first, rest) = content.split_at(content.len().min(4));
        let mut word = [0u8; 8];
        word[..4].copy_from_slice(&header.to_ne_bytes());
        word[4..4 + first.len()].copy_from_slice(first);
        self.words.push(u64::from_ne_bytes(word));
        let (chunks, tail) = rest.as_chunks::<8>();
        self.words
            .extend(chunks.iter().map(|chunk| u64::from_ne_bytes(*chunk)));
        if !tail.is_empty() {
            let mut word = [0u8; 8];
            word[..tail.len()].copy_from_slice(tail);
            self.words.push(u64::from_ne_bytes(word));
        }
    }

    fn get(&self, row: usize) -> Option<*const u64> {
        self.offsets[row].map(|offset| &raw const self.words[offset as usize])
    }
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Cells::Fixed(values) => values.len(),
            Cells::Varying(values) => values.offsets.len(),
        }
    }
}

/// Named and typed columns of equal length.
pub struct Rowset<'a> {
    pub columns: Vec<(&'a str, pg_sys::Oid, &'a Cells)>,
    /// Which of the rows.
    pub rows: Range<usize>,
}

impl Rowset<'_> {
    /// Makes the rows readable as `page` in the SPI connection that is open now, until it is closed.
    pub fn register(&self) {
        let is_within = |cells: &Cells| self.rows.end <= cells.len();
        assert!(
            self.columns.iter().all(|(_, _, cells)| is_within(cells)),
            "a column is too short"
        );
        let width = self.columns.len();
        let mut values = vec![pg_sys::Datum::from(0); width];
        let mut nulls = vec![false; width];
        // SAFETY: descriptor, tuplestore and relation live in the SPI connection's memory, which outlasts its queries;
        // each row is copied into the tuplestore before the next one overwrites the arrays; varying cells are aligned
        // and carry their length.
        unsafe {
            let descriptor = pg_sys::CreateTemplateTupleDesc(width as i32);
            for (i, (name, oid, _)) in self.columns.iter().enumerate() {
                let name = CString::new(*name).unwrap_or_default();
                let number = (i + 1) as pg_sys::AttrNumber;
                pg_sys::TupleDescInitEntry(descriptor, number, name.as_ptr(), *oid, -1, 0);
            }
            // a page is bounded by its size already: it should stay in memory rather than go to disk at work_mem
            let store = pg_sys::tuplestore_begin_heap(false, false, i32::MAX / 1024);
            for row in self.rows.clone() {
                for (i, (_, _, cells)) in self.columns.iter().enumerate() {
                    let datum = match cells {
                        Cells::Fixed(cells) => cells[row].map(pg_sys::Datum::from),
                        Cells::Varying(cells) => cells.get(row).map(pg_sys::Datum::from),
                    };
                    nulls[i] = datum.is_none();
                    values[i] = datum.unwrap_or(pg_sys::Datum::from(0));
                }
                pg_sys::tuplestore_putvalues(
                    store,
                    descriptor,
                    values.as_mut_ptr(),
                    nulls.as_mut_ptr(),
                );
            }
            let size = size_of::<pg_sys::EphemeralNamedRelationData>();
            let relation = pg_sys::palloc0(size).cast::<pg_sys::EphemeralNamedRelationData>();
            let name = CString::new(NAME).unwrap_or_default();
            (*relation).md.name = pg_sys::pstrdup(name.as_ptr());
            (*relation).md.reliddesc = pg_sys::InvalidOid;
            (*relation).md.tupdesc = descriptor;
            (*relation).md.enrtype = pg_sys::EphemeralNameRelationType::ENR_NAMED_TUPLESTORE;
            (*relation).md.enrtuples = self.rows.len() as f64;
            (*relation).reldata = store.cast();
            pg_sys::SPI_register_relation(relation);
        }
    }
}
