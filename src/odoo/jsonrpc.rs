//! JSON-RPC: `POST /jsonrpc`, with the user's id and the secret in each call.
//!
//! Results and errors both come with HTTP 200, as `result` and `error`; a result of `None` is left out
//! (`odoo/http.py`, `JsonRequest` in Odoo 14, `JsonRPCDispatcher` in Odoo 19).

use crate::body;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::envelope::{Content, Envelope};
use crate::error::Error;
use crate::fault::Fault;
use crate::http::{Answer, Request};
use crate::status;
use serde::de::DeserializeSeed;
use serde_json::{Value, json};
use std::marker::PhantomData;

/// The request that asks for the server's version; it needs no database.
pub(crate) fn version_request() -> Request {
    service("common", "version", json!([]))
}

/// The request that logs in: its result is the user's id, or `false`.
pub(crate) fn login_request(endpoint: &Endpoint) -> Request {
    let Endpoint { database, login, secret, .. } = endpoint;
    service("common", "authenticate", json!([database, login, secret.expose(), {}]))
}

/// The request that makes a call.
pub(crate) fn request(endpoint: &Endpoint, uid: i64, call: &Call) -> Request {
    let mut named = call.arguments.clone();
    let mut positional = Vec::new();
    // `execute_kw` takes the records that a method is called on as the first argument.
    positional.extend(named.remove("ids"));
    // Before Odoo 16 these two name the domain `args`.
    if matches!(call.method, "search" | "search_count") {
        positional.extend(named.remove("domain"));
    }
    let Endpoint { database, secret, .. } = endpoint;
    service("object", "execute_kw", json!([database, uid, secret.expose(), call.model, call.method, positional, named]))
}

/// A request for a method of one of the services `common` and `object`.
fn service(service: &str, method: &str, args: Value) -> Request {
    let body = json!({
        "jsonrpc": "2.0",
        "method": "call",
        "id": 1,
        "params": {"service": service, "method": method, "args": args},
    });
    Request { path: "/jsonrpc".to_owned(), headers: Vec::new(), body: Some(body.to_string().into_bytes()) }
}

/// The result of a login: the user's id, or `false`.
pub(crate) fn login_result(endpoint: &Endpoint, answer: &Answer) -> Result<Value, Error> {
    let asked = "the login";
    content(endpoint, asked, answer, PhantomData::<Value>)?.map_err(|fault| fault_of(fault, endpoint, asked))
}

/// The result of a call, deserialized by `seed`.
///
/// # Errors
/// That of Odoo's exception, or of an answer that is not Odoo's.
pub(crate) fn result<'de, S: DeserializeSeed<'de>>(
    endpoint: &Endpoint,
    call: &Call,
    answer: &'de Answer,
    seed: S,
) -> Result<S::Value, Error> {
    content(endpoint, &call.to_string(), answer, seed)?.map_err(|fault| fault_of_call(fault, endpoint, call))
}

/// The content of an answer: the result, deserialized by `seed`, or Odoo's exception.
fn content<'de, S: DeserializeSeed<'de>>(
    endpoint: &Endpoint,
    asked: &str,
    answer: &'de Answer,
    seed: S,
) -> Result<Result<S::Value, Fault>, Error> {
    status::check(answer, &endpoint.url, asked)?;
    match body::read(&answer.body, Envelope(seed), asked)? {
        Content::Result(value) => Ok(Ok(value)),
        Content::Fault(fault) => Ok(Err(fault)),
        Content::Foreign => Err(status::other_program(&endpoint.url)),
    }
}

/// The error for an exception that a call raised.
fn fault_of_call(fault: Fault, endpoint: &Endpoint, call: &Call) -> Error {
    // How `odoo/service/model.py` reports an unknown model: a UserError like any other.
    let unknown = fault.name == "odoo.exceptions.UserError"
        && (call.method == "fields_get" || fault.text() == format!("Object {} doesn't exist", call.model));
    if unknown { call.unknown_model() } else { fault_of(fault, endpoint, &call.to_string()) }
}

/// The error for an exception that a login or a call raised.
fn fault_of(fault: Fault, endpoint: &Endpoint, asked: &str) -> Error {
    let Endpoint { url, database, .. } = endpoint;
    // The text is PostgreSQL's, in any language: the quoted name tells a missing database from a server that is down.
    let named = [format!("\"{database}\""), format!("»{database}«"), format!("« {database} »")];
    let missing = fault.name == "psycopg2.OperationalError" && named.iter().any(|n| fault.text().contains(n));
    // A database that Odoo did not create has no `res.users`.
    let foreign = fault.name == "builtins.KeyError" && fault.text() == "res.users";
    if missing || foreign {
        return endpoint.unknown_database();
    }
    fault.into_error(url, asked)
}
