//! Whether a mirror that was brought up to date equals Odoo: by totals, and where they differ by ids, by looking again, and
//! at last by reading everything.

use crate::failure::Failure;
use crate::pg::transaction::transaction;
use crate::sync::fetch::{Answer, Before, Counted};
use crate::sync::mirror::{MirrorRun, Stage};
use crate::sync::pool::Pool;
use crate::sync::run::Run;
use crate::sync::span::Span;
use crate::sync::state::Deviation;

/// How often a run looks again at a mirror that Odoo keeps changing while it is read.
const LOOKS: u32 = 3;

/// What stands for the number of records in a deviation.
const RECORDS: &str = "id";

impl Run<'_> {
    /// The totals are here. Where they differ, Odoo may have changed in between, so that the ids are compared or the
    /// changes are looked for once more; only a difference that stays, while the ids are the same, is one without a trace.
    pub(super) fn counted(
        &mut self,
        index: usize,
        counted: Counted,
        pool: &Pool<Answer>,
    ) -> Result<(), Failure> {
        let mirror = &mut self.mirrors[index];
        let deviation = transaction(mirror.writer, || mirror.deviation_from(&counted))?;
        if let Some(error) = counted.refused {
            mirror.note_refused(&Failure::from(error));
        }
        let before = mirror.deviation.replace(deviation.clone());
        let stays = before.as_ref() == Some(&deviation);
        let is_known = mirror.state.standing.as_ref() == Some(&deviation);
        if deviation.is_empty() {
            mirror.state.standing = None;
        } else if is_known || stays && mirror.is_reread {
            mirror.note_standing(deviation);
        } else if stays && !deviation.contains_key(RECORDS) {
            mirror.is_reread = true;
            mirror.read_whole(pool);
            return Ok(());
        } else if mirror.looks == LOOKS {
            mirror.notes.push(format!(
                "{}: Odoo kept changing while it was read; the next run looks again.",
                mirror.source.spec.table_name
            ));
        } else {
            mirror.looks += 1;
            mirror.look_again(&deviation, pool);
            return Ok(());
        }
        if mirror.stage == Stage::Changed && mirror.gone.is_empty() {
            return self.complete(index);
        }
        self.settle(index)
    }

    /// The ids are here: has those fetched that the mirror lacks.
    pub(super) fn listed(
        &mut self,
        index: usize,
        listed: &[i64],
        pool: &Pool<Answer>,
    ) -> Result<(), Failure> {
        let mirror = &mut self.mirrors[index];
        let lacking = transaction(mirror.writer, || mirror.compare(listed))?;
        mirror.stage = Stage::Repairing;
        mirror.expected += lacking.len() as u64;
        self.submit(index, self.pages(index, &lacking, Span::Only), pool)
    }
}

impl MirrorRun {
    /// Whether the totals tell if all is here: not when everything was read anyway, unless they were the reason for that.
    pub fn is_to_be_compared(&self) -> bool {
        self.stage != Stage::Whole || self.is_reread
    }

    /// Asks what Odoo's records come to.
    pub fn count(&self, pool: &Pool<Answer>) {
        let (source, failed) = (self.source.clone(), self.failed_ids.clone());
        pool.submit(Box::new(move |give| source.count(&failed, give)));
    }

    /// Reads everything after all.
    pub fn read_whole(&mut self, pool: &Pool<Answer>) {
        self.state.since = None;
        let source = self.source.clone();
        let before = Before {
            traces: self.state.traces.clone(),
            ..Before::default()
        };
        pool.submit(Box::new(move |give| source.plan_it(&before, give)));
    }

    /// Compares the ids, where the numbers of records differ; else looks for what changed meanwhile.
    fn look_again(&self, deviation: &Deviation, pool: &Pool<Answer>) {
        let (source, since) = (self.source.clone(), self.state.since.clone());
        match since.filter(|_| !deviation.contains_key(RECORDS)) {
            Some(since) => pool.submit(Box::new(move |give| source.look_again(&since, give))),
            None => pool.submit(Box::new(move |give| source.list(give))),
        }
    }

    /// By how much Odoo's totals are more than the mirror's, without the records that failed and the rows that are gone.
    fn deviation_from(&mut self, counted: &Counted) -> Result<Deviation, Failure> {
        let table = self.table()?;
        let mut fields = Vec::new();
        let mut columns = Vec::new();
        let mut there = Vec::new();
        for (index, aggregate) in counted.aggregates.iter().enumerate() {
            let column = table.column_of(aggregate.field());
            if let (Some(column), Some(value)) = (column, counted.totals.whole_number(index)) {
                fields.push(aggregate.field());
                columns.push(column);
                there.push(value);
            }
        }
        let without: Vec<i64> = self.gone.iter().chain(&self.failed_ids).copied().collect();
        let (count, here) = table.totals(&columns, &without)?;
        let differences = there.iter().zip(&here).map(|(there, here)| there - here);
        let records = counted.totals.count as i64 - count as i64;
        let deviation = fields
            .into_iter()
            .zip(differences)
            .chain([(RECORDS, records)])
            .filter(|(_, difference)| *difference != 0)
            .map(|(field, difference)| (field.to_string(), difference))
            .collect();
        self.rows = without.is_empty().then_some(count);
        Ok(deviation)
    }

    fn note_refused(&mut self, failure: &Failure) {
        let note = format!(
            "{}: Odoo does not tell what its records come to, so that what it changes without a trace comes with the day's full run: {}",
            self.source.spec.table_name,
            failure.summary()
        );
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Takes note of a difference that reading everything does not settle, so that the next run does not try that again.
    fn note_standing(&mut self, deviation: Deviation) {
        let differences: Vec<String> = deviation
            .iter()
            .map(|(field, difference)| format!("{field} by {difference}"))
            .collect();
        self.notes.push(format!(
            "{}: Odoo's totals differ from the table's though everything was read ({}); odoo_sync.verify() tells where.",
            self.source.spec.table_name,
            differences.join(", ")
        ));
        self.state.standing = Some(deviation);
    }
}
