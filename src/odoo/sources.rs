//! Dependencies of fields that are not stored: records whose changes do not touch the field's own record.

use crate::client::Client;
use crate::description::{Descriptions, step};
use crate::error::Error;
use crate::field::Field;
use std::collections::{BTreeMap, BTreeSet};

/// The longest path that is followed.
const LONGEST_PATH: usize = 8;

/// A path under way: the relations followed so far, the model that they lead to, and the rest.
struct Trail {
    followed: String,
    model: String,
    rest: String,
}

impl Client {
    /// The dotted paths of relations through which the fields that are not stored get their values.
    ///
    /// They come from what the fields depend on by `fields_get`, as far as a domain can name the relations. `known` are
    /// all fields of the model. Takes one request for each step of each other model; none where nothing is computed.
    ///
    /// # Errors
    /// Those of the network and the session. At a model that the user may not read, a path ends.
    pub fn sources(&self, model: &str, known: &[Field], fields: &[&Field]) -> Result<BTreeSet<String>, Error> {
        let trail = |followed: &str, model: &str, rest: &str| Trail {
            followed: followed.to_owned(),
            model: model.to_owned(),
            rest: rest.to_owned(),
        };
        let mut sources = BTreeSet::new();
        let mut trails: Vec<Trail> = fields
            .iter()
            .filter(|field| !field.stored)
            .flat_map(|field| &field.depends)
            .map(|path| trail("", model, path))
            .collect();
        for _ in 0..LONGEST_PATH {
            let described = self.first_steps(model, known, &trails)?;
            let mut ahead = Vec::new();
            for Trail { followed, model, rest } in trails {
                let (head, beyond) = step(&rest);
                let Some(field) = described.get(&(model.clone(), head.to_owned())) else {
                    continue;
                };
                match (beyond, &field.relation, &field.related) {
                    (Some(beyond), Some(relation), _) if field.searchable => {
                        let followed = join(&followed, head);
                        sources.insert(followed.clone());
                        ahead.push(trail(&followed, relation, beyond));
                    }
                    // a related field leads on to its own path
                    (None, _, Some(related)) if !field.stored => {
                        ahead.push(trail(&followed, &model, related));
                    }
                    _ => {}
                }
            }
            if ahead.is_empty() {
                break;
            }
            trails = ahead;
        }
        Ok(sources)
    }

    /// The fields that the trails lead to next, by model and name.
    fn first_steps(&self, model: &str, known: &[Field], trails: &[Trail]) -> Result<Descriptions, Error> {
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for trail in trails {
            let (head, _) = step(&trail.rest);
            wanted.entry(&trail.model).or_default().insert(head);
        }
        let own = wanted.remove(model).unwrap_or_default();
        let mut found = self.descriptions(wanted)?;
        for field in known.iter().filter(|field| own.contains(field.name.as_str())) {
            found.insert((model.to_owned(), field.name.clone()), field.clone());
        }
        Ok(found)
    }
}

/// Appends a name to a dotted path.
fn join(path: &str, step: &str) -> String {
    match path {
        "" => step.to_owned(),
        path => format!("{path}.{step}"),
    }
}
