//! Fields that Odoo fails to read: a computed field that raises, or that needs a right which the user lacks.
//!
//! That is the column's loss, never a record's: such a field is read apart from the others, and is empty for the records
//! that it cannot be had of.

use crate::reader::plan::FieldPlan;
use crate::reader::source::Source;
use crate::reader::span::Span;
use odoo::{Domain, Error, Field, Page};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The requests that one field may take in a run to find out which records it cannot be read of.
const REQUESTS: u32 = 40;
/// How many records, tried one by one, tell whether a field can be read of any.
const WITNESSES: usize = 3;

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

#[derive(Debug, Default)]
struct Entries {
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
        entries.known = known.clone();
        entries.found = if is_full { UnreadableFields::new() } else { known.clone() };
    }

    /// The fields that cannot be read of some record, or of any.
    pub fn found(&self) -> UnreadableFields {
        let is_unreadable = |field: &Unreadable| field.of_all || !field.ids.is_empty();
        let found = self.lock().found.clone();
        found.into_iter().filter(|(_, field)| is_unreadable(field)).collect()
    }

    /// The fields that no record had before and some have now, so that those that were not read again lack it.
    pub fn healed(&self) -> Vec<String> {
        let entries = self.lock();
        let was_of_all = entries.known.iter().filter(|(_, field)| field.of_all);
        was_of_all.map(|(name, _)| name.clone()).filter(|name| entries.readable.contains(name)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_read(&self, field: &str, ids: &[i64]) {
        let mut entries = self.lock();
        entries.readable.insert(field.to_owned());
        if let Some(found) = entries.found.get_mut(field) {
            found.of_all = false;
            found.ids.retain(|id| ids.binary_search(id).is_err());
        }
    }

    fn note_unreadable(&self, field: &str, ids: &[i64], error: &Error) {
        let mut entries = self.lock();
        let found = entries.found.entry(field.to_owned()).or_default();
        found.reason.clone_from(&error.message);
        found.ids.extend(ids);
    }

    fn note_unreadable_at_all(&self, field: &str, error: &Error) {
        let mut entries = self.lock();
        let unreadable = Unreadable { reason: error.message.clone(), of_all: true, ids: BTreeSet::new() };
        entries.found.insert(field.to_owned(), unreadable);
        entries.known.remove(field);
    }

    /// Whether another request may be spent on the field.
    fn may_spend(&self, field: &str) -> bool {
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

impl FieldPlan {
    /// Has these fields read apart from the others.
    pub fn set_apart(&mut self, names: &BTreeSet<String>) {
        let (apart, rows) = std::mem::take(&mut self.rows).into_iter().partition(|field| names.contains(&field.name));
        self.rows = rows;
        self.apart.extend::<Vec<Field>>(apart);
    }
}

impl Source {
    /// The plan without the fields that a row read of the span fails at, after it has failed; None where none of them is
    /// the cause.
    pub(super) fn find_broken_fields(&self, plan: &FieldPlan, span: &Span) -> Result<Option<Arc<FieldPlan>>, Error> {
        let domain = self.domain.and(&span.domain());
        // where not even the ids can be read, it is a record
        if plan.rows.is_empty() || self.refusal(&domain, &[])?.is_some() {
            return Ok(None);
        }
        let mut broken = BTreeSet::new();
        self.find_broken(&domain, &plan.rows, &mut broken)?;
        if broken.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.change_plan(|plan| plan.set_apart(&broken))))
    }

    /// Adds those of the fields that fail by themselves, knowing that they fail together.
    fn find_broken(&self, domain: &Domain, fields: &[Field], broken: &mut BTreeSet<String>) -> Result<(), Error> {
        if let [field] = fields {
            broken.insert(field.name.clone());
            return Ok(());
        }
        let (first, second) = fields.split_at(fields.len() / 2);
        for half in [first, second] {
            if self.refusal(domain, half)?.is_some() {
                self.find_broken(domain, half, broken)?;
            }
        }
        Ok(())
    }

    /// Why a row read of these fields fails, if it does.
    fn refusal(&self, domain: &Domain, fields: &[Field]) -> Result<Option<Error>, Error> {
        match self.client.read_by_rows(&self.spec.model, domain, fields) {
            Ok(_) => Ok(None),
            Err(error) if error.kind.is_refusal() => Ok(Some(error)),
            Err(error) => Err(error),
        }
    }

    /// Reads a field of these records, in parts that leave out those that it cannot be read of.
    pub(super) fn read_apart(&self, field: &Field, ids: &[i64]) -> Result<Vec<Page>, Error> {
        let name = field.name.as_str();
        let (is_over, was_of_all, suspects) = {
            let entries = self.unreadable.lock();
            let known = entries.known.get(name);
            let is_over = known.is_none() && entries.found.get(name).is_some_and(|found| found.of_all);
            (is_over, known.is_some_and(|known| known.of_all), known.map(|known| known.ids.clone()))
        };
        let mut parts = Vec::new();
        if is_over || ids.is_empty() {
            return Ok(parts);
        }
        if was_of_all
            && !self.unreadable.lock().readable.contains(name)
            && let Some(error) = self.refusal(&Domain::ids(&ids[..1]), std::slice::from_ref(field))?
        {
            self.unreadable.note_unreadable_at_all(name, &error);
            return Ok(parts);
        }
        // those of before by themselves, so that they do not spoil the rest
        let suspects = suspects.unwrap_or_default();
        let (before, others): (Vec<i64>, Vec<i64>) = ids.iter().partition(|id| suspects.contains(id));
        for ids in [others, before] {
            self.read_part_apart(field, &ids, &mut parts)?;
        }
        Ok(parts)
    }

    fn read_part_apart(&self, field: &Field, ids: &[i64], parts: &mut Vec<Page>) -> Result<(), Error> {
        let name = field.name.as_str();
        if ids.is_empty() {
            return Ok(());
        }
        let read =
            |ids: &[i64]| self.client.read_by_rows(&self.spec.model, &Domain::ids(ids), std::slice::from_ref(field));
        let error = match read(ids) {
            Ok(part) => {
                self.unreadable.note_read(name, &part.ids);
                parts.push(part);
                return Ok(());
            }
            Err(error) if error.kind.is_refusal() => error,
            Err(error) => return Err(error),
        };
        if let [id] = ids {
            self.unreadable.note_unreadable(name, &[*id], &error);
            return Ok(());
        }
        if !self.unreadable.lock().readable.contains(name) {
            let witnesses: BTreeSet<i64> =
                [ids[0], ids[ids.len() / 2], ids[ids.len() - 1]].into_iter().take(WITNESSES).collect();
            let mut is_any_read = false;
            for id in witnesses {
                match read(&[id]) {
                    Ok(_) => {
                        is_any_read = true;
                        break;
                    }
                    Err(error) if error.kind.is_refusal() => {}
                    Err(error) => return Err(error),
                }
            }
            if !is_any_read {
                self.unreadable.note_unreadable_at_all(name, &error);
                return Ok(());
            }
            self.unreadable.note_read(name, &[]);
        }
        let (first, second) = ids.split_at(ids.len() / 2);
        for half in [first, second] {
            if self.unreadable.may_spend(name) {
                self.read_part_apart(field, half, parts)?;
            } else {
                self.unreadable.note_unreadable(name, half, &error);
            }
        }
        Ok(())
    }
}
