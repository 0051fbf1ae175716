//! One type's part of a run: its mirrors, and how it ends.

use crate::failure::Failure;
use crate::pg::transaction::transaction;
use crate::reader::source::Source;
use crate::reader::spec::MirrorSpec;
use crate::run::mirror_run::MirrorRun;
use crate::run::setup::Setup;
use crate::state::catalogue::{Deletes, TypeSpec};
use crate::state::counts::{Counts, counted, grouped};
use crate::state::extension::as_owner;
use crate::state::mirror_state::{self, MirrorState};
use crate::state::task::{Mode, Outcome, Status, Task};
use crate::state::{history, lock};
use odoo::{Client, Traffic};
use pgrx::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One type's part of a run.
pub struct TypeRun {
    pub spec: TypeSpec,
    /// What is known of its mirrors, until they are listed.
    past: Vec<MirrorState>,
    pub mirrors: Vec<MirrorRun>,
    pub traffic: Traffic,
    pub writing: Duration,
    pub failures: Vec<Failure>,
    pub notes: Vec<String>,
    pub is_ended: bool,
    /// As the history has it by now.
    mode: Mode,
    started: Instant,
}

impl TypeRun {
    /// Takes the lock of a type, has its row begin in the history, and reads what is known of its mirrors. Where
    /// another run holds the lock: what to tell of that.
    pub fn claim(spec: TypeSpec, task: &Task, user: pg_sys::Oid) -> Result<Result<TypeRun, Outcome>, Failure> {
        let (connection, name) = (&task.connection, &spec.r#type);
        let held_up = format!("Another run of {name} on connection {connection} is under way.");
        let past = transaction(user, || {
            if !lock::try_lock(connection, name)? {
                history::skip(task, name, &held_up)?;
                return Ok(None);
            }
            let past = as_owner(|| mirror_state::of_type(connection, name, &task.settings, spec.lookback_s))?;
            history::begin(task, name, expected_mode(task, &past))?;
            Ok(Some(past))
        })?;
        let Some(past) = past else {
            return Ok(Err(Outcome {
                message: Some(held_up),
                ..Outcome::new(task.run_id, connection, name, Status::Skipped)
            }));
        };
        Ok(Ok(TypeRun {
            mode: expected_mode(task, &past),
            spec,
            past,
            mirrors: Vec::new(),
            traffic: Traffic::default(),
            writing: Duration::ZERO,
            failures: Vec::new(),
            notes: Vec::new(),
            is_ended: false,
            started: Instant::now(),
        }))
    }

    /// Adds a mirror; its number. None where the domain that is set for the type cannot be used, which fails it.
    pub fn add(&mut self, spec: MirrorSpec, client: &Arc<Client>, company_id: i64, task: &Task) -> Option<usize> {
        let domain = match self.spec.domain_of(&spec) {
            Ok(domain) => domain,
            Err(failure) => {
                self.failures.push(failure.at(&spec.table_name));
                return None;
            }
        };
        let is_of_table = |state: &MirrorState| state.table_name == spec.table_name;
        let past = match self.past.iter().position(is_of_table) {
            Some(at) => self.past.swap_remove(at),
            None => MirrorState::default(),
        };
        let setup = Setup {
            batch_size: self.spec.batch_size.unwrap_or(task.settings.batch_size),
            marks: self.spec.deletes == Deletes::Mark,
            lang: client.session().lang.clone(),
            company_id,
        };
        let source = Source::new(client.clone(), spec, domain);
        self.mirrors.push(MirrorRun::new(source, setup, past, task.full));
        Some(self.mirrors.len() - 1)
    }

    /// What the type's mirrors did, in sum; without one of them, where that is named.
    pub fn counts(&self, without: Option<usize>) -> Counts {
        let mut sum = Counts::default();
        for (index, mirror) in self.mirrors.iter().enumerate() {
            if Some(index) != without {
                sum.add(&mirror.tally.counts);
            }
        }
        sum
    }

    /// Whether a mirror is neither settled nor ended, so that the others wait for it.
    pub fn is_awaited(&self) -> bool {
        let is_done = |mirror: &MirrorRun| mirror.is_settled() || mirror.is_ended();
        !self.mirrors.iter().all(is_done)
    }

    /// Whether the type was read in full, as far as Odoo has its models.
    fn actual_mode(&self, task: &Task) -> Mode {
        let is_full = |mirror: &MirrorRun| mirror.is_full && !mirror.is_missing();
        if task.full || self.mirrors.iter().any(is_full) { Mode::Full } else { Mode::Incremental }
    }

    /// Notes that the type is read in full after all, where one of its mirrors that were filled before is: its domain,
    /// or who looks at it, has changed. Of those that never were it is not known yet whether Odoo has their models.
    pub fn expect_full(&mut self, task: &Task, user: pg_sys::Oid) -> Result<(), Failure> {
        let is_full = |mirror: &MirrorRun| mirror.is_full && mirror.was_filled();
        if self.mirrors.iter().any(is_full) {
            self.set_mode(Mode::Full, task, user)?;
        }
        Ok(())
    }

    fn set_mode(&mut self, mode: Mode, task: &Task, user: pg_sys::Oid) -> Result<(), Failure> {
        if mode != self.mode {
            self.mode = mode;
            transaction(user, || history::set_mode(task, &self.spec.r#type, mode))?;
        }
        Ok(())
    }

    fn status(&self, counts: &Counts) -> Status {
        match self.failures.first() {
            Some(failure) if failure.is_cancelled() => Status::Interrupted,
            Some(_) => Status::Failed,
            None if self.mirrors.iter().all(MirrorRun::is_missing) => Status::Skipped,
            None if counts.failed > 0 => Status::Partial,
            None => Status::Ok,
        }
    }

    /// What there is to tell of the type, a line each.
    fn message(&self, counts: &Counts) -> Option<String> {
        let mut lines: Vec<String> = self.failures.iter().map(Failure::summary).collect();
        if counts.failed > 0 {
            lines.push(format!(
                "{} could not be read, stored or removed; see odoo_sync.failures.",
                counted(counts.failed, "record")
            ));
        }
        lines.extend(self.notes.iter().cloned());
        for mirror in &self.mirrors {
            let spec = &mirror.source.spec;
            if mirror.tally.nul_characters > 0 {
                lines.push(format!(
                    "{}: {} NUL characters were taken out of texts, since PostgreSQL cannot store them.",
                    spec.table_name,
                    grouped(mirror.tally.nul_characters)
                ));
            }
            if mirror.is_missing() {
                lines.push(format!("Odoo has no model {}: its module is not installed.", spec.model));
            }
            lines.extend(mirror.tally.notes.iter().cloned());
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Records how the type ended, and releases its lock.
    pub fn end(&mut self, task: &Task, user: pg_sys::Oid) -> Result<Outcome, Failure> {
        if !self.mirrors.is_empty() {
            self.set_mode(self.actual_mode(task), task, user)?;
        }
        let name = &self.spec.r#type;
        let counts = self.counts(None);
        let status = self.status(&counts);
        let message = self.message(&counts);
        let (traffic, writing) = (&self.traffic, self.writing.as_secs_f64());
        transaction(user, || {
            // what this commits to is what the caller is told: it must survive a crash
            Spi::run("SET LOCAL synchronous_commit = on")?;
            history::progress(task, name, &counts, "")?;
            history::end(task, name, status, traffic, writing, message.as_deref())
        })?;
        // after that is committed: a lock that is gone before would make the run seem cut off
        transaction(user, || lock::unlock(&task.connection, name))?;
        self.is_ended = true;
        Ok(Outcome {
            mode: Some(self.mode),
            counts,
            seconds: self.started.elapsed().as_secs_f64(),
            message,
            failure: self.failures.first().cloned(),
            ..Outcome::new(task.run_id, &task.connection, name, status)
        })
    }
}

/// The mode of a type as far as it can be told before Odoo is asked: incremental where everything that was filled
/// before is not due to be read in full.
fn expected_mode(task: &Task, past: &[MirrorState]) -> Mode {
    if task.full || past.is_empty() || past.iter().any(|mirror| mirror.since.is_none()) {
        Mode::Full
    } else {
        Mode::Incremental
    }
}
