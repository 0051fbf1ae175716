//! What a caller asks of a worker, and what comes back.

use crate::failure::Failure;
use crate::settings::Settings;
use crate::state::counts::Counts;
use serde::{Deserialize, Serialize};

/// One run of one connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Task {
    /// 0: the worker takes the next one. The caller does not, since it would keep a lock on the sequence while it
    /// waits.
    pub run_id: i64,
    pub connection: String,
    pub types: Vec<String>,
    pub full: bool,
    pub force: bool,
    pub settings: Settings,
    /// The database, the role that logged in, and the role whose rights the run has, by oid.
    pub database: u32,
    pub session_user: u32,
    pub user: u32,
    /// The process that waits for the run's end; None: nobody does.
    pub caller: Option<i32>,
    /// The transaction that must commit before the run begins, by its full id; None: it begins at once.
    pub after: Option<u64>,
}

/// How a type is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Full,
    Incremental,
}

impl Mode {
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Full => "full",
            Mode::Incremental => "incremental",
        }
    }
}

/// How a type's run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Queued,
    Started,
    Ok,
    Partial,
    Failed,
    Interrupted,
    Skipped,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Queued => "queued",
            Status::Started => "started",
            Status::Ok => "ok",
            Status::Partial => "partial",
            Status::Failed => "failed",
            Status::Interrupted => "interrupted",
            Status::Skipped => "skipped",
        }
    }
}

/// A row of what `run()` returns.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    pub run_id: i64,
    pub connection: String,
    pub r#type: String,
    pub status: Status,
    pub mode: Option<Mode>,
    pub counts: Counts,
    pub seconds: f64,
    pub message: Option<String>,
    /// Why, when the type failed.
    pub failure: Option<Failure>,
}

impl Outcome {
    /// An outcome that has a status and nothing else.
    pub fn new(run_id: i64, connection: &str, r#type: &str, status: Status) -> Outcome {
        Outcome {
            run_id,
            connection: connection.to_string(),
            r#type: r#type.to_string(),
            status,
            mode: None,
            counts: Counts::default(),
            seconds: 0.0,
            message: None,
            failure: None,
        }
    }
}

/// What a worker tells its caller.
#[derive(Debug, Serialize, Deserialize)]
pub enum Event {
    /// It has read its task and has begun; the run's id.
    Accepted(i64),
    /// A line of progress for the caller's screen.
    Notice(String),
    /// A type has ended.
    Ended(Box<Outcome>),
    /// All types have ended.
    Finished,
}
