//! Storing a page: all of its records in one transaction, or, where one of them is refused, all but that one.

use crate::failure::Failure;
use crate::mirror::encode::EncodedPage;
use crate::mirror::rows::Written;
use crate::sync::mirror::{MirrorRun, Stage};
use crate::sync::span::Span;
use pgrx::prelude::*;
use std::ops::Range;

/// A record that could not be stored.
pub struct Refused {
    pub id: i64,
    pub error: String,
    pub payload: Option<pgrx::JsonB>,
}

/// What storing a part of a page did.
#[derive(Default)]
pub struct Stored {
    pub written: Written,
    pub deleted: u64,
    pub refused: Vec<Refused>,
    /// Pairs that seem to share a unique name, to be asked for together.
    pub doubtful: Vec<Vec<i64>>,
}

impl MirrorRun {
    /// Writes some rows of a page, inside a transaction. Names that Odoo keeps unique are settled here: a record that
    /// clashes with a row whose record was asked for along with it and did not come wins over that row; one that
    /// clashes with a row that was not asked for waits until both are; two that came together with one name are
    /// really two in Odoo, and the later one is kept aside.
    pub fn store(
        &self,
        page: &EncodedPage,
        rows: Range<usize>,
        span: &Span,
    ) -> Result<Stored, Failure> {
        let table = self.table()?;
        let mut stored = Stored::default();
        if rows.is_empty() {
            return Ok(stored);
        }
        let ids = &page.ids[rows.clone()];
        // records that are asked for by their ids were looked at before
        let is_new = self.stage == Stage::Whole
            && !matches!(span, Span::Only(_))
            && ids.first().copied() > self.known_max;
        stored.written = if is_new {
            table.insert(page, rows.clone())?
        } else {
            table.upsert(page, rows.clone())?
        };
        if table.has_triggers {
            for id in table.lacking(ids)? {
                stored.refused.push(Refused {
                    id,
                    error: format!(
                        "a trigger or rule of {} left the row out",
                        table.qualified()
                    ),
                    payload: table
                        .as_json(page, page.ids.binary_search(&id).unwrap_or(rows.start))?,
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
            } else if span.covers(clash.other) {
                stored.deleted += table.delete(&[clash.other], self.marks())?;
            } else {
                stored.doubtful.push(vec![clash.other, clash.of_page]);
                taken_out.push(clash.of_page);
            }
        }
        if !taken_out.is_empty() {
            table.delete(&taken_out, false)?;
            stored.written.inserted = stored
                .written
                .inserted
                .saturating_sub(taken_out.len() as u64);
        }
        Ok(stored)
    }

    /// The record that a transaction of its own could not store.
    pub fn refused(
        &self,
        page: &EncodedPage,
        row: usize,
        failure: &Failure,
    ) -> Result<Refused, Failure> {
        Ok(Refused {
            id: page.ids[row],
            error: failure.summary(),
            payload: self.table()?.as_json(page, row)?,
        })
    }
}

impl MirrorRun {
    /// Whether a smaller part of the page could be stored: not when the server, a lock or a permission is what is in the
    /// way.
    pub fn may_be_one_row(&self, failure: &Failure) -> bool {
        // integrity constraint, data, trigger (plpgsql), cardinality, a limit such as that of an index entry's size
        let classes = ["22", "23", "P0", "21", "42804", "44", "54"];
        // a class that a trigger made up reaches us as an internal error
        let by_trigger = failure.is(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR)
            && self.table.as_ref().is_some_and(|table| table.has_triggers);
        by_trigger
            || classes
                .iter()
                .any(|class| failure.sqlstate.starts_with(class))
    }

    /// Whether a trigger of somebody's may have refused one row in words that are otherwise PostgreSQL's own for what
    /// concerns all: a missing right, a missing table. Not the server's end, its resources, locks and cancels.
    pub fn may_be_a_trigger(&self, failure: &Failure) -> bool {
        let of_all = ["08", "40", "53", "55", "57", "58", "F0", "XX"];
        self.table.as_ref().is_some_and(|table| table.has_triggers)
            && !self.may_be_one_row(failure)
            && !of_all
                .iter()
                .any(|class| failure.sqlstate.starts_with(class))
    }

    /// The same with a hint, where a trigger may be what failed.
    pub fn with_triggers_in_mind(&self, failure: Failure) -> Failure {
        match &self.table {
            Some(table) if table.has_triggers && failure.hint.is_none() => failure.hint(format!(
                "{} has triggers or rules, which run with the rights of its owner and search_path = pg_catalog: in them, name tables with their schema.",
                table.qualified()
            )),
            _ => failure,
        }
    }
}
