//! The client: a login, and calls of methods.

use crate::call::{Call, arguments};
use crate::cancel::Cancel;
use crate::domain::Domain;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::login::log_in;
use crate::options::Options;
use crate::session::{Account, Session};
use crate::transport::Transport;
use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

/// A client that is logged in to an Odoo; threads can share it.
///
/// Connections are pooled where the server keeps them alive.
///
/// Every method can fail with the kinds of the network and the session: [`ErrorKind::Unreachable`],
/// [`ErrorKind::Dropped`], [`ErrorKind::Tls`], [`ErrorKind::Timeout`], [`ErrorKind::NotOdoo`],
/// [`ErrorKind::Authentication`], [`ErrorKind::Busy`], [`ErrorKind::TooLarge`], [`ErrorKind::Malformed`],
/// [`ErrorKind::Server`], [`ErrorKind::Cancelled`]. Transient ones have been retried by then.
pub struct Client {
    endpoint: Endpoint,
    session: Session,
    transport: Arc<Transport>,
    /// Whether a model's `search_read` refuses the arguments of row reads, where that was found out.
    refused_search_reads: Mutex<BTreeMap<String, bool>>,
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
    /// Asks for the server's version, picks the protocol and logs in.
    ///
    /// The protocol is JSON-2 where the server has it (19 and later) and the secret is an API key, else JSON-RPC. Takes
    /// three requests; four where an API key meets an Odoo before 19.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownDatabase`], [`ErrorKind::Authentication`] (never retried), [`ErrorKind::InvalidOption`], and
    /// those of the network.
    pub fn open(endpoint: Endpoint, options: Options, cancel: Cancel) -> Result<Client, Error> {
        let transport = Transport::new(endpoint.url.clone(), endpoint.secret.clone(), &options, cancel)?;
        let session = log_in(&transport, &endpoint)?;
        Ok(Client { endpoint, session, transport, refused_search_reads: Mutex::default() })
    }

    /// The session: server version, protocol, user.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Whether the model's `search_read` refuses the arguments of row reads; `None` where that is not known.
    pub(crate) fn search_read_is_refused(&self, model: &str) -> Option<bool> {
        self.refused_search_reads.lock().unwrap_or_else(PoisonError::into_inner).get(model).copied()
    }

    /// Notes whether it does.
    pub(crate) fn note_search_read(&self, model: &str, is_refused: bool) {
        let mut known = self.refused_search_reads.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(model.to_owned(), is_refused);
    }

    /// The user who is logged in; one request.
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
            arguments(json!({
                "ids": [self.session.uid],
                "fields": ["name", "login", "company_id"],
            })),
        )?;
        let user = users.into_iter().next().ok_or_else(|| {
            Error::new(ErrorKind::AccessDenied, "The Odoo user may not read its own record in res.users.")
        })?;
        let (company_id, company) = user.company_id;
        Ok(Account { user_name: user.name, login: user.login, company, company_id })
    }

    /// The ids of the records that match, ascending.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`], [`ErrorKind::AccessDenied`], [`ErrorKind::Refused`] for a domain that is invalid
    /// for the model.
    pub fn search(&self, model: &str, domain: &Domain, limit: Option<u64>) -> Result<Vec<i64>, Error> {
        let mut asked = arguments(json!({"domain": domain.to_value(), "order": "id"}));
        if let Some(limit) = limit {
            asked.insert("limit".to_owned(), json!(limit));
        }
        let ids: Vec<i64> = self.call(model, "search", asked)?;
        match ids.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => Err(Error::new(
                ErrorKind::Malformed,
                format!(
                    "Odoo's answer to search on {model} is not in ascending order: {} follows {}.",
                    pair[1], pair[0]
                ),
            )),
            None => Ok(ids),
        }
    }

    /// The number of records that match.
    ///
    /// # Errors
    /// Those of [`Client::search`].
    pub fn count(&self, model: &str, domain: &Domain) -> Result<u64, Error> {
        self.call(model, "search_count", arguments(json!({"domain": domain.to_value()})))
    }

    /// Calls a method with named arguments; `ids`, where given, are the records that it is called on.
    ///
    /// Without a `context` among the arguments, it is the client's own: the user's language, archived records included.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`], [`ErrorKind::AccessDenied`], [`ErrorKind::Refused`]; [`ErrorKind::Malformed`] where
    /// the result is not a `T`.
    pub fn call<T: DeserializeOwned>(&self, model: &str, method: &str, args: Map<String, Value>) -> Result<T, Error> {
        Ok(self.call_with(model, method, args, PhantomData::<T>)?.0)
    }

    /// Calls a method and deserializes its result by `seed`; returns the length of the answer's body too.
    pub(crate) fn call_with<T, S>(
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
        self.transport.exchange(&protocol.request(&self.endpoint, uid, &call), |answer| {
            let result = protocol.result(&self.endpoint, &call, answer, seed.clone())?;
            Ok((result, answer.body.len() as u64))
        })
    }

    /// The context of calls: translated fields in the user's language, and archived records included.
    fn context(&self) -> Value {
        match &self.session.lang {
            Some(lang) => json!({"lang": lang, "active_test": false}),
            None => json!({"active_test": false}),
        }
    }
}
