//! The faults: what becomes of an answer, and what its reader must then be told.

use std::time::Duration;

use serde_json::{Value, json};
use support::faulty::{Answer, Step};

/// What becomes of a run that meets a fault once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Once {
    /// The request is sent again: nobody notices.
    Retried,
    /// The page is read in halves: nobody notices.
    Halved,
    /// The answer is right all the same.
    Unharmed,
    /// The type fails.
    Fails,
}

pub struct Fault {
    pub name: &'static str,
    pub spoil: fn(&Answer) -> Vec<Step>,
    pub once: Once,
    /// Where it goes on: the SQLSTATE, and parts of the message and of the hint.
    pub sqlstate: &'static str,
    pub told: &'static str,
    pub hint: &'static str,
}

const SECOND: Duration = Duration::from_secs(1);

/// The largest answer that these tests take.
const MEGABYTE: usize = 1 << 20;

const BROKEN_OFF: Fault = Fault {
    name: "",
    spoil: |answer| answer.steps(),
    once: Once::Retried,
    sqlstate: "08006",
    told: "closed the connection before its answer was complete",
    hint: "read fewer records at a time",
};

const LATE: Fault =
    Fault { told: "timed out after 1s", hint: "Read fewer records at a time, or allow more time.", ..BROKEN_OFF };

const GARBLED: Fault =
    Fault { once: Once::Halved, sqlstate: "08P01", told: "does not have the expected form", hint: "", ..BROKEN_OFF };

const BUSY: Fault = Fault { told: "was too busy for", hint: "try again later", ..BROKEN_OFF };

/// All of them, over either way.
pub const FAULTS: &[Fault] = &[
    Fault { name: "reset before the answer", spoil: |_| vec![Step::Reset], ..BROKEN_OFF },
    Fault {
        name: "reset in the body",
        spoil: |answer| vec![Step::Send(answer.first_half()), Step::Reset],
        ..BROKEN_OFF
    },
    Fault { name: "closed before the answer", spoil: |_| vec![Step::Close], ..BROKEN_OFF },
    Fault { name: "too little", spoil: |answer| vec![Step::Send(answer.first_half()), Step::Close], ..BROKEN_OFF },
    Fault {
        name: "too much",
        spoil: |answer| vec![Step::Send([answer.bytes(), b"and more".to_vec()].concat())],
        once: Once::Unharmed,
        ..BROKEN_OFF
    },
    Fault {
        // where a client takes it for the answer to its next question, that is a lie
        name: "a second answer that nobody asked for",
        spoil: |answer| {
            let second = answer.with_result(&json!([])).bytes();
            vec![Step::Send([answer.bytes(), second].concat())]
        },
        once: Once::Unharmed,
        ..BROKEN_OFF
    },
    Fault {
        name: "a length that is too short",
        spoil: |answer| {
            let head = answer.head(answer.body.len() / 2);
            vec![Step::Send([head, answer.body.clone()].concat())]
        },
        told: "is truncated",
        hint: "Read fewer records at a time",
        ..BROKEN_OFF
    },
    Fault { name: "stall before the headers", spoil: |_| vec![Step::Stall], ..LATE },
    Fault { name: "stall in the body", spoil: |answer| vec![Step::Send(answer.first_half()), Step::Stall], ..LATE },
    Fault { name: "the headers drip", spoil: |answer| vec![Step::Drip(answer.bytes(), SECOND / 4)], ..LATE },
    Fault {
        name: "the body drips",
        spoil: |answer| {
            let head = Step::Send(answer.head(answer.body.len()));
            vec![head, Step::Drip(answer.body.clone(), SECOND / 4)]
        },
        ..LATE
    },
    Fault {
        name: "gzip that is right",
        spoil: |answer| answer.compressed().steps(),
        once: Once::Unharmed,
        ..BROKEN_OFF
    },
    Fault {
        name: "gzip that is garbled",
        spoil: |answer| {
            let mut answer = answer.compressed();
            answer.body[12..].reverse();
            answer.steps()
        },
        told: "cannot be decompressed",
        hint: "a proxy",
        ..GARBLED
    },
    Fault {
        name: "gzip that ends too early",
        spoil: |answer| {
            let answer = answer.compressed();
            let half = answer.body[..answer.body.len() / 2].to_vec();
            answer.with_body(half).steps()
        },
        ..BROKEN_OFF
    },
    Fault {
        name: "a gzip bomb",
        spoil: |answer| {
            let bomb = answer.with_body(vec![b' '; 64 * MEGABYTE]);
            bomb.compressed().steps()
        },
        sqlstate: "54000",
        told: "is longer than the limit of 1048576 bytes",
        hint: "Read fewer records at a time",
        ..GARBLED
    },
    Fault {
        name: "more than the limit",
        spoil: |answer| answer.with_body(vec![b' '; 2 * MEGABYTE]).steps(),
        sqlstate: "54000",
        told: "is longer than the limit of 1048576 bytes",
        hint: "Read fewer records at a time",
        ..GARBLED
    },
    Fault {
        name: "bad JSON",
        spoil: |answer| {
            let text = String::from_utf8_lossy(&answer.body).replacen('[', "[}", 1);
            answer.with_body(text).steps()
        },
        told: "is not JSON",
        ..GARBLED
    },
    Fault {
        name: "JSON that is too deep",
        spoil: |answer| {
            const DEPTH: usize = 100_000;
            let deep = "[".repeat(DEPTH) + &"]".repeat(DEPTH);
            let is_envelope = answer.body.starts_with(b"{");
            let envelope = format!(r#"{{"jsonrpc": "2.0", "id": 1, "result": {deep}}}"#);
            let body = if is_envelope { envelope } else { deep };
            answer.with_body(body).steps()
        },
        ..GARBLED
    },
    Fault {
        name: "JSON of another shape",
        spoil: |answer| answer.with_result(&json!({"records": 7})).steps(),
        ..GARBLED
    },
    Fault {
        name: "arrays of unequal length",
        spoil: |answer| {
            let mut result = answer.result().unwrap_or_default();
            let longest = |group: &mut Value| {
                let mut fields = group.as_object_mut()?.iter_mut();
                let (_, array) = fields.find(|(name, _)| name.starts_with("name"))?;
                array.as_array_mut()?.push(json!("one too many"));
                Some(())
            };
            let changed = result.as_array_mut().and_then(|groups| longest(groups.first_mut()?));
            match changed {
                Some(()) => answer.with_result(&result).steps(),
                // a row read, which has no arrays
                None => answer.steps(),
            }
        },
        told: "values for",
        ..GARBLED
    },
    Fault {
        name: "no record of those that were asked for",
        spoil: |answer| answer.with_result(&json!([])).steps(),
        told: "leaves out record",
        ..GARBLED
    },
    Fault {
        name: "records that nobody asked for",
        spoil: |answer| answer.with_result(&elsewhere(answer.result().unwrap_or_default())).steps(),
        told: "which was not asked for",
        ..GARBLED
    },
    Fault {
        name: "a web page with 200",
        spoil: |_| Answer::new(200, &[("Content-Type", "text/html")], "<!DOCTYPE html>\n<h1>Soon").steps(),
        once: Once::Fails,
        sqlstate: "08P01",
        told: "answers with a web page instead of Odoo's API (HTTP 200)",
        hint: "Check the address",
    },
    Fault {
        name: "HTTP 429",
        spoil: |_| Answer::new(429, &[], "").steps(),
        told: "was too busy for",
        hint: "set a delay between requests",
        ..BUSY
    },
    Fault {
        name: "HTTP 502",
        spoil: |_| Answer::new(502, &[("Content-Type", "text/html")], "<h1>502 Bad Gateway").steps(),
        ..BUSY
    },
    Fault {
        name: "HTTP 503",
        spoil: |_| Answer::new(503, &[("Content-Type", "text/html")], "<h1>503").steps(),
        ..BUSY
    },
    Fault { name: "HTTP 504", spoil: |_| Answer::new(504, &[], "").steps(), ..BUSY },
    Fault {
        name: "HTTP 500",
        spoil: |_| Answer::new(500, &[("Content-Type", "text/html")], "<h1>Oops").steps(),
        once: Once::Halved,
        sqlstate: "HV000",
        told: "(HTTP 500) and does not say why",
        hint: "has the details",
    },
];

/// The same records by other ids.
fn elsewhere(mut result: Value) -> Value {
    const FAR: i64 = 1_000_000;
    let moved = |id: &Value| id.as_i64().map_or(id.clone(), |id| json!(id + FAR));
    for group in result.as_array_mut().into_iter().flatten() {
        for name in ["id", "id:array_agg"] {
            match group.get_mut(name) {
                Some(Value::Array(ids)) => ids.iter_mut().for_each(|id| *id = moved(id)),
                Some(id) => *id = moved(id),
                None => {}
            }
        }
    }
    result
}
