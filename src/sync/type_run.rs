//! One type's part of a run, and how it ends.

use crate::failure::Failure;
use crate::pg::transaction::transaction;
use crate::sync::catalogue::TypeSpec;
use crate::sync::progress::{counted, grouped, summary};
use crate::sync::record;
use crate::sync::run::Run;
use crate::sync::task::{Counts, Event, Outcome, Status};
use odoo::Traffic;
use std::time::{Duration, Instant};

pub struct TypeRun {
    pub spec: TypeSpec,
    pub mode: &'static str,
    pub started: Instant,
    pub mirrors_left: usize,
    pub traffic: Traffic,
    pub writing: Duration,
    pub failures: Vec<Failure>,
    pub notes: Vec<String>,
    pub is_ended: bool,
    /// Whether rows of records that are gone stay, since one of the type's tables has lost suspiciously many.
    pub keeps_gone: bool,
}

impl TypeRun {
    pub fn new(spec: TypeSpec, mode: &'static str) -> TypeRun {
        TypeRun {
            spec,
            mode,
            started: Instant::now(),
            mirrors_left: 0,
            traffic: Traffic::default(),
            writing: Duration::ZERO,
            failures: Vec::new(),
            notes: Vec::new(),
            is_ended: false,
            keeps_gone: false,
        }
    }
}

impl Run<'_> {
    /// What the type's mirrors did, in sum.
    pub(super) fn type_counts(&self, type_index: usize) -> Counts {
        let mut sum = Counts::default();
        for mirror in self
            .mirrors
            .iter()
            .filter(|mirror| mirror.type_index == type_index)
        {
            sum.add(&mirror.counts);
        }
        sum
    }

    /// A mirror's records are all here: notes that, and tells the caller.
    pub(super) fn complete(&mut self, index: usize) -> Result<(), Failure> {
        let connection = &self.task.connection;
        let mirror = &self.mirrors[index];
        let window_end = self.window_end;
        transaction(self.user, || {
            mirror.finish_table()?;
            record::mirror(self.task, mirror, window_end)?;
            record::forget_failures(
                connection,
                &mirror.source.spec.table_name,
                &mirror.failed_ids,
            )
        })?;
        let line = format!("{}: {}", mirror.name(), summary(&mirror.counts));
        self.worker.send(&Event::Notice(line));
        self.end_mirror(index)
    }

    pub(super) fn end_mirror(&mut self, index: usize) -> Result<(), Failure> {
        let mirror = &mut self.mirrors[index];
        mirror.stage = super::mirror::Stage::Done;
        let (type_index, spec) = (mirror.type_index, &mirror.source.spec);
        let r#type = &mut self.types[type_index];
        if mirror.nul_characters > 0 {
            r#type.notes.push(format!(
                "{}: {} NUL characters were taken out of texts, since PostgreSQL cannot store them.",
                spec.table_name,
                grouped(mirror.nul_characters)
            ));
        }
        if mirror.is_missing {
            r#type.notes.push(format!(
                "Odoo has no model {}: its module is not installed.",
                spec.model
            ));
        }
        r#type.notes.append(&mut mirror.notes);
        r#type.mirrors_left -= 1;
        if r#type.mirrors_left == 0 {
            self.end_type(type_index)
        } else {
            self.finish_stored(type_index)
        }
    }

    fn status(&self, type_index: usize, counts: &Counts) -> Status {
        let mut mirrors = self
            .mirrors
            .iter()
            .filter(|mirror| mirror.type_index == type_index);
        match self.types[type_index].failures.first() {
            Some(failure) if failure.is_cancelled() => Status::Interrupted,
            Some(_) => Status::Failed,
            None if mirrors.all(|mirror| mirror.is_missing) => Status::Skipped,
            None if counts.failed > 0 => Status::Partial,
            None => Status::Ok,
        }
    }

    pub(super) fn end_type(&mut self, type_index: usize) -> Result<(), Failure> {
        let r#type = &self.types[type_index];
        let counts = self.type_counts(type_index);
        let status = self.status(type_index, &counts);
        let mut lines: Vec<String> = r#type.failures.iter().map(Failure::summary).collect();
        if counts.failed > 0 {
            lines.push(format!(
                "{} could not be read, stored or removed; see odoo_sync.failures.",
                counted(counts.failed, "record")
            ));
        }
        lines.extend(r#type.notes.iter().cloned());
        let message = (!lines.is_empty()).then(|| lines.join("\n"));
        let (task, name) = (self.task, r#type.spec.r#type.clone());
        let (traffic, writing) = (r#type.traffic, r#type.writing.as_secs_f64());
        transaction(self.user, || {
            // what this commits to is what the caller is told: it must survive a crash
            pgrx::Spi::run("SET LOCAL synchronous_commit = on")?;
            record::progress(task, &name, &counts, "")?;
            record::end(task, &name, status, &traffic, writing, message.as_deref())
        })?;
        // after that is committed: a lock that is gone before would make the run seem cut off
        transaction(self.user, || record::unlock(&task.connection, &name))?;
        let outcome = Outcome {
            mode: Some(r#type.mode.to_string()),
            counts,
            seconds: r#type.started.elapsed().as_secs_f64(),
            message,
            failure: r#type.failures.first().cloned(),
            ..Outcome::new(task.run_id, &task.connection, &name, status)
        };
        self.types[type_index].is_ended = true;
        self.tell(outcome);
        Ok(())
    }
}
