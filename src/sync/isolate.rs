//! Whose fault it is that a page cannot be read: a record's of it, or Odoo's at large. Calls nothing of PostgreSQL.

use crate::sync::fetch::Source;
use crate::sync::span::Span;
use odoo::{Domain, Error, ErrorKind};
use std::collections::HashSet;

/// How many records in a row may prove unreadable before it is looked again whether others can be read.
const CREDIT: u32 = 8;
/// How many records tell whether any can be read, from within the page and from without.
const WITNESSES: usize = 2;

/// What is known, in one page's job, of whether Odoo's records can be read at all.
#[derive(Debug, Default)]
pub struct Trust {
    credit: u32,
}

impl Trust {
    /// A record was read.
    pub fn restore(&mut self) {
        self.credit = CREDIT;
    }

    /// A record could not be read.
    pub fn spend(&mut self) {
        self.credit = self.credit.saturating_sub(1);
    }
}

impl Source {
    /// Whether a page that cannot be read is worth reading in parts: not when Odoo does not answer at all, and not when no
    /// other record can be read either. Otherwise an outage, or a proxy that garbles every answer, would be taken for
    /// a failure of each single record.
    pub(super) fn may_be_a_record(&self, span: &Span, error: &Error, trust: &mut Trust) -> bool {
        let is_lost = matches!(
            error.kind,
            ErrorKind::Timeout | ErrorKind::Dropped | ErrorKind::Busy
        );
        if !error.kind.may_be_one_record() || is_lost && !self.is_alive() {
            return false;
        }
        // which records there are is found out first, and then the page is tried again
        if matches!(span, Span::All) || trust.credit > 0 {
            return true;
        }
        let can_read = self.can_read_any(span);
        if can_read {
            trust.restore();
        }
        can_read
    }

    fn is_alive(&self) -> bool {
        self.client
            .search(&self.spec.model, &Domain::all(), Some(1))
            .is_ok()
    }

    /// Whether some record can be read by itself; true where there is none to try beside those that are in question.
    fn can_read_any(&self, span: &Span) -> bool {
        let ids = span.ids();
        let mut witnesses = match ids {
            [_, .., _, last] => vec![ids[ids.len() / 2], *last],
            _ => Vec::new(),
        };
        let beyond = Domain::id_range(None, ids.first().map(|id| id - 1))
            .or(&Domain::id_range(ids.last().map(|id| id + 1), None));
        let others = self.client.search(
            &self.spec.model,
            &self.domain.and(&beyond),
            Some(WITNESSES as u64),
        );
        let Ok(others) = others else { return false };
        witnesses.extend(others);
        let is_read = |id: &i64| self.read(&Span::Only(vec![*id])).is_ok();
        witnesses.is_empty() || witnesses.iter().any(is_read)
    }

    /// Fails where an answer is not about the records that were asked for, or lacks one that Odoo has: a mixed-up answer of a
    /// cache, or a read replica that lags behind. Records that are gone meanwhile may be lacking.
    pub(super) fn check_answer(&self, span: &Span, read: &[i64]) -> Result<(), Error> {
        let model = &self.spec.model;
        let wrong = |what: String| {
            Error::new(
                ErrorKind::Malformed,
                format!("Odoo's answer to a read of {model} {what}."),
            )
            .with_hint("Perhaps a cache before Odoo mixes up its answers, or a replica of its database lags behind.")
        };
        let stray = match span {
            Span::Only(ids) => {
                let asked: HashSet<&i64> = ids.iter().collect();
                read.iter().find(|id| !asked.contains(id))
            }
            Span::All | Span::Between(_) => read.iter().find(|id| !span.covers(**id)),
        };
        if let Some(id) = stray {
            return Err(wrong(format!("has record {id}, which was not asked for")));
        }
        let lacking: Vec<i64> = span
            .ids()
            .iter()
            .copied()
            .filter(|id| read.binary_search(id).is_err())
            .collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let still = self
            .client
            .search(model, &self.domain.and(&Domain::ids(&lacking)), Some(1))?;
        match still.first() {
            Some(id) => Err(wrong(format!("leaves out record {id}, which Odoo has"))),
            None => Ok(()),
        }
    }
}
