//! A page of rows, built in memory and read by a query as a table named `page`.
//!
//! An ephemeral named relation, like a trigger's transition table: no array is built and unnested, nothing is parsed,
//! and each row is copied once. The cells are already in PostgreSQL's own representation.

use crate::encode::cells::{Cells, Varlena};
use pgrx::pg_sys;
use std::ffi::CString;
use std::ops::Range;

#[cfg(not(target_pointer_width = "64"))]
compile_error!("cells are passed by value in 64-bit datums");

/// The relation's name in queries.
pub const NAME: &str = "page";

/// Named columns of equal length.
pub struct Rowset<'a> {
    pub columns: Vec<(&'a str, &'a Cells)>,
    /// The rows of the columns that the relation contains.
    pub rows: Range<usize>,
}

/// The oid of a column's type.
fn type_of(cells: &Cells) -> pg_sys::Oid {
    match cells {
        Cells::Bigint(_) => pg_sys::INT8OID,
        Cells::Boolean(_) => pg_sys::BOOLOID,
        Cells::Date(_) => pg_sys::DATEOID,
        Cells::Timestamp(_) => pg_sys::TIMESTAMPTZOID,
        Cells::Text(_) => pg_sys::TEXTOID,
        Cells::Numeric(_) => pg_sys::NUMERICOID,
        Cells::BigintArray(_) => pg_sys::INT8ARRAYOID,
    }
}

/// One cell as a datum, None for NULL; it may point into the cells, and lives as long as they do.
fn datum(cells: &Cells, row: usize) -> Option<pg_sys::Datum> {
    let pointer = |values: &Varlena| Some(pg_sys::Datum::from(values.get(row)?.as_ptr()));
    match cells {
        Cells::Bigint(values) | Cells::Timestamp(values) => values[row].map(pg_sys::Datum::from),
        Cells::Boolean(values) => values[row].map(pg_sys::Datum::from),
        Cells::Date(values) => values[row].map(pg_sys::Datum::from),
        Cells::Text(values) | Cells::Numeric(values) | Cells::BigintArray(values) => pointer(values),
    }
}

impl Rowset<'_> {
    /// Registers the rows as `page` in the current SPI connection, until it is closed.
    pub fn register(&self) {
        let is_within = |cells: &Cells| self.rows.end <= cells.len();
        assert!(self.columns.iter().all(|(_, cells)| is_within(cells)), "a column is too short");
        let width = self.columns.len();
        let mut values = vec![pg_sys::Datum::from(0); width];
        let mut nulls = vec![false; width];
        // SAFETY: descriptor, tuplestore and relation live in the SPI connection's memory, which outlasts its queries;
        // each row is copied into the tuplestore before the next one overwrites the arrays; each datum is of the type
        // that the descriptor says, since both come from the variant of its cells.
        unsafe {
            let descriptor = pg_sys::CreateTemplateTupleDesc(width as i32);
            for (i, (name, cells)) in self.columns.iter().enumerate() {
                let name = CString::new(*name).unwrap_or_default();
                let number = (i + 1) as pg_sys::AttrNumber;
                let oid = type_of(cells);
                pg_sys::TupleDescInitEntry(descriptor, number, name.as_ptr(), oid, -1, 0);
            }
            // a page's size is bounded already: it should stay in memory rather than spill to disk at work_mem
            let store = pg_sys::tuplestore_begin_heap(false, false, i32::MAX / 1024);
            for row in self.rows.clone() {
                for (i, (_, cells)) in self.columns.iter().enumerate() {
                    let datum = datum(cells, row);
                    nulls[i] = datum.is_none();
                    values[i] = datum.unwrap_or(pg_sys::Datum::from(0));
                }
                pg_sys::tuplestore_putvalues(store, descriptor, values.as_mut_ptr(), nulls.as_mut_ptr());
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
