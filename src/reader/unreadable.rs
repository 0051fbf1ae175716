//! Fields that Odoo fails to read: a computed field that raises, or that needs a right which the user lacks.
//!
//! That is the column's loss, never a record's: such a field is read apart from the others, and is empty for the records
//! that it cannot be had of.

use odoo::Error;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The requests that one field may take in a run to find out which records it cannot be read of.
const REQUESTS: u32 = 40;

/// What is known of a field that cannot be read of some records.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Unreadable {
    /// What Odoo said.
    pub reason: String,
    /// Of no record at all.
    pub of_all: bool,
    /// Of these.
    pub ids: BTreeSet<i64>,
}

/// What is known of such fields, by their names.
pub type UnreadableFields = BTreeMap<String, Unreadable>;

/// What a run knows of a mirror's unreadable fields; shared by the threads that read.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Entries>);

/// What a run knows of one field.
pub(super) struct Standing {
    /// This run has found that it can be read of no record.
    pub is_given_up: bool,
    /// The runs before had found that.
    pub was_of_all: bool,
    /// The records that it could not be read of before.
    pub suspects: BTreeSet<i64>,
    /// A few records tell for all: the run reads all of them, and has read the field of none so far.
    pub may_be_lost: bool,
    /// This run has read it of some record.
    pub is_readable: bool,
}

#[derive(Debug, Default)]
struct Entries {
    /// Whether the run reads all records.
    is_full: bool,
    /// From the runs before.
    known: UnreadableFields,
    /// As it is now.
    found: UnreadableFields,
    /// Fields that were read of some record in this run.
    readable: BTreeSet<String>,
    /// Requests that finding out has taken so far.
    spent: BTreeMap<String, u32>,
}

impl Ledger {
    /// Begins with what was known; a full run finds it all out anew.
    pub fn begin(&self, known: &UnreadableFields, is_full: bool) {
        let mut entries = self.lock();
        entries.is_full = is_full;
        entries.known = known.clone();
        entries.found = if is_full { UnreadableFields::new() } else { known.clone() };
    }

    /// The fields that cannot be read of some record, or of any.
    pub fn found(&self) -> UnreadableFields {
        let is_unreadable = |field: &Unreadable| field.of_all || !field.ids.is_empty();
        let found = self.lock().found.clone();
        found.into_iter().filter(|(_, field)| is_unreadable(field)).collect()
    }

    /// The fields that could be read of no record before, and now of some: the records that were not read again lack them.
    pub fn healed(&self) -> Vec<String> {
        let entries = self.lock();
        let was_of_all = entries.known.iter().filter(|(_, field)| field.of_all);
        was_of_all.map(|(name, _)| name.clone()).filter(|name| entries.readable.contains(name)).collect()
    }

    /// Where a field stands: see [`Standing`].
    pub(super) fn standing(&self, field: &str) -> Standing {
        let entries = self.lock();
        let known = entries.known.get(field);
        Standing {
            is_given_up: known.is_none() && entries.found.get(field).is_some_and(|found| found.of_all),
            was_of_all: known.is_some_and(|known| known.of_all),
            suspects: known.map(|known| known.ids.clone()).unwrap_or_default(),
            may_be_lost: entries.is_full && !entries.readable.contains(field),
            is_readable: entries.readable.contains(field),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note_read(&self, field: &str, ids: &[i64]) {
        let mut entries = self.lock();
        entries.readable.insert(field.to_owned());
        if let Some(found) = entries.found.get_mut(field) {
            found.of_all = false;
            found.ids.retain(|id| ids.binary_search(id).is_err());
        }
    }

    pub(super) fn note_unreadable(&self, field: &str, ids: &[i64], error: &Error) {
        let mut entries = self.lock();
        let found = entries.found.entry(field.to_owned()).or_default();
        found.reason.clone_from(&error.message);
        found.ids.extend(ids);
    }

    /// Notes that no record has the field, unless another thread has read it of one meanwhile.
    pub(super) fn note_unreadable_at_all(&self, field: &str, error: &Error) -> bool {
        let mut entries = self.lock();
        if entries.readable.contains(field) {
            return false;
        }
        let unreadable = Unreadable { reason: error.message.clone(), of_all: true, ids: BTreeSet::new() };
        entries.found.insert(field.to_owned(), unreadable);
        entries.known.remove(field);
        true
    }

    /// Whether another request may be spent on the field.
    pub(super) fn may_spend(&self, field: &str) -> bool {
        let mut entries = self.lock();
        let spent = entries.spent.entry(field.to_owned()).or_default();
        *spent += 1;
        *spent <= REQUESTS
    }
}

impl Unreadable {
    /// What there is to say of the field, behind its name.
    pub fn told(&self) -> String {
        const NAMED: usize = 3;
        let reason = self.reason.strip_suffix('.').unwrap_or(&self.reason);
        if self.of_all {
            return format!("cannot be read and is empty: {reason}");
        }
        let named: Vec<String> = self.ids.iter().take(NAMED).map(i64::to_string).collect();
        let more = if self.ids.len() > NAMED { ", ..." } else { "" };
        let records = if self.ids.len() == 1 { "record" } else { "records" };
        format!(
            "cannot be read of {} {records} (id {}{more}) and is empty there: {reason}",
            self.ids.len(),
            named.join(", ")
        )
    }
}
