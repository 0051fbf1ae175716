//! A page that cannot be read is read in halves, down to the record that is the cause, unless Odoo itself is.

use crate::reader::request::Content;
use crate::reader::source::Source;
use crate::reader::span::Span;
use odoo::{Domain, Error, ErrorKind};

/// How many records in a row may prove unreadable before it is looked again whether others can be read.
const CREDIT: u32 = 8;
/// How many records tell whether any can be read, from within the page and from without.
const WITNESSES: usize = 2;

/// What is known, in one page's job, of whether Odoo's records can be read at all.
#[derive(Debug, Default)]
struct Trust {
    credit: u32,
}

impl Trust {
    /// A record was read.
    fn restore(&mut self) {
        self.credit = CREDIT;
    }

    /// A record could not be read.
    fn spend(&mut self) {
        self.credit = self.credit.saturating_sub(1);
    }
}

impl Source {
    /// Reads the records of a span, in one page, or in halves where they cannot be had in one.
    pub(super) fn read_in_parts(&self, span: Span, give: &impl Fn(Content)) -> Result<(), Error> {
        self.read_part(span, give, &mut Trust::default())
    }

    fn read_part(&self, span: Span, give: &impl Fn(Content), trust: &mut Trust) -> Result<(), Error> {
        let error = match self.read(&span) {
            Ok(page) => {
                trust.restore();
                give(Content::Page(span, page));
                return Ok(());
            }
            Err(error) => error,
        };
        if !self.may_be_a_record(&span, &error, trust) {
            return Err(error);
        }
        let parts = match span {
            Span::All => {
                let ids = self.ids()?;
                if ids.is_empty() {
                    return Err(error);
                }
                vec![Span::Between(ids)]
            }
            span => match span.halves() {
                Ok(halves) => halves.into(),
                Err(id) => {
                    // it may have been deleted between a page's two requests
                    if !self.search(&Domain::ids(&[id]), None)?.is_empty() {
                        trust.spend();
                        give(Content::Unreadable(id, error));
                    }
                    return Ok(());
                }
            },
        };
        parts.into_iter().try_for_each(|part| self.read_part(part, give, trust))
    }

    /// Whether a page that cannot be read is worth reading in parts: not when Odoo does not answer at all, and not when
    /// no other record can be read either. Otherwise an outage, or a proxy that garbles every answer, would be taken
    /// for a failure of each single record.
    fn may_be_a_record(&self, span: &Span, error: &Error, trust: &mut Trust) -> bool {
        let is_lost = matches!(error.kind, ErrorKind::Timeout | ErrorKind::Dropped | ErrorKind::Busy);
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
        self.client.search(&self.spec.model, &Domain::all(), Some(1)).is_ok()
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
        let Ok(others) = self.search(&beyond, Some(WITNESSES as u64)) else {
            return false;
        };
        witnesses.extend(others);
        let is_read = |id: &i64| self.read(&Span::Only(vec![*id])).is_ok();
        witnesses.is_empty() || witnesses.iter().any(is_read)
    }
}
