//! The mirrors: ordinary tables of the user's, each filled from one Odoo model.

pub mod column;
pub mod encode;
pub mod index;
pub mod numeric;
pub mod rows;
pub mod table;

/// The column that says when a row of a mirror last changed.
pub const SYNCED_AT: &str = "_synced_at";
