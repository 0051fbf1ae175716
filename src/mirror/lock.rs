//! The lock that a change to a mirror's columns or constraints needs.

use crate::failure::Failure;
use crate::mirror::table::Table;
use crate::pg::{interrupts, savepoint};
use pgrx::prelude::*;
use std::time::Duration;

/// How long the lock is waited for at a time, and how long others are let by between two times.
const WAIT: &str = "100ms";
const PAUSE: Duration = Duration::from_millis(150);
/// How many times: 5 s in all, which is as long as a worker waits for any lock.
const TIMES: u32 = 20;

impl Table {
    /// Takes an ACCESS EXCLUSIVE lock until the transaction ends, which must hold no lock on the table yet. Readers
    /// queue behind whoever waits for such a lock: hence it is waited for a moment at a time, again and again.
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
