//! What becomes of each answer of Odoo's: the next step of the mirror that it is about.

use crate::failure::Failure;
use crate::mirror::encode::EncodedPage;
use crate::pg::process;
use crate::pg::transaction::transaction;
use crate::sync::fetch::{Answer, Content, Listed, Planned, Scope};
use crate::sync::mirror::{MirrorRun, Stage};
use crate::sync::plan::FieldPlan;
use crate::sync::pool::Pool;
use crate::sync::progress::grouped;
use crate::sync::record;
use crate::sync::run::Run;
use crate::sync::span::Span;
use crate::sync::store::{Refused, Stored};
use odoo::ErrorKind;
use pgrx::prelude::*;
use std::ops::Range;
use std::sync::Arc;

impl Run<'_> {
    pub(super) fn advance(
        &mut self,
        index: usize,
        content: Content,
        pool: &Pool<Answer>,
    ) -> Result<(), Failure> {
        match content {
            Content::Planned(Err(error)) if error.kind == ErrorKind::UnknownModel => {
                self.mirrors[index].is_missing = true;
                self.end_mirror(index)
            }
            Content::Planned(planned) => {
                let Planned {
                    plan,
                    scope,
                    listed,
                    traces,
                } = planned?;
                self.mirrors[index].state.traces = traces;
                self.start_reading(index, plan, scope, &listed, pool)
            }
            Content::Page(plan, span, page) => {
                self.mirrors[index].follow(&plan);
                self.store_page(index, &page, 0..page.ids.len(), &span)?;
                self.mirrors[index].has_read(&page);
                Ok(())
            }
            Content::Unreadable(id, error) => {
                let error = Failure::from(error).summary();
                self.keep_refused(
                    index,
                    vec![Refused {
                        id,
                        error,
                        payload: None,
                    }],
                )
            }
            Content::PageDone(done) => {
                done?;
                self.mirrors[index].pages_left -= 1;
                if self.mirrors[index].pages_left == 0 {
                    self.after_pages(index, pool)
                } else {
                    Ok(())
                }
            }
            Content::Changed(changed) => self.read_changed(index, changed?, pool),
            Content::Counted(counted) => self.counted(index, counted?, pool),
            Content::Listed(listed) => self.listed(index, &listed?, pool),
        }
    }

    fn start_reading(
        &mut self,
        index: usize,
        plan: Arc<FieldPlan>,
        mut scope: Scope,
        listed: &Listed,
        pool: &Pool<Answer>,
    ) -> Result<(), Failure> {
        let schema = &self.task.connection;
        let mirror = &mut self.mirrors[index];
        let has_new_fields = transaction(self.user, || mirror.prepare_table(schema, plan))?;
        let is_filled = transaction(mirror.writer, || {
            mirror.tidy_table()?;
            if has_new_fields && matches!(scope, Scope::Changed(_)) {
                return Ok(false);
            }
            if let Scope::Changed(ids) = &mut scope {
                for (field, others) in listed {
                    ids.extend(mirror.table()?.listing(field, others)?);
                }
            }
            mirror.begin(&scope)?;
            Ok(true)
        })?;
        if !is_filled {
            // only a full read fills a new column
            mirror.read_whole(pool);
            return Ok(());
        }
        let pages = match scope {
            Scope::Whole(ids) => self.pages(index, &ids, Span::Between),
            Scope::OnePage => vec![Span::All],
            Scope::Changed(ids) => return self.read_changed(index, ids, pool),
        };
        self.submit(index, pages, pool)
    }

    /// Has the records fetched that changed, and those that failed before.
    fn read_changed(
        &mut self,
        index: usize,
        mut ids: Vec<i64>,
        pool: &Pool<Answer>,
    ) -> Result<(), Failure> {
        let mirror = &mut self.mirrors[index];
        ids.extend(&mirror.state.failed_ids);
        ids.sort_unstable();
        ids.dedup();
        mirror.expected = mirror.counts.fetched + ids.len() as u64;
        mirror.stage = Stage::Changed;
        self.submit(index, self.pages(index, &ids, Span::Only), pool)
    }

    /// Ids in portions of the type's page size.
    pub(super) fn pages(&self, index: usize, ids: &[i64], span: fn(Vec<i64>) -> Span) -> Vec<Span> {
        let size = self.batch_size(self.mirrors[index].type_index);
        ids.chunks(size).map(|page| span(page.to_vec())).collect()
    }

    /// Has pages fetched; without any, goes on at once.
    pub(super) fn submit(
        &mut self,
        index: usize,
        pages: Vec<Span>,
        pool: &Pool<Answer>,
    ) -> Result<(), Failure> {
        let mirror = &mut self.mirrors[index];
        mirror.pages_left = pages.len();
        if pages.is_empty() {
            return self.after_pages(index, pool);
        }
        for span in pages {
            let source = mirror.source.clone();
            pool.submit(Box::new(move |give| source.fetch(span, give)));
        }
        Ok(())
    }

    /// All pages are stored: settles the doubtful ones, removes what is gone, and compares where the pages were not all.
    fn after_pages(&mut self, index: usize, pool: &Pool<Answer>) -> Result<(), Failure> {
        let mirror = &mut self.mirrors[index];
        if !mirror.doubtful.is_empty() {
            let pages = mirror.doubtful.drain(..).map(Span::Only).collect();
            return self.submit(index, pages, pool);
        }
        if mirror.is_to_be_compared() {
            mirror.count(pool);
            return Ok(());
        }
        self.settle(index)
    }

    /// All that there is to read is stored: finds out what is gone.
    pub(super) fn settle(&mut self, index: usize) -> Result<(), Failure> {
        let (settings, force) = (&self.task.settings, self.task.force);
        let mirror = &mut self.mirrors[index];
        let type_index = mirror.type_index;
        transaction(mirror.writer, || mirror.find_gone(settings, force)).inspect_err(|_| {
            self.types[type_index].keeps_gone = true;
        })?;
        mirror.stage = Stage::Stored;
        self.finish_stored(type_index)
    }

    /// Once all of a type's mirrors are stored: removes what is gone from each, or from none of them if one has lost too
    /// many, since lines without their headers would be no better than the loss.
    pub(super) fn finish_stored(&mut self, type_index: usize) -> Result<(), Failure> {
        let is_of_type = |mirror: &MirrorRun| mirror.type_index == type_index;
        let is_waited_for = |mirror: &MirrorRun| {
            is_of_type(mirror) && !matches!(mirror.stage, Stage::Stored | Stage::Done)
        };
        if self.mirrors.iter().any(is_waited_for) {
            return Ok(());
        }
        let is_stored = |mirror: &MirrorRun| is_of_type(mirror) && mirror.stage == Stage::Stored;
        while let Some(index) = self.mirrors.iter().position(is_stored) {
            let mirror = &mut self.mirrors[index];
            if self.types[type_index].keeps_gone {
                mirror.keep_gone();
            }
            let result = match transaction(mirror.writer, || mirror.remove_gone()) {
                Ok((removed, kept)) => {
                    mirror.counts.deleted += removed;
                    self.keep_refused(index, kept)
                        .and_then(|()| self.complete(index))
                }
                Err(failure) => Err(failure),
            };
            if let Err(failure) = result {
                self.fail_mirror(index, failure)?;
            }
        }
        Ok(())
    }

    /// Stores a page in one transaction; where that is refused for a record's sake, in halves, down to that record.
    fn store_page(
        &mut self,
        index: usize,
        page: &EncodedPage,
        rows: Range<usize>,
        span: &Span,
    ) -> Result<(), Failure> {
        let mut parts = Parts::default();
        self.store_rows(index, page, rows, span, &mut parts)?;
        let mirror = &mut self.mirrors[index];
        if let Some((_, failure)) = parts.doubted.first()
            && !parts.is_any_stored
        {
            let is_only = parts.doubted.len() == 1;
            if !is_only || !transaction(mirror.writer, || mirror.table()?.takes_a_row())? {
                return Err(mirror.with_triggers_in_mind(failure.clone()));
            }
        }
        mirror.counts.fetched += parts.doubted.len() as u64;
        let refused = parts.doubted.into_iter().map(|(refused, _)| refused);
        self.keep_refused(index, refused.collect())
    }

    fn store_rows(
        &mut self,
        index: usize,
        page: &EncodedPage,
        rows: Range<usize>,
        span: &Span,
        parts: &mut Parts,
    ) -> Result<(), Failure> {
        let (mirror, task) = (&self.mirrors[index], self.task);
        let progress = progress_of(mirror, rows.len());
        let stored = in_spite_of_deadlocks(mirror.writer, || {
            let stored = mirror.store(page, rows.clone(), span)?;
            let mut counts = self.type_counts(mirror.type_index);
            counts.fetched += rows.len() as u64;
            counts.inserted += stored.written.inserted;
            counts.updated += stored.written.updated;
            counts.deleted += stored.deleted;
            record::progress(task, &mirror.source.spec.r#type, &counts, &progress)?;
            Ok(stored)
        });
        let failure = match stored {
            Ok(stored) => {
                parts.is_any_stored = true;
                process::report_activity(Some(&format!("odoo_sync: {progress}")));
                let mirror = &mut self.mirrors[index];
                mirror.progress.within(self.worker, || progress);
                return self.count(index, rows.len(), stored);
            }
            Err(failure) => failure,
        };
        let is_doubtful = mirror.may_be_a_trigger(&failure);
        if !is_doubtful && !mirror.may_be_one_row(&failure) {
            return Err(mirror.with_triggers_in_mind(failure));
        }
        if rows.len() > 1 {
            let middle = rows.start + rows.len() / 2;
            self.store_rows(index, page, rows.start..middle, span, parts)?;
            return self.store_rows(index, page, middle..rows.end, span, parts);
        }
        let refused = transaction(mirror.writer, || mirror.refused(page, rows.start, &failure))?;
        if is_doubtful {
            parts.doubted.push((refused, failure));
            return Ok(());
        }
        self.mirrors[index].counts.fetched += 1;
        self.keep_refused(index, vec![refused])
    }

    fn count(&mut self, index: usize, rows: usize, stored: Stored) -> Result<(), Failure> {
        let mirror = &mut self.mirrors[index];
        mirror.counts.fetched += rows as u64;
        mirror.counts.inserted += stored.written.inserted;
        mirror.counts.updated += stored.written.updated;
        mirror.counts.deleted += stored.deleted;
        mirror.doubtful.extend(stored.doubtful);
        self.keep_refused(index, stored.refused)
    }

    /// Records that cannot be had are kept with the reason, and hold up nothing else.
    fn keep_refused(&mut self, index: usize, refused: Vec<Refused>) -> Result<(), Failure> {
        if refused.is_empty() {
            return Ok(());
        }
        let (mirror, connection) = (&mut self.mirrors[index], &self.task.connection);
        mirror.counts.failed += refused.len() as u64;
        mirror
            .failed_ids
            .extend(refused.iter().map(|record| record.id));
        let spec = &mirror.source.spec;
        transaction(self.user, || {
            refused
                .into_iter()
                .try_for_each(|record| record::failed_record(connection, spec, record))
        })
    }
}

/// What became of the parts of a page.
#[derive(Default)]
struct Parts {
    is_any_stored: bool,
    /// Records that a trigger may have refused, or something that would refuse any: the others tell.
    doubted: Vec<(Refused, Failure)>,
}

/// A transaction that is done again where it was the one to give way in a deadlock with another session.
fn in_spite_of_deadlocks<R>(
    role: pg_sys::Oid,
    work: impl Fn() -> Result<R, Failure>,
) -> Result<R, Failure> {
    const TIMES: u32 = 5;
    let mut times = 0;
    loop {
        match transaction(role, &work) {
            Err(failure)
                if failure.is(PgSqlErrorCode::ERRCODE_T_R_DEADLOCK_DETECTED) && times < TIMES =>
            {
                times += 1;
            }
            result => return result,
        }
    }
}

/// `invoices.invoice_lines: 45,000 of 129,000`, once these rows are stored.
fn progress_of(mirror: &MirrorRun, rows: usize) -> String {
    let done = mirror.counts.fetched + rows as u64;
    let expected = mirror.expected.max(done);
    format!(
        "{}: {} of {}",
        mirror.name(),
        grouped(done),
        grouped(expected)
    )
}
