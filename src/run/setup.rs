//! How a mirror is read and kept, and what is noted of that for the next run.

use crate::failure::Failure;
use crate::reader::source::Source;
use crate::run::context::Context;
use crate::run::phase::Filling;
use crate::state::mirror_state::{self, NewState};

/// What a mirror is read by: settings of the type, and what is known of the Odoo user.
pub struct Setup {
    /// Records per page.
    pub batch_size: usize,
    /// Whether rows of records that are gone are marked rather than removed.
    pub marks: bool,
    /// The language of the user's texts.
    pub lang: Option<String>,
    /// The company by which what depends on the company is read.
    pub company_id: i64,
}

impl Filling {
    /// Notes where the mirror stands now, inside a transaction.
    pub fn save(&self, source: &Source, setup: &Setup, context: &Context) -> Result<(), Failure> {
        let (course, table) = (&self.course, &self.table);
        let rows = match self.rows {
            Some(rows) => rows,
            None => table.count()?,
        };
        let columns = table.columns.iter();
        let new = NewState {
            spec: &source.spec,
            domain: &source.domain,
            window_end: context.window_end,
            is_full: course.since.is_none(),
            is_due: !source.unreadable.healed().is_empty(),
            rows,
            columns: columns.map(|column| (column.field.as_str(), column.name.as_str())).collect(),
            tracked: &course.tracked,
            known_difference: course.known_difference.as_ref(),
            unreadable: &source.unreadable.found(),
            lang: setup.lang.as_deref(),
            company_id: setup.company_id,
        };
        mirror_state::save(context.task, &new)
    }
}
