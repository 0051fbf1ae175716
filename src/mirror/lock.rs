//! The lock that a change to a mirror's columns or constraints needs.

use crate::failure::Failure;
use crate::mirror::table::Table;
use crate::pg::{interrupts, savepoint};
use pgrx::prelude::*;
use std::time::Duration;

/// The `lock_timeout` of one attempt, and the pause between two attempts, in which others can acquire their locks.
const WAIT: &str = "100ms";
const PAUSE: Duration = Duration::from_millis(150);
/// The number of attempts: 5 s in all, which is a worker's `lock_timeout`.
const TIMES: u32 = 20;

impl Table {
    /// Takes an ACCESS EXCLUSIVE lock until the transaction ends, which must hold no lock on the table yet. Readers
    /// queue behind a waiter for such a lock: hence many short attempts rather than one long wait.
    pub(super) fn lock_to_change(&self) -> Result<(), Failure> {
        let usual = Spi::get_one::<String>("SELECT pg_catalog.current_setting('lock_timeout')")?;
        let statement = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", self.qualified());
        for left in (0..TIMES).rev() {
            let locked = savepoint::attempt(|| {
                set_lock_timeout(WAIT)?;
                Spi::run(&statement)?;
                set_lock_timeout(usual.as_deref().unwrap_or_default())
            });
            match locked {
                Err(failure) if failure.is(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE) && left > 0 => {
                    interrupts::wait_latch(PAUSE);
                    interrupts::check_backend();
                }
                settled => return settled,
            }
        }
        Ok(())
    }
}

fn set_lock_timeout(value: &str) -> Result<(), Failure> {
    Ok(Spi::run_with_args("SELECT pg_catalog.set_config('lock_timeout', $1, true)", &[value.into()])?)
}
