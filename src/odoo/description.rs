//! What fields of several models are, along ways that lead from one to the next.

use super::client::Client;
use super::error::{Error, ErrorKind};
use super::field::Field;
use std::collections::{BTreeMap, BTreeSet};

/// Fields by model and name.
pub(super) type Descriptions = BTreeMap<(String, String), Field>;

impl Client {
    /// The fields of these models and names; one request for each model. A model that the user may not look at, or that is not there,
    /// has none.
    ///
    /// # Errors
    /// Those of the network and the session.
    pub(super) fn descriptions(
        &self,
        wanted: BTreeMap<&str, BTreeSet<&str>>,
    ) -> Result<Descriptions, Error> {
        let mut found = Descriptions::new();
        for (model, names) in wanted {
            let names: Vec<&str> = names.into_iter().collect();
            let fields = match self.describe(model, Some(&names)) {
                Err(error)
                    if matches!(
                        error.kind,
                        ErrorKind::AccessDenied | ErrorKind::UnknownModel
                    ) =>
                {
                    Vec::new()
                }
                described => described?,
            };
            for field in fields {
                found.insert((model.to_owned(), field.name.clone()), field);
            }
        }
        Ok(found)
    }
}

/// The first name of a path, and what comes after it.
pub(super) fn step(path: &str) -> (&str, Option<&str>) {
    match path.split_once('.') {
        Some((step, beyond)) => (step, Some(beyond)),
        None => (path, None),
    }
}
