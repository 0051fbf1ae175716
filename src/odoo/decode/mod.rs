//! From the bytes of an answer to columns, without a tree of JSON values in between: a page has 100,000 values.
//!
//! Whatever the bytes are, the memory that this takes is bounded by their number.

mod batch;
mod cell;
mod columns;
mod ids;
mod json;
mod keys;
mod numeric;
mod rows;
mod whole;

pub use batch::Batch;
pub use columns::ColumnsAnswer;
pub(crate) use numeric::push_numeric;
pub use rows::RowsAnswer;
