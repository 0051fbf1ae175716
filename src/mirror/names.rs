//! The names of a mirror's own columns, and how long names may be.

/// The column that says when a row of a mirror last changed.
pub const SYNCED_AT: &str = "_synced_at";

/// The column that says since when a row's record is gone, in mirrors whose type marks such rows.
pub const DELETED_AT: &str = "_deleted_at";

/// The longest name of a table or column, in bytes: PostgreSQL's NAMEDATALEN without the terminator.
pub const LONGEST_NAME: usize = 63;

/// Truncates a name to at most `bytes` bytes, at a character boundary.
pub fn cut(name: &str, bytes: usize) -> &str {
    &name[..name.floor_char_boundary(bytes)]
}
