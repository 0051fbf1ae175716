//! Which fields this Odoo can read by columns.

use crate::client::Client;
use crate::description::step;
use crate::domain::Domain;
use crate::error::{Error, ErrorKind};
use crate::field::{ColumnKind, Field, FieldKind};
use std::collections::{BTreeMap, BTreeSet};

/// The longest chain of related fields that is followed to a stored one.
const LONGEST_CHAIN: usize = 8;

impl Client {
    /// Divides fields into those that a columnar read can fetch and those that need a row read, in the given order.
    ///
    /// The candidates come from `fields_get`: stored fields, and those related to a stored field of another record. One
    /// columnar read that matches no record proves them. Only if Odoo refuses it are the candidates bisected until the
    /// refused ones are found: an error message is never interpreted.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`]; [`ErrorKind::AccessDenied`] where the model itself may not be read; those of the
    /// network and the session.
    pub fn columnar(&self, model: &str, fields: &[Field]) -> Result<(Vec<Field>, Vec<Field>), Error> {
        let candidates: Vec<&Field> = fields.iter().filter(|field| field.is_in_sql()).collect();
        let unstored = self.related_to_computed(model, &candidates)?;
        let guessed: Vec<Field> =
            candidates.into_iter().filter(|field| !unstored.contains(&field.name)).cloned().collect();
        let mut proven = Vec::new();
        match self.refusal(model, &guessed)? {
            None => proven = guessed,
            Some(error) => {
                // If not even the ids can be read, the fields are not the cause.
                match self.refusal(model, &[])? {
                    Some(own) if own.kind == ErrorKind::AccessDenied => return Err(own),
                    // This model has no columnar read at all.
                    Some(_) => {}
                    None if guessed.is_empty() => return Err(error),
                    None => self.prove_halves(model, &guessed, &mut proven)?,
                }
            }
        }
        let (columns, rows) =
            fields.iter().cloned().partition(|field| proven.iter().any(|proven| proven.name == field.name));
        Ok((columns, rows))
    }

    /// The names of those fields that are related to a computed field that is not stored.
    ///
    /// Some of these have SQL to be sorted by which only approximates them: that of Odoo 19's
    /// `account.move.status_in_payment` gives another value than the field. The description of a related field does not
    /// say so, hence the paths are followed, all of them in step to save requests.
    fn related_to_computed(&self, model: &str, fields: &[&Field]) -> Result<BTreeSet<String>, Error> {
        let mut computed = BTreeSet::new();
        // The field in question, the model where the rest of its path begins, and that rest.
        let mut trails: Vec<(String, String, String)> = fields
            .iter()
            .filter(|field| !field.stored)
            .filter_map(|field| Some((field.name.clone(), model.to_owned(), field.related.clone()?)))
            .collect();
        for _ in 0..LONGEST_CHAIN {
            if trails.is_empty() {
                return Ok(computed);
            }
            let mut heads: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
            for (_, model, path) in &trails {
                heads.entry(model).or_default().insert(step(path).0);
            }
            // a path through a model without read access is not followed
            let known = self.descriptions(heads)?;
            let mut ahead = Vec::new();
            for (name, model, path) in trails {
                let (head, rest) = step(&path);
                let field = known.get(&(model.clone(), head.to_owned()));
                match (field, rest) {
                    (Some(Field { relation: Some(relation), .. }), Some(rest)) => {
                        ahead.push((name, relation.clone(), rest.to_owned()));
                    }
                    (Some(Field { stored: true, .. }), None) => {}
                    (Some(Field { related: Some(related), .. }), None) => {
                        ahead.push((name, model, related.clone()));
                    }
                    // Computed, or behind a field that the user may not read: left to a row read.
                    _ => {
                        computed.insert(name);
                    }
                }
            }
            trails = ahead;
        }
        computed.extend(trails.into_iter().map(|(name, _, _)| name));
        Ok(computed)
    }

    /// Bisects fields of which not all can be read by columns; appends those that can to `proven`.
    fn prove_halves(&self, model: &str, fields: &[Field], proven: &mut Vec<Field>) -> Result<(), Error> {
        if fields.len() < 2 {
            return Ok(());
        }
        for half in [&fields[..fields.len() / 2], &fields[fields.len() / 2..]] {
            match self.refusal(model, half)? {
                None => proven.extend_from_slice(half),
                Some(_) => self.prove_halves(model, half, proven)?,
            }
        }
        Ok(())
    }

    /// Odoo's refusal to read these fields by columns, or `None` if it can.
    fn refusal(&self, model: &str, fields: &[Field]) -> Result<Option<Error>, Error> {
        match self.read_columns(model, &Domain::nothing(), fields) {
            Ok(_) => Ok(None),
            Err(error) if error.kind.is_refusal() => Ok(Some(error)),
            Err(error) => Err(error),
        }
    }
}

impl Field {
    /// Whether Odoo can probably select it in SQL: it is a column of its own table or of one that joins reach.
    ///
    /// x2many, properties and binary fields are not.
    pub fn is_in_sql(&self) -> bool {
        (self.stored || (self.sortable && self.related.is_some()))
            && self.kind != FieldKind::Properties
            && !matches!(self.kind.column_kind(), None | Some(ColumnKind::BigintArray))
    }
}
