//! PostgreSQL's C interface, wrapped so that nothing outside this folder can misuse it: the only `unsafe` of the
//! project. Everything here runs on the process's main thread.

pub mod caught;
pub mod channel;
pub mod credentials;
pub mod deadline;
pub mod guc;
pub mod identity;
pub mod interrupts;
pub mod process;
pub mod rowset;
pub mod savepoint;
pub mod sql;
pub mod thread;
pub mod transaction;
