//! Storing a page: all of its records in one transaction, or, where one of them is refused, all but that one.

use crate::encode::page::EncodedPage;
use crate::failure::Failure;
use crate::mirror::rows::Written;
use crate::mirror::table::Table;
use crate::pg::process;
use crate::pg::transaction::transaction;
use crate::reader::span::Span;
use crate::reader::spec::MirrorSpec;
use crate::run::context::Context;
use crate::run::progress::Progress;
use crate::run::tally::Tally;
use crate::state::counts::grouped;
use crate::state::failures::Refused;
use crate::state::history;
use pgrx::prelude::*;
use std::ops::Range;

/// A page, and the table that it goes to.
pub struct PageStore<'a> {
    pub table: &'a Table,
    pub spec: &'a MirrorSpec,
    pub page: &'a EncodedPage,
    pub span: &'a Span,
    /// Whether all of its records are known to be new.
    pub is_new: bool,
    /// Whether rows of records that are gone are marked rather than removed.
    pub marks: bool,
    pub context: &'a Context<'a>,
    pub tally: &'a mut Tally,
    pub progress: &'a mut Progress,
    /// Pairs that seem to share a unique name, to be asked for together.
    pub doubtful: &'a mut Vec<Vec<i64>>,
}

/// What storing a part of a page did.
#[derive(Default)]
struct Stored {
    written: Written,
    deleted: u64,
    refused: Vec<Refused>,
    doubtful: Vec<Vec<i64>>,
}

/// What became of the parts of a page.
#[derive(Default)]
struct Parts {
    is_any_stored: bool,
    /// Records that a trigger may have refused, or something that would refuse any: the others tell.
    doubted: Vec<(Refused, Failure)>,
}

impl PageStore<'_> {
    /// Stores the page in one transaction; where that is refused for a record's sake, in halves, down to that record.
    pub fn store(mut self) -> Result<(), Failure> {
        let mut parts = Parts::default();
        self.store_rows(0..self.page.ids.len(), &mut parts)?;
        if let Some((_, failure)) = parts.doubted.first()
            && !parts.is_any_stored
        {
            let is_only = parts.doubted.len() == 1;
            let takes_a_row = || transaction(self.table.owner, || self.table.takes_a_row());
            if !is_only || !takes_a_row()? {
                return Err(with_triggers_in_mind(self.table, failure.clone()));
            }
        }
        self.tally.counts.fetched += parts.doubted.len() as u64;
        let refused = parts.doubted.into_iter().map(|(refused, _)| refused);
        self.tally.keep(refused.collect(), self.spec, self.context)
    }

    fn store_rows(&mut self, rows: Range<usize>, parts: &mut Parts) -> Result<(), Failure> {
        let progress = self.progress_with(rows.len());
        let task = self.context.task;
        let stored = in_spite_of_deadlocks(self.table.owner, || {
            let stored = self.write(rows.clone())?;
            let mut counts = self.context.others;
            counts.add(&self.tally.counts);
            counts.fetched += rows.len() as u64;
            counts.inserted += stored.written.inserted;
            counts.updated += stored.written.updated;
            counts.deleted += stored.deleted;
            history::progress(task, &self.spec.r#type, &counts, &progress)?;
            Ok(stored)
        });
        let failure = match stored {
            Ok(stored) => {
                parts.is_any_stored = true;
                process::report_activity(Some(&format!("odoo_sync: {progress}")));
                self.progress.within(self.context.worker, || progress);
                return self.count(rows.len(), stored);
            }
            Err(failure) => failure,
        };
        let is_doubtful = may_be_a_trigger(self.table, &failure);
        if !is_doubtful && !may_be_one_row(self.table, &failure) {
            return Err(with_triggers_in_mind(self.table, failure));
        }
        if rows.len() > 1 {
            let middle = rows.start + rows.len() / 2;
            self.store_rows(rows.start..middle, parts)?;
            return self.store_rows(middle..rows.end, parts);
        }
        let refused = transaction(self.table.owner, || self.refused(rows.start, &failure))?;
        if is_doubtful {
            parts.doubted.push((refused, failure));
            return Ok(());
        }
        self.tally.counts.fetched += 1;
        self.tally.keep(vec![refused], self.spec, self.context)
    }

    fn count(&mut self, rows: usize, stored: Stored) -> Result<(), Failure> {
        let counts = &mut self.tally.counts;
        counts.fetched += rows as u64;
        counts.inserted += stored.written.inserted;
        counts.updated += stored.written.updated;
        counts.deleted += stored.deleted;
        self.doubtful.extend(stored.doubtful);
        self.tally.keep(stored.refused, self.spec, self.context)
    }

    /// `invoices.invoice_lines: 45,000 of 129,000`, once these rows are stored.
    fn progress_with(&self, rows: usize) -> String {
        let done = self.tally.counts.fetched + rows as u64;
        let expected = self.tally.expected.max(done);
        format!("{}: {} of {}", self.spec.name(), grouped(done), grouped(expected))
    }

    /// Writes some rows of the page, inside a transaction. Names that Odoo keeps unique are settled here: a record that
    /// clashes with a row whose record was asked for along with it and did not come wins over that row; one that
    /// clashes with a row that was not asked for waits until both are; two that came together with one name are
    /// really two in Odoo, and the later one is kept aside.
    fn write(&self, rows: Range<usize>) -> Result<Stored, Failure> {
        let (table, page) = (self.table, self.page);
        let mut stored = Stored::default();
        if rows.is_empty() {
            return Ok(stored);
        }
        let ids = &page.ids[rows.clone()];
        stored.written =
            if self.is_new { table.insert(page, rows.clone())? } else { table.upsert(page, rows.clone())? };
        if table.has_triggers {
            for id in table.lacking(ids)? {
                stored.refused.push(Refused {
                    id,
                    error: format!("a trigger or rule of {} left the row out", table.qualified()),
                    payload: table.as_json(page, page.ids.binary_search(&id).unwrap_or(rows.start))?,
                });
            }
        }
        let mut taken_out = Vec::new();
        for clash in table.clashes(ids)? {
            if taken_out.contains(&clash.of_page) || taken_out.contains(&clash.other) {
                continue;
            }
            if page.ids.binary_search(&clash.other).is_ok() {
                let later = clash.of_page.max(clash.other);
                let earlier = clash.of_page.min(clash.other);
                let row = page.ids.binary_search(&later).unwrap_or(rows.start);
                let key = table.unique_key.as_deref().unwrap_or_default().join(", ");
                stored.refused.push(Refused {
                    id: later,
                    error: format!("Odoo has the same {key} in record {earlier}; only one of the two can be stored"),
                    payload: table.as_json(page, row)?,
                });
                taken_out.push(later);
            } else if self.span.covers(clash.other) {
                stored.deleted += table.delete(&[clash.other], self.marks)?;
            } else {
                stored.doubtful.push(vec![clash.other, clash.of_page]);
                taken_out.push(clash.of_page);
            }
        }
        if !taken_out.is_empty() {
            table.delete(&taken_out, false)?;
            stored.written.inserted = stored.written.inserted.saturating_sub(taken_out.len() as u64);
        }
        Ok(stored)
    }

    /// The record that a transaction of its own could not store.
    fn refused(&self, row: usize, failure: &Failure) -> Result<Refused, Failure> {
        Ok(Refused { id: self.page.ids[row], error: failure.summary(), payload: self.table.as_json(self.page, row)? })
    }
}

/// Runs a transaction, and again where it was the victim of a deadlock with another session.
fn in_spite_of_deadlocks<R>(role: pg_sys::Oid, work: impl Fn() -> Result<R, Failure>) -> Result<R, Failure> {
    const TIMES: u32 = 5;
    let mut times = 0;
    loop {
        match transaction(role, &work) {
            Err(failure) if failure.is(PgSqlErrorCode::ERRCODE_T_R_DEADLOCK_DETECTED) && times < TIMES => {
                times += 1;
            }
            result => return result,
        }
    }
}

/// Whether a smaller part of the rows could be stored: not when the server, a lock or a permission is what is in the
/// way.
pub fn may_be_one_row(table: &Table, failure: &Failure) -> bool {
    // integrity constraint, data, trigger (plpgsql), cardinality, a limit such as that of an index entry's size
    let classes = ["22", "23", "P0", "21", "42804", "44", "54"];
    // a class that a trigger made up reaches us as an internal error
    let by_trigger = failure.is(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR) && table.has_triggers;
    by_trigger || classes.iter().any(|class| failure.sqlstate.starts_with(class))
}

/// Whether a trigger of the user's may have refused one row with a SQLSTATE that normally means a statement-level
/// failure: a missing right, a missing table. Not the server's end, its resources, locks and cancels.
fn may_be_a_trigger(table: &Table, failure: &Failure) -> bool {
    let of_all = ["08", "40", "53", "55", "57", "58", "F0", "XX"];
    table.has_triggers
        && !may_be_one_row(table, failure)
        && !of_all.iter().any(|class| failure.sqlstate.starts_with(class))
}

/// Adds a hint where a trigger may be what failed.
fn with_triggers_in_mind(table: &Table, failure: Failure) -> Failure {
    if !table.has_triggers || failure.hint.is_some() {
        return failure;
    }
    failure.hint(format!(
        "{} has triggers or rules, which run with the rights of its owner and search_path = pg_catalog: in them, name tables with their schema.",
        table.qualified()
    ))
}
