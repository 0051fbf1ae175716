//! Whether a mirror that was brought up to date equals Odoo: by totals, and where they differ by ids, by looking again,
//! and at last by reading everything.

use crate::failure::Failure;
use crate::reader::source::Counted;
use crate::run::phase::{Extent, Filling};
use crate::state::mirror_state::TotalsDifference;

/// How often a run looks again at a mirror that Odoo keeps changing while it is read.
const LOOKS: u32 = 3;

/// What stands for the number of records in a difference.
const RECORDS: &str = "id";

/// What a comparison of the totals leads to.
pub enum Verdict {
    /// The mirror is as good as it gets, which may be something to tell.
    Settled(Option<String>),
    /// Odoo may have changed in between: look for changes since this time.
    LookAgain(String),
    /// Odoo may have changed in between: compare the ids.
    List,
    /// Something differs that no write date tells of: read everything.
    ReadWhole,
}

impl Filling {
    /// Whether the totals tell if all is here: not when everything was read anyway, unless they were the reason for
    /// that.
    pub fn is_to_be_compared(&self) -> bool {
        self.extent != Extent::Whole || self.course.is_reread
    }

    /// What a difference of the totals means. Odoo may have changed since the pages were read, so that the ids are
    /// compared or the changes are looked for once more; only a difference that stays, while the ids are the same, is
    /// one that nothing tells of.
    pub fn judge(&mut self, difference: TotalsDifference) -> Verdict {
        let course = &mut self.course;
        let before = course.difference.replace(difference.clone());
        let stays = before.as_ref() == Some(&difference);
        let is_known = course.known_difference.as_ref() == Some(&difference);
        if difference.is_empty() {
            course.known_difference = None;
            return Verdict::Settled(None);
        }
        if is_known || stays && course.is_reread {
            let told = format!(
                "{}: Odoo's totals differ from the table's though everything was read ({}); odoo_sync.verify() tells where.",
                self.table.name,
                spelled(&difference)
            );
            // so that the next run does not read everything again
            course.known_difference = Some(difference);
            return Verdict::Settled(Some(told));
        }
        let are_records = difference.contains_key(RECORDS);
        if stays && !are_records {
            course.is_reread = true;
            return Verdict::ReadWhole;
        }
        if course.looks == LOOKS {
            return Verdict::Settled(Some(format!(
                "{}: Odoo kept changing while it was read; the next run looks again.",
                self.table.name
            )));
        }
        course.looks += 1;
        match &course.since {
            Some(since) if !are_records => Verdict::LookAgain(since.clone()),
            _ => Verdict::List,
        }
    }

    /// By how much Odoo's totals are more than the mirror's, without the records that failed and the rows that are
    /// gone.
    pub fn difference_from(&mut self, counted: &Counted, failed_ids: &[i64]) -> Result<TotalsDifference, Failure> {
        let mut fields = Vec::new();
        let mut columns = Vec::new();
        let mut there = Vec::new();
        for (index, aggregate) in counted.aggregates.iter().enumerate() {
            let column = self.table.column_of(aggregate.field());
            if let (Some(column), Some(value)) = (column, counted.totals.whole_number(index)) {
                fields.push(aggregate.field());
                columns.push(column);
                there.push(value);
            }
        }
        let without: Vec<i64> = self.gone.iter().chain(failed_ids).copied().collect();
        let (count, here) = self.table.totals(&columns, &without)?;
        let differences = there.iter().zip(&here).map(|(there, here)| there - here);
        let records = counted.totals.count as i64 - count as i64;
        let difference = fields
            .into_iter()
            .zip(differences)
            .chain([(RECORDS, records)])
            .filter(|(_, difference)| *difference != 0)
            .map(|(field, difference)| (field.to_string(), difference))
            .collect();
        self.rows = without.is_empty().then_some(count);
        Ok(difference)
    }
}

/// `partner_id by 12, id by -1`.
fn spelled(difference: &TotalsDifference) -> String {
    let differences = difference.iter().map(|(field, difference)| format!("{field} by {difference}"));
    differences.collect::<Vec<_>>().join(", ")
}

/// What to tell where Odoo refuses to aggregate the records of a table.
pub fn untold_totals(table: &str, failure: &Failure) -> String {
    format!(
        "{table}: Odoo does not tell what its records come to, so that changes without a write date are found by the day's full run only: {}",
        failure.summary()
    )
}
