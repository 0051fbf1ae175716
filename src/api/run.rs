//! `run()` and `run_due()`.

use crate::api::arguments;
use crate::connection::{self, Connection};
use crate::failure::{Failure, guarded};
use crate::pg::identity::{self, as_owner};
use crate::pg::process;
use crate::pg::savepoint::undone;
use crate::settings::{self, Settings};
use crate::sync::progress::counted;
use crate::sync::task::{Outcome, Status, Task};
use crate::sync::{blocked, catalogue};
use crate::worker;
use pgrx::datum::Interval;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::collections::HashMap;

/// A row of the answer, as both functions declare it.
type Row = (
    i64,
    String,
    String,
    String,
    Option<String>,
    i64,
    i64,
    i64,
    i64,
    i64,
    Interval,
    Option<String>,
);

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
            name!(fetched, i64),
            name!(inserted, i64),
            name!(updated, i64),
            name!(deleted, i64),
            name!(failed, i64),
            name!(duration, Interval),
            name!(message, Option<String>),
        ),
    >,
    ErrorReport,
> {
    guarded(|| {
        arguments::writable_server("odoo_sync.run()")?;
        let full = arguments::required("full", full)?;
        let wait = arguments::required("wait", wait)?;
        let force = arguments::required("force", force)?;
        let due = undone(|| to_run(types, connection))?;
        Ok(TableIterator::new(start(due, full, force, wait)?))
    })
}

/// What `run()` is called for: the connections, and the types of each.
fn to_run(
    types: Option<Vec<Option<String>>>,
    connection: Option<&str>,
) -> Result<Vec<(Connection, Vec<String>)>, Failure> {
    let named = named_types(types)?;
    let connections = connection::usable(connection)?;
    if connections.is_empty() {
        return Err(Failure::new(
            PgSqlErrorCode::ERRCODE_CONNECTION_DOES_NOT_EXIST,
            "there is no connection to run",
        )
        .hint("odoo_sync.connect(url, database, login, secret) makes one."));
    }
    with_types(connections, |name| types_of(name, named.as_deref()))
}

/// The connections that have such types, with these.
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

/// The types that `odoo_sync.types` lists; fails when there is no such type.
fn listed_types() -> Result<Option<Vec<String>>, Failure> {
    let listed = settings::types()?;
    if let Some(listed) = &listed {
        as_owner(|| catalogue::check_types(listed))
            .map_err(|failure| failure.at("odoo_sync.types"))?;
    }
    Ok(listed)
}

/// The types that the caller names, each once; None for those that are enabled.
pub(super) fn named_types(
    types: Option<Vec<Option<String>>>,
) -> Result<Option<Vec<String>>, Failure> {
    let Some(types) = types else { return Ok(None) };
    let mut named = Vec::new();
    for name in types {
        let name = arguments::text("a type's name", name.as_deref())?.to_string();
        if !named.contains(&name) {
            named.push(name);
        }
    }
    if named.is_empty() {
        return Err(Failure::argument("types must not be an empty array")
            .hint("Leave it out, or pass NULL, for all enabled types."));
    }
    as_owner(|| catalogue::check_types(&named))?;
    Ok(Some(named))
}

/// The named types, or those that are enabled on a connection; a notice where there are none.
pub(super) fn types_of(connection: &str, named: Option<&[String]>) -> Result<Vec<String>, Failure> {
    let listed = listed_types()?;
    if let Some(named) = named {
        return Ok(named.to_vec());
    }
    let enabled = as_owner(|| catalogue::enabled_types(connection, listed.as_deref()))?;
    if enabled.is_empty() {
        pgrx::notice!("connection {connection}: no type is enabled");
    }
    Ok(enabled)
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
            name!(fetched, i64),
            name!(inserted, i64),
            name!(updated, i64),
            name!(deleted, i64),
            name!(failed, i64),
            name!(duration, Interval),
            name!(message, Option<String>),
        ),
    >,
    ErrorReport,
> {
    guarded(|| {
        arguments::writable_server("odoo_sync.run_due()")?;
        let due = undone(|| what_is_due(connection))?;
        Ok(TableIterator::new(start(due, false, false, true)?))
    })
}

/// What `run_due()` is called for.
fn what_is_due(connection: Option<&str>) -> Result<Vec<(Connection, Vec<String>)>, Failure> {
    let connections = connection::usable(connection)?;
    if !settings::enabled() {
        return Ok(Vec::new());
    }
    let listed = listed_types()?;
    with_types(connections, |name| {
        as_owner(|| {
            let enabled = catalogue::enabled_types(name, listed.as_deref())?;
            catalogue::due_types(name, &enabled, settings::interval_minutes())
        })
    })
}

/// Starts a worker for each connection; waits for them or not; raises an error when a type failed.
fn start(
    due: Vec<(Connection, Vec<String>)>,
    full: bool,
    force: bool,
    wait: bool,
) -> Result<Vec<Row>, Failure> {
    if due.is_empty() {
        return Ok(Vec::new());
    }
    if wait {
        for (connection, types) in &due {
            undone(|| as_owner(|| blocked::ensure_caller_is_not(&connection.name, types)))?;
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
            caller: wait.then(process::id),
        })
        .collect();
    if !wait {
        let run_id = worker::run_detached(&tasks)?;
        let started = tasks.iter().flat_map(|task| {
            task.types
                .iter()
                .map(|name| Outcome::new(run_id, &task.connection, name, Status::Started))
        });
        return Ok(rows(started.collect()));
    }
    let order: HashMap<(String, String), usize> = tasks
        .iter()
        .flat_map(|task| {
            task.types
                .iter()
                .map(|name| (task.connection.clone(), name.clone()))
        })
        .enumerate()
        .map(|(place, key)| (key, place))
        .collect();
    let mut outcomes = worker::run_and_wait(tasks)?;
    outcomes.sort_by_key(|outcome| {
        order
            .get(&(outcome.connection.clone(), outcome.r#type.clone()))
            .copied()
    });
    match failure_of(&outcomes) {
        Some(failure) => Err(failure),
        None => Ok(rows(outcomes)),
    }
}

/// One error for all types that failed, which tells of the others too.
fn failure_of(outcomes: &[Outcome]) -> Option<Failure> {
    let ended_badly =
        |outcome: &&Outcome| matches!(outcome.status, Status::Failed | Status::Interrupted);
    let failed: Vec<&Outcome> = outcomes.iter().filter(ended_badly).collect();
    let first = failed.first()?;
    let names: Vec<String> = failed
        .iter()
        .map(|outcome| label(outcome, outcomes))
        .collect();
    let is_cancelled = failed
        .iter()
        .all(|outcome| outcome.status == Status::Interrupted);
    let message = if is_cancelled {
        format!("the run was cancelled; {} did not end", names.join(", "))
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
            let counts = crate::sync::progress::summary(&outcome.counts);
            format!(
                "{}: {} ({counts}){told}",
                label(outcome, outcomes),
                outcome.status.as_str()
            )
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
    if outcomes
        .iter()
        .all(|other| other.connection == outcome.connection)
    {
        outcome.r#type.clone()
    } else {
        format!("{}.{}", outcome.connection, outcome.r#type)
    }
}

fn rows(outcomes: Vec<Outcome>) -> Vec<Row> {
    let row = |outcome: Outcome| {
        (
            outcome.run_id,
            outcome.connection,
            outcome.r#type,
            outcome.status.as_str().to_string(),
            outcome.mode,
            outcome.counts.fetched as i64,
            outcome.counts.inserted as i64,
            outcome.counts.updated as i64,
            outcome.counts.deleted as i64,
            outcome.counts.failed as i64,
            Interval::from_seconds((outcome.seconds * 1000.0).round() / 1000.0),
            outcome.message,
        )
    };
    outcomes.into_iter().map(row).collect()
}
