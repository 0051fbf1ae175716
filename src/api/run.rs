//! `run()` and `run_due()`: start runs of types, and wait for them or not.

use crate::api::guard::guarded;
use crate::api::{arguments, types};
use crate::connection::{self, Connection};
use crate::failure::Failure;
use crate::pg::savepoint::undone;
use crate::pg::{credentials, identity, process};
use crate::run::locks;
use crate::settings::{self, Settings};
use crate::state::catalogue;
use crate::state::counts::{counted, with_counts};
use crate::state::extension::as_owner;
use crate::state::task::{Mode, Outcome, Status, Task};
use crate::worker::caller;
use pgrx::datum::Interval;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::collections::HashMap;

/// Defines `run()` and `run_due()`, which return the same columns, a run's counts among them.
macro_rules! define_functions {
    ($($count:ident),*) => {
        #[allow(clippy::type_complexity)]
        #[pg_extern]
        fn run(
            types: default!(Option<Vec<Option<String>>>, "NULL"),
            full: default!(Option<bool>, "false"),
            wait: default!(Option<bool>, "true"),
            connection: default!(Option<&str>, "NULL"),
            force: default!(Option<bool>, "false"),
        ) -> Result<
            TableIterator<
                'static,
                (
                    name!(run_id, i64),
                    name!(connection, String),
                    name!(type, String),
                    name!(status, String),
                    name!(mode, Option<String>),
                    $(name!($count, i64),)*
                    name!(duration, Interval),
                    name!(message, Option<String>),
                ),
            >,
            ErrorReport,
        > {
            let outcomes = guarded(|| run_types(types, full, wait, connection, force))?;
            Ok(TableIterator::new(outcomes.into_iter().map(row)))
        }

        #[allow(clippy::type_complexity)]
        #[pg_extern]
        fn run_due(
            connection: default!(Option<&str>, "NULL"),
        ) -> Result<
            TableIterator<
                'static,
                (
                    name!(run_id, i64),
                    name!(connection, String),
                    name!(type, String),
                    name!(status, String),
                    name!(mode, Option<String>),
                    $(name!($count, i64),)*
                    name!(duration, Interval),
                    name!(message, Option<String>),
                ),
            >,
            ErrorReport,
        > {
            let outcomes = guarded(|| run_due_types(connection))?;
            Ok(TableIterator::new(outcomes.into_iter().map(row)))
        }

        /// The result row of a type.
        #[allow(clippy::type_complexity)]
        fn row(
            outcome: Outcome,
        ) -> (
            i64,
            String,
            String,
            String,
            Option<String>,
            $(bigint!($count),)*
            Interval,
            Option<String>,
        ) {
            (
                outcome.run_id,
                outcome.connection,
                outcome.r#type,
                outcome.status.as_str().to_string(),
                outcome.mode.map(|mode| Mode::as_str(mode).to_string()),
                $(outcome.counts.$count as i64,)*
                Interval::from_seconds((outcome.seconds * 1000.0).round() / 1000.0),
                outcome.message,
            )
        }
    };
}

/// The type of a count's column.
macro_rules! bigint {
    ($count:ident) => {
        i64
    };
}
with_counts!(define_functions);

fn run_types(
    types: Option<Vec<Option<String>>>,
    full: Option<bool>,
    wait: Option<bool>,
    connection: Option<&str>,
    force: Option<bool>,
) -> Result<Vec<Outcome>, Failure> {
    arguments::writable_server("odoo_sync.run()")?;
    let full = arguments::required("full", full)?;
    let wait = arguments::required("wait", wait)?;
    let force = arguments::required("force", force)?;
    let due = undone(|| to_run(types, connection))?;
    start(due, full, force, wait)
}

/// The connections that a call of `run()` is for, and the types of each.
fn to_run(
    types: Option<Vec<Option<String>>>,
    connection: Option<&str>,
) -> Result<Vec<(Connection, Vec<String>)>, Failure> {
    let named = types::named(types)?;
    let connections = connection::usable(connection)?;
    if connections.is_empty() {
        return Err(Failure::new(PgSqlErrorCode::ERRCODE_CONNECTION_DOES_NOT_EXIST, "there is no connection to run")
            .hint("odoo_sync.connect(url, database, login, secret) makes one."));
    }
    with_types(connections, |name| types::of_connection(name, named.as_deref()))
}

/// The connections with their types; those without any are left out.
fn with_types(
    connections: Vec<Connection>,
    types_of: impl Fn(&str) -> Result<Vec<String>, Failure>,
) -> Result<Vec<(Connection, Vec<String>)>, Failure> {
    let mut with_types = Vec::new();
    for connection in connections {
        let types = types_of(&connection.name)?;
        if !types.is_empty() {
            with_types.push((connection, types));
        }
    }
    Ok(with_types)
}

fn run_due_types(connection: Option<&str>) -> Result<Vec<Outcome>, Failure> {
    arguments::writable_server("odoo_sync.run_due()")?;
    let due = undone(|| what_is_due(connection))?;
    start(due, false, false, true)
}

/// The connections that have types which are due, and these types.
fn what_is_due(connection: Option<&str>) -> Result<Vec<(Connection, Vec<String>)>, Failure> {
    let connections = connection::usable(connection)?;
    if !settings::enabled() {
        return Ok(Vec::new());
    }
    let listed = types::listed()?;
    with_types(connections, |name| {
        as_owner(|| {
            let enabled = catalogue::enabled_types(name, listed.as_deref())?;
            catalogue::due_types(name, &enabled, settings::interval_minutes())
        })
    })
}

/// Starts a worker for each connection; if it waits for them, fails when a type failed.
fn start(due: Vec<(Connection, Vec<String>)>, full: bool, force: bool, wait: bool) -> Result<Vec<Outcome>, Failure> {
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let is_queued = undone(|| depends_on_this_transaction(&due))?;
    let waits = wait && !is_queued;
    if waits {
        for (connection, types) in &due {
            undone(|| as_owner(|| locks::ensure_caller_is_not(&connection.name, types)))?;
        }
    }
    let tasks: Vec<Task> = due
        .into_iter()
        .map(|(connection, types)| Task {
            run_id: 0,
            connection: connection.name,
            types,
            full,
            force,
            settings: Settings::current(),
            database: identity::current_database().to_u32(),
            session_user: identity::session_user().to_u32(),
            user: identity::current_user().to_u32(),
            caller: waits.then(process::id),
            after: None,
        })
        .collect();
    if is_queued {
        let run_id = caller::run_after_commit(&tasks)?;
        return Ok(begun(&tasks, run_id, Status::Queued, Some(QUEUED)));
    }
    if !wait {
        let run_id = caller::run_detached(&tasks)?;
        return Ok(begun(&tasks, run_id, Status::Started, None));
    }
    let order: HashMap<(String, String), usize> = tasks
        .iter()
        .flat_map(|task| task.types.iter().map(|name| (task.connection.clone(), name.clone())))
        .enumerate()
        .map(|(place, key)| (key, place))
        .collect();
    let mut outcomes = caller::run_and_wait(tasks)?;
    outcomes.sort_by_key(|outcome| order.get(&(outcome.connection.clone(), outcome.r#type.clone())).copied());
    match failure_of(&outcomes) {
        Some(failure) => Err(failure),
        None => Ok(outcomes),
    }
}

/// The message in a queued type's row.
const QUEUED: &str = "Starts when this transaction commits, since it has changed the connection, login, catalogue or type settings that the run reads. SELECT * FROM odoo_sync.status() shows its progress.";

/// Whether this transaction has created or changed what the runs read: the connection, the login, the catalogue, the
/// types' settings. Their workers see it only once it is committed.
fn depends_on_this_transaction(due: &[(Connection, Vec<String>)]) -> Result<bool, Failure> {
    if as_owner(catalogue::is_being_changed_here)? {
        return Ok(true);
    }
    let user = identity::current_user();
    for (connection, _) in due {
        if credentials::are_uncommitted(&connection.name, user)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The result rows of types that are queued, or started without waiting.
fn begun(tasks: &[Task], run_id: i64, status: Status, message: Option<&str>) -> Vec<Outcome> {
    let outcome = |task: &Task, name: &String| Outcome {
        message: message.map(str::to_string),
        ..Outcome::new(run_id, &task.connection, name, status)
    };
    tasks.iter().flat_map(|task| task.types.iter().map(move |name| outcome(task, name))).collect()
}

/// One error for all types that failed; its DETAIL lists the other types too.
fn failure_of(outcomes: &[Outcome]) -> Option<Failure> {
    let ended_badly = |outcome: &&Outcome| matches!(outcome.status, Status::Failed | Status::Interrupted);
    let failed: Vec<&Outcome> = outcomes.iter().filter(ended_badly).collect();
    let first = failed.first()?;
    let names: Vec<String> = failed.iter().map(|outcome| label(outcome, outcomes)).collect();
    let is_cancelled = failed.iter().all(|outcome| outcome.status == Status::Interrupted);
    let message = if is_cancelled {
        format!("the run was cancelled; {} did not finish", names.join(", "))
    } else {
        let of_all = counted(outcomes.len() as u64, "type");
        format!("{} of {of_all} failed: {}", failed.len(), names.join(", "))
    };
    let detail: Vec<String> = outcomes
        .iter()
        .map(|outcome| {
            let told = match &outcome.message {
                Some(message) => format!(": {message}"),
                None => String::new(),
            };
            let counts = outcome.counts.summary();
            format!("{}: {} ({counts}){told}", label(outcome, outcomes), outcome.status.as_str())
        })
        .collect();
    let cause = first.failure.clone().unwrap_or_else(Failure::cancelled);
    Some(Failure {
        sqlstate: cause.sqlstate,
        message,
        detail: Some(detail.join("\n")),
        hint: Some("What was committed stays; odoo_sync.history has this run.".to_string()),
    })
}

/// The type, with its connection where there are several.
fn label(outcome: &Outcome, outcomes: &[Outcome]) -> String {
    if outcomes.iter().all(|other| other.connection == outcome.connection) {
        outcome.r#type.clone()
    } else {
        format!("{}.{}", outcome.connection, outcome.r#type)
    }
}
