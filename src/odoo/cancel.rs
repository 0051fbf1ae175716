//! Cancellation: a flag that ends sleeps and requests in flight.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// A cancellation flag; clones share it.
///
/// Raising it ends sleeps at once and aborts the requests in flight of every [`crate::Client`] that was opened with it.
/// Only name resolution and TCP connects go on until their own timeouts.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Flag>);

#[derive(Default)]
struct Flag {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    raised: bool,
    interrupts: Vec<Weak<dyn Interrupt>>,
}

/// Something that blocks elsewhere than in [`Cancel::sleep`] and can be interrupted.
pub(crate) trait Interrupt: Send + Sync {
    /// Aborts what is under way, for good.
    fn interrupt(&self);
}

impl Cancel {
    /// A flag that is not raised.
    pub fn new() -> Cancel {
        Cancel::default()
    }

    /// Raises the flag, for good, and wakes or interrupts everything that waits on it.
    pub fn cancel(&self) {
        let interrupts = {
            let mut state = self.state();
            state.raised = true;
            std::mem::take(&mut state.interrupts)
        };
        self.0.wake.notify_all();
        for interrupt in interrupts.iter().filter_map(Weak::upgrade) {
            interrupt.interrupt();
        }
    }

    /// Whether the flag is raised.
    pub fn is_cancelled(&self) -> bool {
        self.state().raised
    }

    /// Sleeps for `time`, or until the flag is raised; returns whether it is.
    pub fn sleep(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        let mut state = self.state();
        while !state.raised {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.0.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.raised
    }

    /// Registers what to interrupt when the flag is raised. A caller checks for itself whether it is raised already.
    pub(crate) fn register(&self, interrupt: Weak<dyn Interrupt>) {
        let mut state = self.state();
        state.interrupts.retain(|old| old.strong_count() > 0);
        state.interrupts.push(interrupt);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cancel").field(&self.is_cancelled()).finish()
    }
}
