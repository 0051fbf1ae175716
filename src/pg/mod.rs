//! The only `unsafe` of the project: PostgreSQL's C interface, wrapped so that nothing outside this
//! folder can misuse it. Everything here runs on the process's main thread.

pub mod channel;
pub mod credentials;
pub mod entry;
pub mod guc;
pub mod identity;
pub mod interrupts;
pub mod process;
pub mod rowset;
pub mod savepoint;
pub mod thread;
pub mod transaction;
