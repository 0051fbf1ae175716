//! One mirror's part of a run: what is known of it so far, and what to do with each answer about it.

use crate::failure::Failure;
use crate::mirror::column::MirrorColumn;
use crate::mirror::encode::EncodedPage;
use crate::mirror::rows::Written;
use crate::mirror::table::Table;
use crate::sync::fetch::Source;
use crate::sync::plan::FieldPlan;
use crate::sync::progress::Progress;
use crate::sync::task::Counts;
use pgrx::prelude::*;
use std::collections::HashSet;
use std::sync::Arc;

/// How far a mirror is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its fields and ids are asked for, or will be.
    Planning,
    /// Its pages are fetched and written.
    Loading,
    /// Its count, then its ids are compared with Odoo's.
    Comparing,
    /// What the comparison found is fetched.
    Repairing,
    Done,
}

pub struct MirrorRun {
    pub source: Arc<Source>,
    /// Which type of the run it belongs to.
    pub type_index: usize,
    pub stage: Stage,
    pub counts: Counts,
    /// How many records there are to fetch.
    pub expected: u64,
    /// Page jobs that have not ended.
    pub pages_left: usize,
    pub progress: Progress,
    /// Odoo does not have the model.
    pub is_missing: bool,
    pub nul_characters: u64,
    /// The records that failed in this run.
    pub failed_ids: Vec<i64>,
    table: Option<Table>,
    plan: Option<Arc<FieldPlan>>,
    /// The greatest id that the mirror had before this run: what is beyond it can be inserted without a look.
    known_max: Option<i64>,
    /// Rows whose records Odoo did not list when the run began.
    gone: HashSet<i64>,
    is_first_load: bool,
}

impl MirrorRun {
    pub fn new(source: Arc<Source>, type_index: usize) -> MirrorRun {
        MirrorRun {
            source,
            type_index,
            stage: Stage::Planning,
            counts: Counts::default(),
            expected: 0,
            pages_left: 0,
            progress: Progress::new(),
            is_missing: false,
            nul_characters: 0,
            failed_ids: Vec::new(),
            table: None,
            plan: None,
            known_max: None,
            gone: HashSet::new(),
            is_first_load: false,
        }
    }

    /// `invoices.invoice_lines`, for messages.
    pub fn name(&self) -> String {
        format!(
            "{}.{}",
            self.source.spec.r#type, self.source.spec.table_name
        )
    }

    /// Makes the table ready for what Odoo has, and finds out which rows Odoo no longer lists.
    pub fn prepare(
        &mut self,
        schema: &str,
        plan: Arc<FieldPlan>,
        ids: &[i64],
        is_loaded: bool,
    ) -> Result<(), Failure> {
        let spec = &self.source.spec;
        let columns = plan.all().filter_map(MirrorColumn::of).collect();
        let table = Table::ensure(schema, &spec.table_name, &spec.model, columns)?;
        let (rows, max) = table.extent()?;
        self.known_max = max;
        self.gone = if rows == 0 {
            HashSet::new()
        } else {
            table.ids_beyond(ids)?.into_iter().collect()
        };
        self.is_first_load = !is_loaded;
        self.expected = ids.len() as u64;
        self.table = Some(table);
        self.plan = Some(plan);
        Ok(())
    }

    fn table(&self) -> Result<&Table, Failure> {
        self.table.as_ref().ok_or_else(|| {
            Failure::new(
                PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
                "internal error: a page came before its plan",
            )
        })
    }

    /// Takes up the plan that a page was read by, where it is no longer the one that the table was made ready for.
    pub fn follow(&mut self, plan: &Arc<FieldPlan>) {
        if let (Some(table), Some(known)) = (&mut self.table, &mut self.plan)
            && !Arc::ptr_eq(known, plan)
        {
            table.columns = plan.all().filter_map(MirrorColumn::of).collect();
            *known = plan.clone();
        }
    }

    /// Writes a page; what that did is counted once it is committed, by [`MirrorRun::count`].
    pub fn write(&self, page: &EncodedPage) -> Result<Written, Failure> {
        let table = self.table()?;
        if page.ids.is_empty() {
            return Ok(Written::default());
        }
        let is_new = self.stage == Stage::Loading && page.ids.first().copied() > self.known_max;
        if is_new {
            table.insert(page)
        } else {
            table.upsert(page)
        }
    }

    /// The rows of a mirror and what the run did, after a page was committed.
    pub fn count(&mut self, page: &EncodedPage, written: Written) {
        self.counts.fetched += page.ids.len() as u64;
        self.counts.inserted += written.inserted;
        self.counts.updated += written.updated;
        self.nul_characters += page.nul_characters;
        if !self.gone.is_empty() {
            for id in &page.ids {
                self.gone.remove(id);
            }
        }
    }

    /// Removes the rows that were found gone.
    pub fn remove_gone(&mut self) -> Result<u64, Failure> {
        let gone: Vec<i64> = self.gone.iter().copied().collect();
        if gone.is_empty() {
            Ok(0)
        } else {
            self.table()?.delete(&gone)
        }
    }

    pub fn row_count(&self) -> Result<u64, Failure> {
        Ok(self.table()?.extent()?.0)
    }

    /// Compares the mirror's ids with Odoo's: notes what is gone, and returns what is lacking.
    pub fn compare(&mut self, ids: &[i64]) -> Result<Vec<i64>, Failure> {
        self.gone = self.table()?.ids_beyond(ids)?.into_iter().collect();
        let mut lacking = self.table()?.lacking(ids)?;
        // what could not be read a moment ago is not asked for again in the same run
        lacking.retain(|id| !self.failed_ids.contains(id));
        Ok(lacking)
    }

    /// What remains to be done once all rows are there.
    pub fn complete(&mut self) -> Result<(), Failure> {
        if self.is_first_load {
            self.table()?.create_indexes(&self.source.spec.indexes)?;
        }
        Ok(())
    }
}
