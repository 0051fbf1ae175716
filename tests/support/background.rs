//! A statement that runs while the test does something else.

use std::thread::JoinHandle;
use std::time::Duration;

use postgres::{CancelToken, NoTls};

use crate::session::{Session, TextRow, told};
use crate::wait;

type Outcome = (Result<Vec<TextRow>, postgres::Error>, Session);

/// A statement under way, in a session of its own.
pub struct Background {
    thread: JoinHandle<Outcome>,
    cancel: CancelToken,
    /// Its backend's process id.
    pub pid: i64,
}

impl Background {
    pub fn start(mut session: Session, sql: &str) -> Background {
        let (pid, cancel, sql) = (session.pid(), session.cancel_token(), sql.to_owned());
        let thread = std::thread::spawn(move || (session.try_rows(&sql), session));
        Background { thread, cancel, pid }
    }

    /// Cancels it as Ctrl-C in psql does.
    pub fn cancel(&self) {
        self.cancel.cancel_query(NoTls).unwrap_or_else(|error| panic!("no cancel: {}", told(&error)));
    }

    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for its end: the rows or the error, and the session.
    pub fn end(self) -> Outcome {
        wait::until("the end of a statement", Duration::from_secs(60), || self.is_finished().then_some(()));
        self.thread.join().unwrap_or_else(|_| panic!("the thread of a statement panicked"))
    }

    /// The same for one that must end well.
    pub fn rows(self) -> Vec<TextRow> {
        self.end().0.unwrap_or_else(|error| panic!("{}", told(&error)))
    }
}
