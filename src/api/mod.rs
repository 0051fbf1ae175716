//! The SQL functions, one file per subject.

mod adopt;
mod arguments;
mod cancel;
mod check;
mod connect;
mod guard;
pub mod load_catalogue;
mod log_in;
mod run;
mod schedule;
mod status;
mod types;
pub mod validator;
mod verify;
