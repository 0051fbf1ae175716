//! From the bytes of an answer to columns, without a tree of JSON values in between: a page has 100,000 values.
//!
//! Whatever the bytes are, the memory that this takes is bounded by their number.

mod batch;
mod cell;
mod columns;
mod rows;

pub use batch::Batch;
pub(super) use cell::push_numeric;
pub use columns::ColumnsAnswer;
pub use rows::RowsAnswer;
