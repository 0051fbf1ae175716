//! What a run asks of Odoo for a mirror, and what comes back.

use crate::encode::page::EncodedPage;
use crate::reader::changes;
use crate::reader::source::{Counted, Source};
use crate::reader::span::Span;
use odoo::{Error, Traffic, thread_traffic};
use std::cell::RefCell;

pub use changes::{Before, Listed, Planned, Scope};

/// One thing that is asked for.
pub enum Request {
    /// Which fields there are, and which records to read.
    Plan(Before),
    /// The records of a span.
    Page(Span),
    /// Which records changed since that time, along all ways.
    Changes(String),
    /// The count and sums of the records, without those of these ids.
    Totals(Vec<i64>),
    /// Which records there are.
    Ids,
}

/// What comes back of it.
pub enum Content {
    Planned(Result<Planned, Error>),
    /// Records, and the span that they are of.
    Page(Span, EncodedPage),
    /// A record that cannot be read, and why.
    Unreadable(i64, Error),
    /// All of a requested span has come, in pages before this.
    PageDone(Result<(), Error>),
    Changed(Result<Vec<i64>, Error>),
    Counted(Result<Counted, Error>),
    Ids(Result<Vec<i64>, Error>),
}

impl Source {
    /// Asks Odoo, and hands over what comes back as it comes, each with what was asked of the network for it.
    pub fn answer(&self, request: Request, give: &dyn Fn(Content, Traffic)) {
        let before = RefCell::new(thread_traffic());
        let give = |content| {
            let now = thread_traffic();
            let traffic = now.since(&before.replace(now));
            give(content, traffic);
        };
        give(match request {
            Request::Plan(before) => Content::Planned(self.planned(&before)),
            Request::Page(span) => Content::PageDone(self.read_in_parts(span, &give)),
            Request::Changes(since) => Content::Changed(self.changed_in_doubt(&since)),
            Request::Totals(without) => Content::Counted(self.totals(&without)),
            Request::Ids => Content::Ids(self.ids()),
        });
    }
}
