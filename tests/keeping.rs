//! What is kept: through a dump, on a standby, and through an upgrade of the extension.

#[path = "keeping/dump.rs"]
mod dump;
#[path = "keeping/standby.rs"]
mod standby;
#[path = "keeping/upgrade.rs"]
mod upgrade;
