//! `NOTIFY odoo_sync` at a run's end, for applications that LISTEN.

use crate::failure::Failure;
use crate::state::task::{Outcome, Task};
use pgrx::prelude::*;
use serde_json::{Value, json};

/// PostgreSQL takes payloads that are shorter than this.
const PAYLOAD_BYTES: usize = 8000;

/// Notifies the channel `odoo_sync`; it is delivered when the transaction that this is called in commits.
pub fn notify(task: &Task, outcomes: &[Outcome]) -> Result<(), Failure> {
    let payload = payload(task, outcomes);
    Ok(Spi::run_with_args("SELECT pg_catalog.pg_notify('odoo_sync', $1)", &[payload.into()])?)
}

/// How each type ended, with its counts; without these where it would be too long, and then without the types that are
/// too many, whose number it tells instead.
fn payload(task: &Task, outcomes: &[Outcome]) -> String {
    let text = |types: Vec<Value>, left_out: usize| {
        let mut payload = json!({
            "run_id": task.run_id,
            "connection": task.connection,
            "types": types,
        });
        if left_out > 0 {
            payload["types_left_out"] = json!(left_out);
        }
        payload.to_string()
    };
    let whole = text(outcomes.iter().map(counted).collect(), 0);
    if whole.len() < PAYLOAD_BYTES {
        return whole;
    }
    let mut told: Vec<Value> = outcomes.iter().map(named).collect();
    loop {
        let payload = text(told.clone(), outcomes.len() - told.len());
        if payload.len() < PAYLOAD_BYTES || told.pop().is_none() {
            return payload;
        }
    }
}

fn counted(outcome: &Outcome) -> Value {
    let mut value = named(outcome);
    value["mode"] = json!(outcome.mode);
    for (name, count) in outcome.counts.named() {
        value[name] = json!(count);
    }
    value
}

fn named(outcome: &Outcome) -> Value {
    json!({"type": outcome.r#type, "status": outcome.status.as_str()})
}
