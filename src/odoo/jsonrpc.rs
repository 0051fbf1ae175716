//! JSON-RPC: `POST /jsonrpc`, the login and the secret in each call.
//!
//! Success and failure both are HTTP 200, told apart by `result` and `error`; a `None` leaves `result` out
//! (`odoo/http.py`, `JsonRequest` in Odoo 14, `JsonRPCDispatcher` in Odoo 19).

use super::client::Endpoint;
use super::error::Error;
use super::failure::{self, Fault, is_html, unknown_database};
use super::protocol::Call;
use super::transport::{Answer, Request};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Value, json};
use std::fmt;

/// The request that asks for the server's version; it needs no database.
pub(super) fn version_request() -> Request {
    service("common", "version", json!([]))
}

/// The request that logs in: its result is the user's id, or `false`.
pub(super) fn login_request(endpoint: &Endpoint) -> Request {
    let Endpoint {
        database,
        login,
        secret,
        ..
    } = endpoint;
    service(
        "common",
        "authenticate",
        json!([database, login, secret.expose(), {}]),
    )
}

/// The request that makes a call.
pub(super) fn request(endpoint: &Endpoint, uid: i64, call: &Call) -> Request {
    let mut named = call.arguments.clone();
    let mut positional = Vec::new();
    // The records that a method is called on come first.
    positional.extend(named.remove("ids"));
    // Before Odoo 16 these two call the domain by another name.
    if matches!(call.method, "search" | "search_count") {
        positional.extend(named.remove("domain"));
    }
    let Endpoint {
        database, secret, ..
    } = endpoint;
    service(
        "object",
        "execute_kw",
        json!([
            database,
            uid,
            secret.expose(),
            call.model,
            call.method,
            positional,
            named
        ]),
    )
}

fn service(service: &str, method: &str, args: Value) -> Request {
    let body = json!({
        "jsonrpc": "2.0",
        "method": "call",
        "id": 1,
        "params": {"service": service, "method": method, "args": args},
    });
    Request {
        path: "/jsonrpc".to_owned(),
        headers: Vec::new(),
        body: Some(body.to_string().into_bytes()),
    }
}

/// Why an answer cannot even be an envelope, or `None` if it can.
pub(super) fn failure(answer: &Answer, endpoint: &Endpoint, asked: &str) -> Option<Error> {
    (answer.status != 200 || is_html(&answer.body))
        .then(|| failure::of_status(answer, &endpoint.url, asked))
}

/// What the error in an envelope means for a call.
pub(super) fn fault_of_call(fault: Fault, endpoint: &Endpoint, call: &Call) -> Error {
    // `odoo/service/model.py` says so of a model that is not there, as a UserError like any other.
    let unknown = fault.name == "odoo.exceptions.UserError"
        && (call.method == "fields_get"
            || fault.text() == format!("Object {} doesn't exist", call.model));
    if unknown {
        call.unknown_model()
    } else {
        fault_of(fault, endpoint, &call.to_string())
    }
}

/// What the error in an envelope means.
pub(super) fn fault_of(fault: Fault, endpoint: &Endpoint, asked: &str) -> Error {
    let Endpoint { url, database, .. } = endpoint;
    // The text is PostgreSQL's, in any language; the name in quotes tells this case from a database server that is down.
    let named = [
        format!("\"{database}\""),
        format!("»{database}«"),
        format!("« {database} »"),
    ];
    let missing =
        fault.name == "psycopg2.OperationalError" && named.iter().any(|n| fault.text().contains(n));
    // A database of another program's has no users to log in as.
    let foreign = fault.name == "builtins.KeyError" && fault.text() == "res.users";
    if missing || foreign {
        return unknown_database(url, database);
    }
    fault.into_error(url, asked)
}

/// Reads an envelope, its result by another seed.
#[derive(Clone, Copy)]
pub(super) struct Envelope<S>(pub S);

/// What was in an envelope.
pub(super) enum Content<T> {
    Result(T),
    Fault(Fault),
    /// It was no envelope.
    Foreign,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Envelope<S> {
    type Value = Content<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Envelope<S> {
    type Value = Content<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC answer")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seed = Some(self.0);
        let mut content = Content::Foreign;
        let mut jsonrpc = false;
        while let Some(key) = map.next_key::<String>()? {
            match (key.as_str(), &mut seed) {
                ("result", Some(_)) => {
                    if let Some(seed) = seed.take() {
                        content = Content::Result(map.next_value_seed(seed)?);
                    }
                }
                ("error", _) => content = Content::Fault(map.next_value::<RpcError>()?.into()),
                (other, _) => {
                    jsonrpc |= other == "jsonrpc";
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match (content, seed) {
            (_, _) if !jsonrpc => Ok(Content::Foreign),
            (Content::Foreign, Some(seed)) => seed
                .deserialize(Value::Null)
                .map(Content::Result)
                .map_err(serde::de::Error::custom),
            (content, _) => Ok(content),
        }
    }
}

/// The `error` of an envelope, of which only Odoo's `data` says what happened.
#[derive(serde::Deserialize)]
struct RpcError {
    #[serde(default)]
    message: String,
    data: Option<Fault>,
}

impl From<RpcError> for Fault {
    fn from(error: RpcError) -> Fault {
        error.data.unwrap_or_else(|| Fault::unnamed(error.message))
    }
}
