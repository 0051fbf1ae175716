//! Holds requests back until the test lets them through.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::sample_odoo::{Reaction, RecordedRequest, SampleOdoo};
use crate::wait;

/// A gate before a sample Odoo. It opens for good when it is dropped.
pub struct Gate {
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    /// How many requests stand before it.
    waiting: usize,
    /// How many may go through.
    passes: usize,
    is_open: bool,
}

impl Gate {
    /// Before those requests that `holds` names; the others go through as ever.
    pub fn before(sample: &SampleOdoo, holds: impl Fn(&RecordedRequest) -> bool + Send + Sync + 'static) -> Gate {
        let state = Arc::<(Mutex<State>, Condvar)>::default();
        let shared = Arc::clone(&state);
        sample.on_request(move |request| {
            if holds(request) {
                stand(&shared);
            }
            Reaction::Answer
        });
        Gate { state }
    }

    /// Lets so many more requests through.
    pub fn pass(&self, requests: usize) {
        lock(&self.state.0).passes += requests;
        self.state.1.notify_all();
    }

    /// Lets all through from now on.
    pub fn open(&self) {
        lock(&self.state.0).is_open = true;
        self.state.1.notify_all();
    }

    /// Waits until it has let through as many as it was to.
    pub fn await_passes(&self) {
        wait::until("requests that pass", Duration::from_secs(20), || (lock(&self.state.0).passes == 0).then_some(()));
    }

    /// Waits until a request stands before it.
    pub fn await_request(&self) {
        wait::until("a request at the gate", Duration::from_secs(20), || {
            (lock(&self.state.0).waiting > 0).then_some(())
        });
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}

/// Whether a request reads records: a page of a run.
pub fn is_page(request: &RecordedRequest) -> bool {
    let reads = match request.method.as_deref() {
        Some("read" | "search_read") => true,
        // totals come by the same methods
        Some("read_group" | "formatted_read_group") => request.body.contains(":array_agg"),
        _ => false,
    };
    reads && request.model.as_deref() != Some("res.users")
}

fn stand((state, changed): &(Mutex<State>, Condvar)) {
    let mut state = lock(state);
    state.waiting += 1;
    while !state.is_open && state.passes == 0 {
        state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    state.waiting -= 1;
    state.passes = state.passes.saturating_sub(1);
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
