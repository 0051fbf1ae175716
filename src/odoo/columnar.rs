//! Which fields a server can read by columns.

use crate::client::Client;
use crate::description::step;
use crate::domain::Domain;
use crate::error::{Error, ErrorKind};
use crate::field::{ColumnKind, Field, FieldKind};
use std::collections::{BTreeMap, BTreeSet};

/// How many related fields may show one another before the last one shows a stored one.
const LONGEST_CHAIN: usize = 8;

impl Client {
    /// Which of the fields can be read by columns, and which need a row read: (columns, rows), each in the given order.
    ///
    /// What Odoo says about the fields makes a guess: those that are stored, and those that show a stored field of another
    /// record. One columnar read that matches no record proves it. Only when Odoo
    /// refuses it are the guessed ones halved until those that it refuses are found: a message is never interpreted.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`], [`ErrorKind::AccessDenied`] where the model itself may not be read, and those that do
    /// not come from the fields.
    pub fn columnar(
        &self,
        model: &str,
        fields: &[Field],
    ) -> Result<(Vec<Field>, Vec<Field>), Error> {
        let candidates: Vec<&Field> = fields.iter().filter(|field| field.is_in_sql()).collect();
        let unstored = self.shown_by_computing(model, &candidates)?;
        let guessed: Vec<Field> = candidates
            .into_iter()
            .filter(|field| !unstored.contains(&field.name))
            .cloned()
            .collect();
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
        let (columns, rows) = fields
            .iter()
            .cloned()
            .partition(|field| proven.iter().any(|proven| proven.name == field.name));
        Ok((columns, rows))
    }

    /// Those of the fields that show a field which is computed whenever it is read.
    ///
    /// Some computed fields have SQL of their own to be sorted by, and it is an approximation: that of Odoo 19's
    /// `account.move.status_in_payment` gives another value than the field. A field that shows such a one cannot be told
    /// from others by its own description, so the paths are followed, all of them in step.
    fn shown_by_computing(
        &self,
        model: &str,
        fields: &[&Field],
    ) -> Result<BTreeSet<String>, Error> {
        let mut computed = BTreeSet::new();
        // The field that it is about, the model where the rest of the path begins, and that rest.
        let mut trails: Vec<(String, String, String)> = fields
            .iter()
            .filter(|field| !field.stored)
            .filter_map(|field| {
                Some((field.name.clone(), model.to_owned(), field.related.clone()?))
            })
            .collect();
        for _ in 0..LONGEST_CHAIN {
            if trails.is_empty() {
                return Ok(computed);
            }
            let mut heads: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
            for (_, model, path) in &trails {
                heads.entry(model).or_default().insert(step(path).0);
            }
            // a path over a model that may not be looked at is not followed
            let known = self.descriptions(heads)?;
            let mut ahead = Vec::new();
            for (name, model, path) in trails {
                let (head, rest) = step(&path);
                let field = known.get(&(model.clone(), head.to_owned()));
                match (field, rest) {
                    (
                        Some(Field {
                            relation: Some(relation),
                            ..
                        }),
                        Some(rest),
                    ) => {
                        ahead.push((name, relation.clone(), rest.to_owned()));
                    }
                    (Some(Field { stored: true, .. }), None) => {}
                    (
                        Some(Field {
                            related: Some(related),
                            ..
                        }),
                        None,
                    ) => {
                        ahead.push((name, model, related.clone()));
                    }
                    // Computed, or on a way that the user may not look along: a row read will tell.
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

    /// Adds those of the fields that can be read by columns, knowing that not all of them can.
    fn prove_halves(
        &self,
        model: &str,
        fields: &[Field],
        proven: &mut Vec<Field>,
    ) -> Result<(), Error> {
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

    /// Why these fields cannot be read by columns together, or `None` if they can.
    fn refusal(&self, model: &str, fields: &[Field]) -> Result<Option<Error>, Error> {
        match self.read_columns(model, &Domain::nothing(), fields) {
            Ok(_) => Ok(None),
            Err(error) if error.kind.is_refusal() => Ok(Some(error)),
            Err(error) => Err(error),
        }
    }
}

impl Field {
    /// Whether Odoo can probably say it in SQL: it is a column of its table, or of another that joins reach. Lists of
    /// records, properties and binaries are not values of a column.
    pub fn is_in_sql(&self) -> bool {
        (self.stored || (self.sortable && self.related.is_some()))
            && self.kind != FieldKind::Properties
            && !matches!(
                self.kind.column_kind(),
                None | Some(ColumnKind::BigintArray)
            )
    }
}
