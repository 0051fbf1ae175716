//! Calls to Odoo from a SQL function, in a thread of their own so that the backend stays cancellable.

use crate::failure::Failure;
use crate::pg::thread;
use crate::reader::access::Access;
use odoo::{Cancel, Client, Error};

/// Logs in to Odoo and passes the client, or the error, to `work`.
pub fn with_login<T: Send + 'static>(
    access: Access,
    work: impl FnOnce(Result<Client, Error>) -> T + Send + 'static,
) -> Result<T, Failure> {
    thread::wait_for(move || work(access.open(Cancel::new())))
}
