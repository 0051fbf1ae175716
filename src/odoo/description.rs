//! Descriptions of fields, from `fields_get`.

use crate::call::arguments;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::field::{Field, FieldKind};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Fields by model and name.
pub(crate) type Descriptions = BTreeMap<(String, String), Field>;

impl Client {
    /// The fields of a model that the user may read, sorted by name; `id` is not among them.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`], [`ErrorKind::AccessDenied`].
    pub fn fields(&self, model: &str) -> Result<Vec<Field>, Error> {
        self.describe(model, None)
    }

    /// The fields of a model with these names, or all; without those that do not exist or that the user may not read.
    fn describe(&self, model: &str, names: Option<&[&str]>) -> Result<Vec<Field>, Error> {
        #[derive(Deserialize)]
        struct Description {
            #[serde(rename = "type")]
            kind: String,
            #[serde(default)]
            store: bool,
            #[serde(default)]
            sortable: bool,
            related: Option<Value>,
            depends: Option<Vec<String>>,
            #[serde(default)]
            searchable: bool,
            #[serde(default)]
            company_dependent: bool,
            relation: Option<String>,
            #[serde(default)]
            string: String,
        }
        let attributes = [
            "type",
            "store",
            "sortable",
            "related",
            "depends",
            "searchable",
            "company_dependent",
            "relation",
            "string",
        ];
        let mut asked = arguments(json!({ "attributes": attributes }));
        if let Some(names) = names {
            asked.insert("allfields".to_owned(), json!(names));
        }
        let descriptions: BTreeMap<String, Description> = self.call(model, "fields_get", asked)?;
        Ok(descriptions
            .into_iter()
            .filter(|(name, _)| name != "id")
            .map(|(name, description)| Field {
                name,
                kind: self.field_kind(&description.kind, description.relation.as_deref()),
                stored: description.store,
                sortable: description.sortable,
                related: path(description.related),
                depends: description.depends.unwrap_or_default(),
                searchable: description.searchable,
                company_dependent: description.company_dependent,
                relation: description.relation,
                label: description.string,
            })
            .collect())
    }

    /// The type of a field; a many2one whose ids are not integers has no column.
    fn field_kind(&self, kind: &str, relation: Option<&str>) -> FieldKind {
        match relation {
            Some("account.root") if self.session().account_root_ids_are_text() => FieldKind::Other(kind.to_owned()),
            _ => FieldKind::from_odoo(kind),
        }
    }

    /// The fields with these names of each model; one request a model.
    ///
    /// A model that does not exist or that the user may not read has none.
    ///
    /// # Errors
    /// Those of the network and the session.
    pub(crate) fn descriptions(&self, wanted: BTreeMap<&str, BTreeSet<&str>>) -> Result<Descriptions, Error> {
        let mut found = Descriptions::new();
        for (model, names) in wanted {
            let names: Vec<&str> = names.into_iter().collect();
            let fields = match self.describe(model, Some(&names)) {
                Err(error) if matches!(error.kind, ErrorKind::AccessDenied | ErrorKind::UnknownModel) => Vec::new(),
                described => described?,
            };
            for field in fields {
                found.insert((model.to_owned(), field.name.clone()), field);
            }
        }
        Ok(found)
    }
}

/// Splits a dotted path into its first name and the rest.
pub(crate) fn step(path: &str) -> (&str, Option<&str>) {
    match path.split_once('.') {
        Some((step, beyond)) => (step, Some(beyond)),
        None => (path, None),
    }
}

/// The dotted path of a related field, from `"product_tmpl_id.name"`, or `["product_tmpl_id", "name"]` in Odoo 14.
fn path(related: Option<Value>) -> Option<String> {
    match related? {
        Value::String(path) => Some(path),
        Value::Array(names) => {
            let names: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
            names.map(|names| names.join("."))
        }
        _ => None,
    }
}
