//! One mirror's part of a run: what is known of it so far, and what it does to its table.

use crate::failure::Failure;
use crate::mirror::column::MirrorColumn;
use crate::mirror::encode::EncodedPage;
use crate::mirror::table::{Ensured, Table, Wanted};
use crate::pg::savepoint::attempt;
use crate::settings::Settings;
use crate::sync::catalogue::{Deletes, TypeSpec};
use crate::sync::fetch::{Scope, Source};
use crate::sync::plan::FieldPlan;
use crate::sync::progress::{Progress, grouped};
use crate::sync::state::{Deviation, MirrorState};
use crate::sync::store::Refused;
use crate::sync::task::Counts;
use pgrx::prelude::*;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How far a mirror is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its fields and ids are asked for, or will be.
    Planning,
    /// Everything is read and written; what the pages do not have is gone.
    Whole,
    /// What changed is read and written; then the totals are compared, and if they differ the ids.
    Changed,
    /// What the comparison found lacking is read.
    Repairing,
    /// All is stored; what is gone is removed when the type's other mirrors are as far.
    Stored,
    Done,
}

pub struct MirrorRun {
    pub source: Arc<Source>,
    /// Which type of the run it belongs to.
    pub type_index: usize,
    pub state: MirrorState,
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
    /// Pairs of records that seem to share a unique name, which are to be asked for together.
    pub doubtful: Vec<Vec<i64>>,
    pub notes: Vec<String>,
    /// By how much Odoo's totals were more than the mirror's when they were last compared in this run.
    pub deviation: Option<Deviation>,
    /// How many times it was looked again since they differed.
    pub looks: u32,
    /// Everything is read since they differed without a trace.
    pub is_reread: bool,
    pub(super) table: Option<Table>,
    /// The role that writes to the table: its owner, so that triggers of the owner's have no more rights than that.
    pub writer: pg_sys::Oid,
    plan: Option<Arc<FieldPlan>>,
    deletes: Deletes,
    /// The greatest id that the mirror had before this run: what is beyond it can be inserted without a look.
    pub(super) known_max: Option<i64>,
    /// Rows that Odoo does not have.
    pub(super) gone: HashSet<i64>,
    /// How many records the mirror has, where that was just counted.
    pub(super) rows: Option<u64>,
    /// The ids that were read, where they are what tells which rows are gone.
    read_ids: Option<Vec<i64>>,
}

impl MirrorRun {
    pub fn new(
        source: Arc<Source>,
        type_index: usize,
        spec: &TypeSpec,
        state: MirrorState,
        user: pg_sys::Oid,
    ) -> MirrorRun {
        MirrorRun {
            source,
            type_index,
            state,
            stage: Stage::Planning,
            counts: Counts::default(),
            expected: 0,
            pages_left: 0,
            progress: Progress::new(),
            is_missing: false,
            nul_characters: 0,
            failed_ids: Vec::new(),
            doubtful: Vec::new(),
            notes: Vec::new(),
            deviation: None,
            looks: 0,
            is_reread: false,
            table: None,
            writer: user,
            plan: None,
            deletes: spec.deletes,
            known_max: None,
            gone: HashSet::new(),
            rows: None,
            read_ids: None,
        }
    }

    /// `invoices.invoice_lines`, for messages.
    pub fn name(&self) -> String {
        format!(
            "{}.{}",
            self.source.spec.r#type, self.source.spec.table_name
        )
    }

    pub fn marks(&self) -> bool {
        self.deletes == Deletes::Mark
    }

    /// Makes the table ready for what Odoo has; returns whether there are fields that only a full read can fill.
    pub fn prepare_table(&mut self, schema: &str, plan: Arc<FieldPlan>) -> Result<bool, Failure> {
        let spec = &self.source.spec;
        let known = self.state.columns.as_ref();
        let Ensured {
            table,
            is_new: is_new_table,
            gained,
        } = Table::ensure(Wanted {
            schema,
            name: &spec.table_name,
            model: &spec.model,
            columns: plan.all().filter_map(MirrorColumn::of).collect(),
            unique_key: spec.unique_key.clone(),
            marks: self.marks(),
            known: known.filter(|_| self.state.is_loaded),
        })?;
        let is_new = |column: &MirrorColumn| {
            known.and_then(|known| known.get(&column.field)) != Some(&column.name)
        };
        let has_new = !gained.is_empty() || table.columns.iter().any(is_new);
        let lacking = (!spec.builtin && !plan.lacking.is_empty()).then(|| {
            format!(
                "{}: this Odoo's {} has no {}, or not for this user.",
                table.name,
                spec.model,
                plan.lacking.join(", ")
            )
        });
        let is_first_plan = self.table.is_none();
        if is_first_plan && !is_new_table && self.state.is_loaded {
            self.note_fields(&table, &gained);
        }
        self.notes.extend(lacking.filter(|_| is_first_plan));
        self.known_max = table.last_id()?;
        self.writer = table.owner;
        self.table = Some(table);
        self.plan = Some(plan);
        Ok(has_new)
    }

    /// Empties what the type no longer keeps: rows that were marked, columns whose fields are elsewhere or gone.
    pub fn tidy_table(&mut self) -> Result<(), Failure> {
        let table = self.table()?;
        let mut deleted = 0;
        if !self.marks() {
            deleted = table.delete_marked()?;
        }
        if self.state.is_loaded {
            let known = self.state.columns.iter().flatten();
            let left = known.filter(|(field, column)| table.column_of(field) != Some(column));
            table.empty(&left.map(|(_, column)| column).collect::<Vec<_>>())?;
        }
        self.counts.deleted += deleted;
        Ok(())
    }

    /// Tells of fields that came and went since the last run.
    fn note_fields(&mut self, table: &Table, gained: &[MirrorColumn]) {
        let Some(known) = &self.state.columns else {
            return;
        };
        let moved = |column: &&MirrorColumn| {
            known
                .get(&column.field)
                .is_some_and(|before| *before != column.name)
        };
        for column in table.columns.iter().filter(moved) {
            let before = &known[&column.field];
            self.notes.push(format!(
                "{}: the type of {} changed, in Odoo or here; its values are in {} from now on, and {before} is empty.",
                table.name, column.field, column.name
            ));
        }
        let is_new = |column: &&MirrorColumn| !known.contains_key(&column.field);
        for MirrorColumn { name, field, .. } in gained.iter().filter(is_new) {
            self.notes.push(if name == field {
                format!("{}: {name} is new.", table.name)
            } else {
                format!(
                    "{}: {field} is new; its values are in {name}, for the table has a {field} of its own.",
                    table.name
                )
            });
        }
        let left = known
            .iter()
            .filter(|(field, _)| table.column_of(field).is_none())
            .map(|(_, column)| column);
        self.notes.extend(left.map(|column| {
            format!(
                "{}: Odoo no longer has {column}; the column stays, empty.",
                table.name
            )
        }));
    }

    /// Which column each field's values are in, for the next run to know.
    pub fn columns(&self) -> Result<HashMap<&str, &str>, Failure> {
        let columns = self.table()?.columns.iter();
        Ok(columns
            .map(|column| (column.field.as_str(), column.name.as_str()))
            .collect())
    }

    /// Takes up which records are to be read, and finds out which rows Odoo no longer lists.
    pub fn begin(&mut self, scope: &Scope) -> Result<(), Failure> {
        match scope {
            Scope::Whole(ids) => {
                self.gone = self.table()?.ids_beyond(ids)?.into_iter().collect();
                self.expected = ids.len() as u64;
                self.stage = Stage::Whole;
            }
            Scope::OnePage => {
                self.read_ids = Some(Vec::new());
                self.stage = Stage::Whole;
            }
            Scope::Changed(_) => self.stage = Stage::Changed,
        }
        Ok(())
    }

    pub(super) fn table(&self) -> Result<&Table, Failure> {
        self.table.as_ref().ok_or_else(|| {
            Failure::new(
                PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
                "internal error: a page came before its plan",
            )
        })
    }

    /// Takes up the plan that a page was read by, where it is no longer the one that the table was made ready for.
    pub fn follow(&mut self, plan: &Arc<FieldPlan>) {
        let (Some(table), Some(known)) = (&mut self.table, &mut self.plan) else {
            return;
        };
        if !Arc::ptr_eq(known, plan) {
            let places: HashMap<String, usize> = plan
                .names()
                .into_iter()
                .enumerate()
                .map(|(place, name)| (name, place))
                .collect();
            table
                .columns
                .sort_by_key(|column| places.get(&column.field).copied());
            *known = plan.clone();
        }
    }

    /// Takes note of a page that was committed: its records are there.
    pub fn has_read(&mut self, page: &EncodedPage) {
        self.nul_characters += page.nul_characters;
        if let Some(read) = &mut self.read_ids {
            read.extend(&page.ids);
        }
        if !self.gone.is_empty() {
            for id in &page.ids {
                self.gone.remove(id);
            }
        }
    }

    /// Finds out which rows are gone, where that is not known yet; refuses when these are suspiciously many.
    pub fn find_gone(&mut self, settings: &Settings, force: bool) -> Result<(), Failure> {
        if let Some(mut read) = self.read_ids.take() {
            read.extend(&self.failed_ids);
            self.gone = self.table()?.ids_beyond(&read)?.into_iter().collect();
        }
        if self.gone.is_empty() {
            return Ok(());
        }
        let rows = self.table()?.count()?;
        let gone = self.gone.len() as u64;
        let is_much =
            rows > settings.max_removal_rows && gone * 100 > rows * settings.max_removal_percent;
        if is_much && !force {
            return Err(self.too_many_gone(gone, rows, settings.max_removal_percent));
        }
        Ok(())
    }

    /// Removes the rows that are gone, or marks them: how many, and those that something here keeps.
    pub fn remove_gone(&mut self) -> Result<(u64, Vec<Refused>), Failure> {
        let mut ids: Vec<i64> = self.gone.drain().collect();
        ids.sort_unstable();
        let mut kept = Vec::new();
        let removed = self.remove(&ids, &mut kept)?;
        Ok((removed, kept))
    }

    /// Removes these rows, in halves where one of them is refused.
    fn remove(&self, ids: &[i64], kept: &mut Vec<Refused>) -> Result<u64, Failure> {
        if ids.is_empty() {
            return Ok(0);
        }
        let table = self.table()?;
        let failure = match attempt(|| table.delete_now(ids, self.marks())) {
            Ok(removed) if removed == ids.len() as u64 => return Ok(removed),
            Ok(removed) => {
                let without = table.lacking(ids)?;
                let stays = ids.iter().filter(|id| without.binary_search(id).is_err());
                let why = "a trigger or rule of the table leaves it there";
                kept.extend(stays.map(|id| kept_row(*id, why)));
                return Ok(removed);
            }
            Err(failure) => failure,
        };
        if !self.may_be_one_row(&failure) {
            return Err(failure);
        }
        if let [id] = ids {
            kept.push(kept_row(*id, &failure.summary()));
            return Ok(0);
        }
        let (first, second) = ids.split_at(ids.len() / 2);
        Ok(self.remove(first, kept)? + self.remove(second, kept)?)
    }

    /// Leaves the rows that are gone, for another table of the type has lost too many; the next run finds them again.
    pub fn keep_gone(&mut self) {
        if !self.gone.is_empty() {
            self.notes.push(format!(
                "{}: {} rows whose records Odoo no longer lists were kept as well.",
                self.source.spec.table_name,
                grouped(self.gone.len() as u64)
            ));
            self.gone.clear();
        }
    }

    fn too_many_gone(&self, gone: u64, rows: u64, percent: u64) -> Failure {
        Failure::new(
            PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "Odoo no longer lists {} of the {} records in {}, more than {percent} %; none was removed",
                grouped(gone),
                grouped(rows),
                self.source.spec.table_name
            ),
        )
        .hint("If that many are really gone, call odoo_sync.run(..., force => true). If not, the user has lost a right in Odoo, or the type's domain is wrong.")
    }

    /// How many records the mirror has.
    pub fn row_count(&self) -> Result<u64, Failure> {
        match self.rows {
            Some(rows) => Ok(rows),
            None => self.table()?.count(),
        }
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
    pub fn finish_table(&self) -> Result<(), Failure> {
        if !self.marks() {
            self.table()?.ensure_unique()?;
        }
        if !self.state.is_loaded {
            self.table()?.create_indexes(&self.source.spec.indexes)?;
        }
        Ok(())
    }
}

fn kept_row(id: i64, why: &str) -> Refused {
    Refused {
        id,
        error: format!("Odoo no longer has it, and its row cannot be removed: {why}"),
        payload: None,
    }
}
