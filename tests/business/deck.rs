//! What became of the operations, by kind.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// How often each kind has to have succeeded.
const OFTEN_ENOUGH: u32 = 2;

/// One operation: `done`, `refused` by Odoo, or `idle` for want of a record that it could be done to.
#[derive(Deserialize)]
#[serde(from = "(String, String, String)")]
pub struct Outcome {
    pub kind: String,
    outcome: String,
    why: String,
}

impl From<(String, String, String)> for Outcome {
    fn from((kind, outcome, why): (String, String, String)) -> Outcome {
        Outcome { kind, outcome, why }
    }
}

impl Outcome {
    /// From the shell's answer.
    pub fn all_of(answer: &Value) -> Vec<Outcome> {
        Vec::deserialize(answer).unwrap_or_else(|error| panic!("{answer} are no outcomes: {error}"))
    }

    pub fn is_done(&self) -> bool {
        self.outcome == "done"
    }
}

/// How many operations of each kind were done, refused or idle.
#[derive(Default)]
pub struct Tally {
    kinds: BTreeMap<String, Count>,
}

#[derive(Default)]
struct Count {
    done: u32,
    refused: u32,
    idle: u32,
    /// Odoo's last refusal.
    why: String,
}

impl Tally {
    pub fn add(&mut self, outcomes: &[Outcome]) {
        for Outcome { kind, outcome, why } in outcomes {
            let count = self.kinds.entry(kind.clone()).or_default();
            match outcome.as_str() {
                "done" => count.done += 1,
                "idle" => count.idle += 1,
                _ => {
                    count.refused += 1;
                    count.why.clone_from(why);
                }
            }
        }
    }

    /// Panics for each kind that was hardly ever done: the test would not show what it says.
    pub fn assert_all_done(&self) {
        let rare = self.kinds.iter().filter(|(_, count)| count.done < OFTEN_ENOUGH);
        let rare: Vec<String> = rare
            .map(|(kind, count)| {
                format!("{kind}: done {}, idle {}, refused {}: {}", count.done, count.idle, count.refused, count.why)
            })
            .collect();
        assert!(rare.is_empty(), "too rarely done:\n{}", rare.join("\n"));
    }
}

/// `purchase_confirm 12, purchase_cancel 5 (2 refused, 1 idle), …`
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |what: fn(&Count) -> u32| self.kinds.values().map(what).sum::<u32>();
        write!(
            f,
            "  {} done, {} refused, {} idle: ",
            of(|count| count.done),
            of(|count| count.refused),
            of(|count| count.idle)
        )?;
        let kinds = self.kinds.iter().map(|(kind, count)| match (count.refused, count.idle) {
            (0, 0) => format!("{kind} {}", count.done),
            (refused, idle) => {
                format!("{kind} {} ({refused} refused, {idle} idle)", count.done)
            }
        });
        f.write_str(&kinds.collect::<Vec<_>>().join(", "))
    }
}
