//! From the bytes of an answer to columns, without a tree of JSON values in between: a page has 100,000 values.

mod batch;
mod cell;
mod columns;
mod rows;

pub(super) use batch::Batch;
pub(super) use cell::push_numeric;
pub(super) use columns::ColumnsAnswer;
pub(super) use rows::RowsAnswer;
