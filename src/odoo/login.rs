//! Logging in: the server's version, the protocol, the user.

use crate::call::{Call, arguments};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::jsonrpc;
use crate::protocol::Protocol;
use crate::session::Session;
use crate::transport::Transport;
use crate::version;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::marker::PhantomData;

/// Logs in, with two or three requests after that for the version.
///
/// # Errors
/// A kind of its own for what is wrong with the server, the database, or the login and secret. A login that fails is
/// not retried: five failures lock the account for a minute (`res.users`, `_assert_can_auth`).
pub(crate) fn log_in(transport: &Transport, endpoint: &Endpoint) -> Result<Session, Error> {
    let key = endpoint.secret.is_api_key();
    let version = version::discover(transport, key)?;
    // JSON-2 takes the database's name in a header, whose value is visible ASCII.
    let fits_header = endpoint.database.bytes().all(|byte| matches!(byte, b'!'..=b'~'));
    let protocol = if version.has_json2() && key && fits_header { Protocol::Json2 } else { Protocol::JsonRpc };
    let mut session = Session {
        server_version: version.text,
        series: version.series,
        protocol,
        uid: 0,
        lang: None,
        started: version.clock,
    };
    if protocol == Protocol::JsonRpc {
        session.uid = authenticate(transport, endpoint)?;
    }
    let context: Context = call(transport, endpoint, &session, "context_get", Map::new())?;
    session.lang = context.lang.as_str().filter(|lang| !lang.is_empty()).map(str::to_owned);
    if protocol == Protocol::Json2 {
        session.uid = context
            .uid
            .ok_or_else(|| Error::new(ErrorKind::Malformed, "Odoo does not say which user the API key belongs to."))?;
        check_owner(transport, endpoint, &session)?;
    }
    Ok(session)
}

/// The result of `res.users.context_get`, which has a `uid` since Odoo 17.
#[derive(Deserialize)]
struct Context {
    #[serde(default)]
    lang: Value,
    uid: Option<i64>,
}

/// Calls a method of `res.users`, before there is a client.
fn call<T: DeserializeOwned>(
    transport: &Transport,
    endpoint: &Endpoint,
    session: &Session,
    method: &str,
    arguments: Map<String, Value>,
) -> Result<T, Error> {
    let call = Call::new("res.users", method, arguments)?;
    let protocol = session.protocol;
    transport.exchange(&protocol.request(endpoint, session.uid, &call), |answer| {
        protocol.result(endpoint, &call, answer, PhantomData::<T>)
    })
}

/// Logs in by JSON-RPC; returns the user's id.
fn authenticate(transport: &Transport, endpoint: &Endpoint) -> Result<i64, Error> {
    let answer =
        transport.exchange(&jsonrpc::login_request(endpoint), |answer| jsonrpc::login_result(endpoint, answer))?;
    answer.as_i64().filter(|uid| *uid > 0).ok_or_else(|| {
        Error::new(
            ErrorKind::Authentication,
            format!(
                "Odoo at {} refused the login of \"{}\" to the database \"{}\".",
                endpoint.url, endpoint.login, endpoint.database
            ),
        )
        .with_hint(
            "Check the login and the secret: a password, or an API key of this user's; a user with two-factor \
             authentication needs a key. After five failures Odoo refuses even the right secret for a minute.",
        )
    })
}

/// Checks that the API key belongs to the endpoint's login: JSON-2 authenticates by the key alone.
fn check_owner(transport: &Transport, endpoint: &Endpoint, session: &Session) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct User {
        login: String,
    }
    let of_user = arguments(json!({"ids": [session.uid], "fields": ["login"]}));
    let users: Vec<User> = call(transport, endpoint, session, "read", of_user)?;
    if users.first().is_some_and(|user| user.login == endpoint.login) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Authentication,
        format!("The API key for Odoo at {} does not belong to \"{}\".", endpoint.url, endpoint.login),
    )
    .with_hint("Give the login of the user who created the key, or a key that this user created."))
}
