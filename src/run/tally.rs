//! What a mirror's run did so far.

use crate::failure::Failure;
use crate::pg::transaction::transaction;
use crate::reader::spec::MirrorSpec;
use crate::run::context::Context;
use crate::state::counts::Counts;
use crate::state::failures::{self, Refused};

/// Counts and notes, whatever the phase.
#[derive(Debug, Default)]
pub struct Tally {
    pub counts: Counts,
    /// How many records there are to fetch.
    pub expected: u64,
    pub nul_characters: u64,
    /// The records that failed in this run.
    pub failed_ids: Vec<i64>,
    /// What the type's message is to tell.
    pub notes: Vec<String>,
}

impl Tally {
    /// Keeps records that cannot be had, with the reason: they hold up nothing else.
    pub fn keep(&mut self, refused: Vec<Refused>, spec: &MirrorSpec, context: &Context) -> Result<(), Failure> {
        if refused.is_empty() {
            return Ok(());
        }
        self.counts.failed += refused.len() as u64;
        self.failed_ids.extend(refused.iter().map(|record| record.id));
        transaction(context.user, || {
            refused.into_iter().try_for_each(|record| failures::keep(&context.task.connection, spec, record))
        })
    }
}
