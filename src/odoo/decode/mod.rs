//! Decoding answers straight into columns, without a tree of JSON values in between: a page has 100,000 values.
//!
//! The memory that this takes is proportional to the size of the answer, whatever is in it.

mod batch;
mod cell;
mod columns;
mod ids;
mod integer;
mod json;
mod keys;
mod numeric;
mod rows;

pub use batch::Batch;
pub use columns::ColumnsAnswer;
pub(crate) use numeric::push_numeric;
pub use rows::RowsAnswer;
