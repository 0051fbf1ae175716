//! The run's login, away from the main thread.

use crate::failure::Failure;
use crate::pg::thread;
use crate::reader::access::Access;
use crate::run::pool::thread_ended;
use odoo::{Cancel, Client, Error, Traffic, thread_traffic};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// A client, and the id of the company that the user is in, by which what depends on the company is read.
pub type Opened = (Client, i64);

/// Logs in, while the main thread looks every `slice` whether it may go on; gives what was asked of the network for it,
/// too.
pub fn log_in(
    access: Access,
    cancel: &Cancel,
    slice: Duration,
    mut check: impl FnMut() -> Result<(), Failure>,
) -> Result<(Result<Opened, Error>, Traffic), Failure> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let cancel = cancel.clone();
    thread::spawn("odoo_sync open", move || {
        let opened = access.open(cancel).and_then(|client| {
            let company_id = client.account()?.company_id;
            Ok((client, company_id))
        });
        drop(sender.send((opened, thread_traffic())));
    })?;
    loop {
        check()?;
        match receiver.recv_timeout(slice) {
            Ok(opened) => return Ok(opened),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(thread_ended()),
        }
    }
}
