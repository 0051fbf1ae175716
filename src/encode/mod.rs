//! From what the client decoded to values in PostgreSQL's own representation. Pure: the threads that ask Odoo do this
//! too.

pub mod cells;
mod numeric;
pub mod page;
