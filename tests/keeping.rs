//! What is kept: through an upgrade of the extension, and through a dump.

#[path = "keeping/upgrade.rs"]
mod upgrade;
