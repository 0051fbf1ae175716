//! The mirrors: ordinary tables of the user's, each filled from one Odoo model.

pub mod adopt;
mod change;
pub mod column;
pub mod difference;
pub mod encode;
pub mod index;
pub mod numeric;
pub mod placement;
pub mod rows;
pub mod table;
pub mod totals;
pub mod unique;

/// The column that says when a row of a mirror last changed.
pub const SYNCED_AT: &str = "_synced_at";

/// The column that says since when a row's record is gone, in mirrors whose type marks such rows.
pub const DELETED_AT: &str = "_deleted_at";

/// PostgreSQL's names have no more bytes than that.
pub const LONGEST_NAME: usize = 63;

/// The beginning of a name, of so many bytes or a little less: characters are not cut.
pub fn cut(name: &str, bytes: usize) -> &str {
    &name[..name.floor_char_boundary(bytes)]
}
