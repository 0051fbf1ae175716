//! The SQL functions, one file a subject.

mod adopt;
mod arguments;
mod cancel;
mod check;
mod connect;
pub mod load_catalogue;
mod run;
mod schedule;
mod status;
pub mod validator;
mod verify;
