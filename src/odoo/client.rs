//! The client: what can be asked of an Odoo.

use super::cancel::Cancel;
use super::domain::Domain;
use super::error::{Error, ErrorKind};
use super::field::{Field, FieldKind};
use super::login::{log_in, object};
use super::protocol::Call;
use super::secret::Secret;
use super::session::{Account, Session};
use super::transport::Transport;
use super::url::Url;
use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Which database of which server, and as whom.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The server.
    pub url: Url,
    /// The database's name.
    pub database: String,
    /// The user's login.
    pub login: String,
    /// A password or an API key.
    pub secret: Secret,
}

/// When a record was last written.
#[derive(Debug, Clone)]
pub struct WrittenRecord {
    /// The record's id.
    pub id: i64,
    /// The field that was asked for, as `read` gives it.
    pub value: Value,
    /// As Odoo writes times.
    pub write_date: String,
}

/// How requests are made.
#[derive(Debug, Clone)]
pub struct Options {
    /// The longest that one request may take, from connecting to the last byte.
    pub timeout: Duration,
    /// How many times a request is sent again after a transient failure; after a timeout, once at most.
    pub max_retries: u32,
    /// The shortest time between the starts of two requests, over all threads.
    pub delay: Duration,
    /// The longest body that is read, in bytes after decompression.
    pub max_response: u64,
    /// A PEM file of the authorities to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// A session with an Odoo, shared by threads. Connections are kept and used again where the server keeps them.
///
/// Every method can fail with the kinds of the network and the session: [`ErrorKind::Unreachable`],
/// [`ErrorKind::Dropped`], [`ErrorKind::Tls`], [`ErrorKind::Timeout`], [`ErrorKind::NotOdoo`],
/// [`ErrorKind::Authentication`], [`ErrorKind::Busy`], [`ErrorKind::TooLarge`], [`ErrorKind::Malformed`],
/// [`ErrorKind::Server`], [`ErrorKind::Cancelled`]. Transient ones have been retried by then.
pub struct Client {
    endpoint: Endpoint,
    session: Session,
    transport: Arc<Transport>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.endpoint)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Finds out the version, picks the protocol and logs in: JSON-2 where the server has it (19 and later) and the
    /// secret is an API key, else JSON-RPC. Three requests; four where an API key meets an Odoo before 19.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownDatabase`], [`ErrorKind::Authentication`] (tried once), [`ErrorKind::InvalidOption`], and
    /// those of the network.
    pub fn open(endpoint: Endpoint, options: Options, cancel: Cancel) -> Result<Client, Error> {
        let transport = Transport::new(
            endpoint.url.clone(),
            endpoint.secret.clone(),
            &options,
            cancel,
        )?;
        let session = log_in(&transport, &endpoint)?;
        Ok(Client {
            endpoint,
            session,
            transport,
        })
    }

    /// What is known since the login.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Who is logged in; one request.
    pub fn account(&self) -> Result<Account, Error> {
        #[derive(Deserialize)]
        struct User {
            name: String,
            login: String,
            company_id: (i64, String),
        }
        let users: Vec<User> = self.call(
            "res.users",
            "read",
            object(json!({
                "ids": [self.session.uid],
                "fields": ["name", "login", "company_id"],
            })),
        )?;
        let user = users.into_iter().next().ok_or_else(|| {
            Error::new(
                ErrorKind::AccessDenied,
                "Odoo does not let its user read their own name.",
            )
        })?;
        let (company_id, company) = user.company_id;
        Ok(Account {
            user_name: user.name,
            login: user.login,
            company,
            company_id,
        })
    }

    /// When the records of a domain were last written, with one field of theirs, as `read` gives it: for a few records.
    pub fn written(
        &self,
        model: &str,
        domain: Value,
        field: &str,
    ) -> Result<Vec<WrittenRecord>, Error> {
        let asked = json!({"domain": domain, "fields": [field, "write_date"]});
        let rows: Vec<Map<String, Value>> = self.call(model, "search_read", object(asked))?;
        let written = |mut row: Map<String, Value>| {
            Some(WrittenRecord {
                id: row.get("id")?.as_i64()?,
                value: row.remove(field)?,
                write_date: row
                    .get("write_date")?
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
            })
        };
        let malformed = || {
            let message =
                format!("Odoo's answer to search_read on {model} lacks what was asked for.");
            Error::new(ErrorKind::Malformed, message)
        };
        rows.into_iter()
            .map(|row| written(row).ok_or_else(malformed))
            .collect()
    }

    /// The fields of a model that the user may read, sorted by name; `id` is not among them.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`], [`ErrorKind::AccessDenied`].
    pub fn fields(&self, model: &str) -> Result<Vec<Field>, Error> {
        self.describe(model, None)
    }

    /// The same for just some fields; those that are not there, or not the user's to read, are left out.
    pub(super) fn describe(
        &self,
        model: &str,
        names: Option<&[&str]>,
    ) -> Result<Vec<Field>, Error> {
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
        let mut arguments = object(json!({ "attributes": attributes }));
        if let Some(names) = names {
            arguments.insert("allfields".to_owned(), json!(names));
        }
        let descriptions: BTreeMap<String, Description> =
            self.call(model, "fields_get", arguments)?;
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

    /// The type of a field. From 18 on the ids of `account.root` are the first letters of account codes, and no number:
    /// a many2one to it has no column.
    fn field_kind(&self, kind: &str, relation: Option<&str>) -> FieldKind {
        match relation {
            Some("account.root") if self.session.series >= 18 => FieldKind::Other(kind.to_owned()),
            _ => FieldKind::from_odoo(kind),
        }
    }

    /// The ids of the records that match, ascending.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`], [`ErrorKind::AccessDenied`], [`ErrorKind::Refused`] for a domain that Odoo does not
    /// understand.
    pub fn search(
        &self,
        model: &str,
        domain: &Domain,
        limit: Option<u64>,
    ) -> Result<Vec<i64>, Error> {
        let mut arguments = object(json!({"domain": domain.to_value(), "order": "id"}));
        if let Some(limit) = limit {
            arguments.insert("limit".to_owned(), json!(limit));
        }
        let ids: Vec<i64> = self.call(model, "search", arguments)?;
        match ids.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => Err(Error::new(
                ErrorKind::Malformed,
                format!(
                    "Odoo's answer to search on {model} has {} after {}.",
                    pair[1], pair[0]
                ),
            )),
            None => Ok(ids),
        }
    }

    /// How many records match.
    ///
    /// # Errors
    /// Those of [`Client::search`].
    pub fn count(&self, model: &str, domain: &Domain) -> Result<u64, Error> {
        self.call(
            model,
            "search_count",
            object(json!({"domain": domain.to_value()})),
        )
    }

    /// Calls a method with named arguments; `ids`, where given, are the records that it is called on. Unless a `context`
    /// is given it is the client's own: the user's language, archived records included.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`], [`ErrorKind::AccessDenied`], [`ErrorKind::Refused`]; [`ErrorKind::Malformed`] where
    /// the result is no `T`.
    pub fn call<T: DeserializeOwned>(
        &self,
        model: &str,
        method: &str,
        args: Map<String, Value>,
    ) -> Result<T, Error> {
        Ok(self.call_with(model, method, args, PhantomData::<T>)?.0)
    }

    /// The same with the result read by `seed`; gives the length of the body too.
    pub(super) fn call_with<T, S>(
        &self,
        model: &str,
        method: &str,
        mut arguments: Map<String, Value>,
        seed: S,
    ) -> Result<(T, u64), Error>
    where
        S: for<'de> DeserializeSeed<'de, Value = T> + Clone,
    {
        arguments.entry("context").or_insert_with(|| self.context());
        let call = Call::new(model, method, arguments)?;
        let Session { protocol, uid, .. } = self.session;
        self.transport
            .exchange(&protocol.request(&self.endpoint, uid, &call), |answer| {
                let result = protocol.result(&self.endpoint, &call, answer, seed.clone())?;
                Ok((result, answer.body.len() as u64))
            })
    }

    /// The user's language, so that texts are as the user sees them; archived records are records too.
    fn context(&self) -> Value {
        match &self.session.lang {
            Some(lang) => json!({"lang": lang, "active_test": false}),
            None => json!({"active_test": false}),
        }
    }
}

/// The path that a related field follows: `"product_tmpl_id.name"`, or `["product_tmpl_id", "name"]` in Odoo 14.
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
