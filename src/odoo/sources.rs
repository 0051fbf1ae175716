//! Which other records a field shows that Odoo computes whenever it is read: its own record does not change with them.

use crate::client::Client;
use crate::description::{Descriptions, step};
use crate::error::Error;
use crate::field::Field;
use std::collections::{BTreeMap, BTreeSet};

/// How far the ways to the values are followed.
const LONGEST_WAY: usize = 8;

/// A way to a value: the relations that have been followed, the model that they have led to, and the rest of the path.
struct Way {
    followed: String,
    model: String,
    rest: String,
}

impl Client {
    /// The relations, dotted paths too, over which the values of those of the `fields` that are not stored come, as far as
    /// Odoo says what it computes them from and can look for records along the way. `known` are all fields of the model.
    ///
    /// One request for each step of each other model that they come from; none where nothing is computed.
    ///
    /// # Errors
    /// Those of the network and the session. A model that may not be looked at ends the way there.
    pub fn sources(
        &self,
        model: &str,
        known: &[Field],
        fields: &[&Field],
    ) -> Result<BTreeSet<String>, Error> {
        let way = |followed: &str, model: &str, rest: &str| Way {
            followed: followed.to_owned(),
            model: model.to_owned(),
            rest: rest.to_owned(),
        };
        let mut sources = BTreeSet::new();
        let mut ways: Vec<Way> = fields
            .iter()
            .filter(|field| !field.stored)
            .flat_map(|field| &field.depends)
            .map(|path| way("", model, path))
            .collect();
        for _ in 0..LONGEST_WAY {
            let described = self.first_steps(model, known, &ways)?;
            let mut ahead = Vec::new();
            for Way {
                followed,
                model,
                rest,
            } in ways
            {
                let (head, beyond) = step(&rest);
                let Some(field) = described.get(&(model.clone(), head.to_owned())) else {
                    continue;
                };
                match (beyond, &field.relation, &field.related) {
                    (Some(beyond), Some(relation), _) if field.searchable => {
                        let followed = join(&followed, head);
                        sources.insert(followed.clone());
                        ahead.push(way(&followed, relation, beyond));
                    }
                    // what is shown is itself no more than what another field shows
                    (None, _, Some(related)) if !field.stored => {
                        ahead.push(way(&followed, &model, related));
                    }
                    _ => {}
                }
            }
            if ahead.is_empty() {
                break;
            }
            ways = ahead;
        }
        Ok(sources)
    }

    /// The fields that the ways go over next, by model and name.
    fn first_steps(
        &self,
        model: &str,
        known: &[Field],
        ways: &[Way],
    ) -> Result<Descriptions, Error> {
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for way in ways {
            let (head, _) = step(&way.rest);
            wanted.entry(&way.model).or_default().insert(head);
        }
        let own = wanted.remove(model).unwrap_or_default();
        let mut found = self.descriptions(wanted)?;
        for field in known
            .iter()
            .filter(|field| own.contains(field.name.as_str()))
        {
            found.insert((model.to_owned(), field.name.clone()), field.clone());
        }
        Ok(found)
    }
}

fn join(path: &str, step: &str) -> String {
    match path {
        "" => step.to_owned(),
        path => format!("{path}.{step}"),
    }
}
