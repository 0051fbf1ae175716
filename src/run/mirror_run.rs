//! One mirror's part of a run: a state machine that takes an answer of Odoo's and returns the next step.

use crate::encode::page::EncodedPage;
use crate::failure::Failure;
use crate::pg::transaction::transaction;
use crate::reader::request::{Before, Content, Planned, Request, Scope};
use crate::reader::source::{Counted, Source};
use crate::reader::span::Span;
use crate::run::compare::{Verdict, untold_totals};
use crate::run::context::Context;
use crate::run::phase::{Course, Extent, Filling, Phase, Reading, Step};
use crate::run::progress::Progress;
use crate::run::setup::Setup;
use crate::run::store::PageStore;
use crate::run::tally::Tally;
use crate::run::target::{self, Target};
use crate::state::failures::{self, Refused};
use crate::state::mirror_state::MirrorState;
use crate::state::task::Event;
use odoo::ErrorKind;
use pgrx::prelude::*;
use std::collections::HashSet;
use std::sync::Arc;

/// One mirror's part of a run.
pub struct MirrorRun {
    pub source: Arc<Source>,
    pub tally: Tally,
    /// Whether the run set out to read everything.
    pub is_full: bool,
    /// Whether the rows of records that are gone must stay, in the type's other tables too, since suspiciously many
    /// are.
    pub keeps_gone: bool,
    setup: Setup,
    /// What is known from the runs before.
    past: MirrorState,
    phase: Phase,
    progress: Progress,
}

impl MirrorRun {
    /// A mirror that is about to be planned; `is_full` has everything read, whatever its past says.
    pub fn new(source: Source, setup: Setup, past: MirrorState, is_full: bool) -> MirrorRun {
        // before 0.2.0 language and company were not noted
        let is_other_view = past.lang.is_some() && past.lang != setup.lang
            || past.company_id.is_some_and(|before| before != setup.company_id);
        let is_other_domain = past.domain.as_ref() != Some(&source.domain.to_value());
        let since = past.since.clone().filter(|_| !is_full && !is_other_view && !is_other_domain);
        MirrorRun {
            source: Arc::new(source),
            tally: Tally::default(),
            is_full: since.is_none(),
            keeps_gone: false,
            setup,
            phase: Phase::Planning(Course {
                since,
                tracked: past.tracked.clone(),
                known_difference: past.known_difference.clone(),
                ..Course::default()
            }),
            past,
            progress: Progress::new(),
        }
    }

    /// Whether a run of it has ever ended well.
    pub fn was_filled(&self) -> bool {
        self.past.is_loaded
    }

    /// Whether Odoo has no such model.
    pub fn is_missing(&self) -> bool {
        matches!(self.phase, Phase::Missing)
    }

    /// Whether there is nothing left to do for it.
    pub fn is_ended(&self) -> bool {
        matches!(self.phase, Phase::Missing | Phase::Ended)
    }

    /// Whether it waits to be finished along with the type's other mirrors.
    pub fn is_settled(&self) -> bool {
        matches!(self.phase, Phase::Settled(_))
    }

    /// Leaves it as it is, after a failure.
    pub fn give_up(&mut self) {
        self.phase = Phase::Ended;
    }

    /// The first thing to ask.
    pub fn first_request(&self) -> Request {
        let (since, tracked) = match &self.phase {
            Phase::Planning(course) => (course.since.clone(), course.tracked.clone()),
            _ => Default::default(),
        };
        // twice as many may have come since, and still fit into a page
        let are_few = self.past.is_loaded && self.past.row_count * 2 <= self.setup.batch_size as u64;
        Request::Plan(Before { since, are_few, tracked, unreadable: self.past.unreadable.clone() })
    }

    /// Deals with an answer of Odoo's.
    ///
    /// # Errors
    /// Why the mirror cannot be brought up to date; it has ended then.
    pub fn take(&mut self, content: Content, context: &Context) -> Result<Step, Failure> {
        match (std::mem::replace(&mut self.phase, Phase::Ended), content) {
            (Phase::Planning(_), Content::Planned(Err(error))) if error.kind == ErrorKind::UnknownModel => {
                self.phase = Phase::Missing;
                Ok(Step::Ended)
            }
            (Phase::Planning(course), Content::Planned(planned)) => self.begin(course, planned?, context),
            (Phase::Reading(mut reading), Content::Page(span, page)) => {
                self.store(&mut reading, &span, &page, context)?;
                self.phase = Phase::Reading(reading);
                Ok(Step::Wait)
            }
            (Phase::Reading(reading), Content::Unreadable(id, error)) => {
                let refused = Refused { id, error: Failure::from(error).summary(), payload: None };
                self.tally.keep(vec![refused], &self.source.spec, context)?;
                self.phase = Phase::Reading(reading);
                Ok(Step::Wait)
            }
            (Phase::Reading(mut reading), Content::PageDone(done)) => {
                done?;
                reading.pages_left -= 1;
                if reading.pages_left > 0 {
                    self.phase = Phase::Reading(reading);
                    return Ok(Step::Wait);
                }
                self.after_pages(reading, context)
            }
            (Phase::Comparing(filling), Content::Counted(counted)) => self.compare(filling, counted?, context),
            (Phase::LookingAgain(filling), Content::Changed(changed)) => self.read_changed(filling, changed?, context),
            (Phase::Listing(filling), Content::Ids(ids)) => self.read_lacking(filling, &ids?, context),
            (..) => {
                Err(Failure::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "internal error: an answer came out of turn"))
            }
        }
    }

    /// The fields are known: makes the table ready, and has the records read.
    fn begin(&mut self, mut course: Course, planned: Planned, context: &Context) -> Result<Step, Failure> {
        let Planned { plan, mut scope, listed, tracked } = planned;
        course.tracked = tracked;
        let (schema, marks) = (&context.task.connection, self.setup.marks);
        let Target { table, known_max, has_new_fields, notes } =
            transaction(context.user, || target::prepare(schema, &self.source.spec, &self.past, &plan, marks))?;
        if !course.is_prepared {
            self.tally.notes.extend(notes);
            course.is_prepared = true;
        }
        // only a full read fills a new column
        let is_to_be_read_whole = has_new_fields && matches!(scope, Scope::Changed(_));
        let (deleted, gone) = transaction(table.owner, || {
            let deleted = target::tidy(&table, &self.past, marks)?;
            let gone = if is_to_be_read_whole { HashSet::new() } else { target::take_up(&table, &mut scope, &listed)? };
            Ok((deleted, gone))
        })?;
        self.tally.counts.deleted += deleted;
        if is_to_be_read_whole {
            return Ok(self.read_whole(course));
        }
        let filling = Filling {
            course,
            table,
            known_max,
            extent: Extent::Whole,
            gone,
            read_ids: matches!(scope, Scope::OnePage).then(Vec::new),
            rows: None,
        };
        let pages = match scope {
            Scope::Whole(ids) => {
                self.tally.expected = ids.len() as u64;
                self.pages(&ids, Span::Between)
            }
            Scope::OnePage => vec![Span::All],
            Scope::Changed(ids) => return self.read_changed(filling, ids, context),
        };
        self.read(filling, pages, context)
    }

    /// Has everything read after all.
    fn read_whole(&mut self, mut course: Course) -> Step {
        course.since = None;
        let request = Request::Plan(Before {
            tracked: course.tracked.clone(),
            unreadable: self.source.unreadable.found(),
            ..Before::default()
        });
        self.phase = Phase::Planning(course);
        Step::Ask(vec![request])
    }

    /// Has the records read that changed, and those that failed before.
    fn read_changed(&mut self, filling: Filling, mut ids: Vec<i64>, context: &Context) -> Result<Step, Failure> {
        ids.extend(&self.past.failed_ids);
        ids.sort_unstable();
        ids.dedup();
        self.tally.expected = self.tally.counts.fetched + ids.len() as u64;
        let filling = Filling { extent: Extent::Changed, ..filling };
        self.read(filling, self.pages(&ids, Span::Only), context)
    }

    /// Compares the ids with Odoo's: has those read that the mirror lacks.
    fn read_lacking(&mut self, filling: Filling, ids: &[i64], context: &Context) -> Result<Step, Failure> {
        let table = &filling.table;
        let (gone, mut lacking) = transaction(table.owner, || Ok((table.ids_beyond(ids)?, table.lacking(ids)?)))?;
        // what could not be read a moment ago is not asked for again in the same run
        lacking.retain(|id| !self.tally.failed_ids.contains(id));
        self.tally.expected += lacking.len() as u64;
        let filling = Filling { extent: Extent::Lacking, gone: gone.into_iter().collect(), ..filling };
        self.read(filling, self.pages(&lacking, Span::Only), context)
    }

    /// Ids in portions of the type's page size.
    fn pages(&self, ids: &[i64], span: fn(Vec<i64>) -> Span) -> Vec<Span> {
        ids.chunks(self.setup.batch_size).map(|page| span(page.to_vec())).collect()
    }

    /// Has pages read; without any, goes on at once.
    fn read(&mut self, filling: Filling, pages: Vec<Span>, context: &Context) -> Result<Step, Failure> {
        let reading = Reading { filling, pages_left: pages.len(), doubtful: Vec::new() };
        if pages.is_empty() {
            return self.after_pages(reading, context);
        }
        self.phase = Phase::Reading(reading);
        Ok(Step::Ask(pages.into_iter().map(Request::Page).collect()))
    }

    fn store(
        &mut self,
        reading: &mut Reading,
        span: &Span,
        page: &EncodedPage,
        context: &Context,
    ) -> Result<(), Failure> {
        let filling = &mut reading.filling;
        // records that are asked for by their ids were looked at before
        let is_new = filling.extent == Extent::Whole
            && !matches!(span, Span::Only(_))
            && page.ids.first().copied() > filling.known_max;
        PageStore {
            table: &filling.table,
            spec: &self.source.spec,
            page,
            span,
            is_new,
            marks: self.setup.marks,
            context,
            tally: &mut self.tally,
            progress: &mut self.progress,
            doubtful: &mut reading.doubtful,
        }
        .store()?;
        self.tally.nul_characters += page.nul_characters;
        filling.has_read(&page.ids);
        Ok(())
    }

    /// All pages are stored: settles the doubtful ones, and compares where the pages were not all there is.
    fn after_pages(&mut self, reading: Reading, context: &Context) -> Result<Step, Failure> {
        let Reading { filling, doubtful, .. } = reading;
        if !doubtful.is_empty() {
            let pages = doubtful.into_iter().map(Span::Only).collect();
            return self.read(filling, pages, context);
        }
        if !filling.is_to_be_compared() {
            return self.settle(filling, context);
        }
        self.phase = Phase::Comparing(filling);
        let without = self.tally.failed_ids.clone();
        Ok(Step::Ask(vec![Request::Totals(without)]))
    }

    /// The totals are here.
    fn compare(&mut self, mut filling: Filling, counted: Counted, context: &Context) -> Result<Step, Failure> {
        let failed_ids = &self.tally.failed_ids;
        let difference = transaction(filling.table.owner, || filling.difference_from(&counted, failed_ids))?;
        if let Some(error) = counted.refused {
            let note = untold_totals(&self.source.spec.table_name, &Failure::from(error));
            if !self.tally.notes.contains(&note) {
                self.tally.notes.push(note);
            }
        }
        match filling.judge(difference) {
            Verdict::Settled(note) => {
                self.tally.notes.extend(note);
                if filling.extent == Extent::Changed && filling.gone.is_empty() {
                    self.complete(&filling, context)?;
                    return Ok(Step::Ended);
                }
                self.settle(filling, context)
            }
            Verdict::LookAgain(since) => {
                self.phase = Phase::LookingAgain(filling);
                Ok(Step::Ask(vec![Request::Changes(since)]))
            }
            Verdict::List => {
                self.phase = Phase::Listing(filling);
                Ok(Step::Ask(vec![Request::Ids]))
            }
            Verdict::ReadWhole => Ok(self.read_whole(filling.course)),
        }
    }

    /// All that there is to read is stored: finds out what is gone.
    fn settle(&mut self, mut filling: Filling, context: &Context) -> Result<Step, Failure> {
        let (settings, force) = (&context.task.settings, context.task.force);
        let failed_ids = &self.tally.failed_ids;
        transaction(filling.table.owner, || filling.find_gone(failed_ids, settings, force))
            .inspect_err(|_| self.keeps_gone = true)?;
        self.phase = Phase::Settled(filling);
        Ok(Step::Settled)
    }

    /// Removes what is gone, unless another table of the type has lost too many, and ends.
    pub fn finish(&mut self, keeps_gone: bool, context: &Context) -> Result<(), Failure> {
        let Phase::Settled(mut filling) = std::mem::replace(&mut self.phase, Phase::Ended) else {
            return Ok(());
        };
        if keeps_gone {
            self.tally.notes.extend(filling.keep_gone());
        }
        let marks = self.setup.marks;
        let (removed, kept) = transaction(filling.table.owner, || filling.remove_gone(marks))?;
        self.tally.counts.deleted += removed;
        self.tally.keep(kept, &self.source.spec, context)?;
        self.complete(&filling, context)
    }

    /// The mirror's records are all here: notes that, and tells the caller.
    fn complete(&mut self, filling: &Filling, context: &Context) -> Result<(), Failure> {
        for (field, unreadable) in self.source.unreadable.found() {
            let table = &self.source.spec.table_name;
            self.tally.notes.push(format!("{table}: {field} {}.", unreadable.told()));
        }
        let source = &self.source;
        transaction(context.user, || {
            if !self.setup.marks {
                filling.table.ensure_unique()?;
            }
            if !self.past.is_loaded {
                filling.table.create_indexes(&source.spec.indexes)?;
            }
            filling.save(source, &self.setup, context)?;
            let (connection, table) = (&context.task.connection, &source.spec.table_name);
            failures::forget(connection, table, &self.tally.failed_ids)
        })?;
        let line = format!("{}: {}", source.spec.name(), self.tally.counts.summary());
        context.worker.send(&Event::Notice(line));
        Ok(())
    }
}
