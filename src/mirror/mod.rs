//! The mirrors: ordinary tables of the user's, each filled from one Odoo model.

pub mod adopt;
pub mod column;
pub mod difference;
mod index;
mod lock;
pub mod names;
mod placement;
pub mod rows;
pub mod table;
mod totals;
pub mod unique;
