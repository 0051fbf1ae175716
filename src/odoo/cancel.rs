//! A flag that stops the client, and wakes it where it sleeps or waits.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Shared by everyone who may cancel and everyone who must stop; clones are the same flag.
///
/// Raising it ends sleeps at once and breaks off the requests in flight of every [`crate::Client`] that was opened
/// with it. Only a name that is being resolved or a TCP connection that is being made goes on until its own time limit.
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

/// Something that waits elsewhere than in [`Cancel::sleep`], and can be made to stop.
pub(crate) trait Interrupt: Send + Sync {
    /// Ends what is going on, for good.
    fn interrupt(&self);
}

impl Cancel {
    /// A flag that is not raised.
    pub fn new() -> Cancel {
        Cancel::default()
    }

    /// Raises the flag, for good, and stops all that sleep or wait on it.
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

    /// Sleeps for `time`, or until the flag is raised; gives whether it is.
    pub fn sleep(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        let mut state = self.state();
        while !state.raised {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self
                .0
                .wake
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.raised
    }

    /// Has `interrupt` stopped when the flag is raised; where it is already, the caller sees that by itself.
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
