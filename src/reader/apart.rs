//! Fields that a row read fails at are found, and read apart from the others: of the records that they can be had of.

use crate::reader::plan::FieldPlan;
use crate::reader::source::Source;
use crate::reader::span::Span;
use odoo::{Domain, Error, Field, Page};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many records, tried one by one, tell whether a field can be read of any.
const WITNESSES: usize = 3;

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
        let standing = self.unreadable.standing(name);
        let mut parts = Vec::new();
        if standing.is_given_up || ids.is_empty() {
            return Ok(parts);
        }
        if standing.was_of_all
            && !standing.is_readable
            && let Some(error) = self.refusal(&Domain::ids(&ids[..1]), std::slice::from_ref(field))?
            && self.unreadable.note_unreadable_at_all(name, &error)
        {
            return Ok(parts);
        }
        // those of before by themselves, so that they do not spoil the rest
        let (before, others): (Vec<i64>, Vec<i64>) = ids.iter().partition(|id| standing.suspects.contains(id));
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
        if self.unreadable.standing(name).may_be_lost {
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
            if is_any_read {
                self.unreadable.note_read(name, &[]);
            } else if self.unreadable.note_unreadable_at_all(name, &error) {
                return Ok(());
            }
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
