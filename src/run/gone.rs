//! Rows whose records Odoo no longer has: found, guarded against a loss that is none, removed or marked.

use crate::failure::Failure;
use crate::mirror::table::Table;
use crate::pg::savepoint::attempt;
use crate::run::phase::Filling;
use crate::run::store::may_be_one_row;
use crate::settings::Settings;
use crate::state::counts::grouped;
use crate::state::failures::Refused;
use pgrx::prelude::*;

impl Filling {
    /// Takes note of records that were read: they are there.
    pub fn has_read(&mut self, ids: &[i64]) {
        if let Some(read) = &mut self.read_ids {
            read.extend(ids);
        }
        if !self.gone.is_empty() {
            for id in ids {
                self.gone.remove(id);
            }
        }
    }

    /// Finds out which rows are gone, where that is not known yet.
    ///
    /// # Errors
    /// More than the settings allow to remove, unless that is forced.
    pub fn find_gone(&mut self, failed_ids: &[i64], settings: &Settings, force: bool) -> Result<(), Failure> {
        if let Some(mut read) = self.read_ids.take() {
            read.extend(failed_ids);
            self.gone = self.table.ids_beyond(&read)?.into_iter().collect();
        }
        if self.gone.is_empty() {
            return Ok(());
        }
        let rows = self.table.count()?;
        let gone = self.gone.len() as u64;
        let is_much = rows > settings.max_removal_rows && gone * 100 > rows * settings.max_removal_percent;
        if is_much && !force {
            return Err(self.too_many_gone(gone, rows, settings.max_removal_percent));
        }
        Ok(())
    }

    fn too_many_gone(&self, gone: u64, rows: u64, percent: u64) -> Failure {
        Failure::new(
            PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "Odoo no longer lists {} of the {} records in {}, more than {percent} %; none was removed",
                grouped(gone),
                grouped(rows),
                self.table.name
            ),
        )
        .hint("If that many are really gone, call odoo_sync.run(..., force => true). If not, the user has lost a right in Odoo, or the type's domain is wrong.")
    }

    /// Leaves the rows that are gone, for another table of the type has lost too many; the next run finds them again.
    /// Gives what to tell of it.
    pub fn keep_gone(&mut self) -> Option<String> {
        if self.gone.is_empty() {
            return None;
        }
        let kept = self.gone.len() as u64;
        self.gone.clear();
        Some(format!(
            "{}: {} rows whose records Odoo no longer lists were kept as well.",
            self.table.name,
            grouped(kept)
        ))
    }

    /// Removes the rows that are gone, or marks them: how many, and those that something here keeps.
    pub fn remove_gone(&mut self, marks: bool) -> Result<(u64, Vec<Refused>), Failure> {
        let mut ids: Vec<i64> = self.gone.drain().collect();
        ids.sort_unstable();
        let mut kept = Vec::new();
        let removed = remove(&self.table, &ids, marks, &mut kept)?;
        Ok((removed, kept))
    }
}

/// Removes these rows, in halves where one of them is refused.
fn remove(table: &Table, ids: &[i64], marks: bool, kept: &mut Vec<Refused>) -> Result<u64, Failure> {
    if ids.is_empty() {
        return Ok(0);
    }
    let failure = match attempt(|| table.delete_now(ids, marks)) {
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
    if !may_be_one_row(table, &failure) {
        return Err(failure);
    }
    if let [id] = ids {
        kept.push(kept_row(*id, &failure.summary()));
        return Ok(0);
    }
    let (first, second) = ids.split_at(ids.len() / 2);
    Ok(remove(table, first, marks, kept)? + remove(table, second, marks, kept)?)
}

fn kept_row(id: i64, why: &str) -> Refused {
    Refused { id, error: format!("Odoo no longer has it, and its row cannot be removed: {why}"), payload: None }
}
