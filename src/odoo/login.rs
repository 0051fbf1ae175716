//! From an address and a secret to a session: which Odoo is it, which protocol, who.

use super::client::Endpoint;
use super::error::{Error, ErrorKind};
use super::failure;
use super::jsonrpc;
use super::protocol::{self, Call};
use super::session::{Protocol, Session};
use super::transport::{Answer, Request, Transport};
use super::url::Url;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value, json};
use std::marker::PhantomData;
use std::time::SystemTime;

/// The first series that speaks JSON-2.
const JSON2_SINCE: u32 = 19;

/// Which Odoo answers.
struct Version {
    text: String,
    series: u32,
    /// Its clock when it answered.
    clock: SystemTime,
}

/// Logs in: two or three requests after the version.
///
/// # Errors
/// What is wrong with the server, the database, the login or the secret, each by its own kind. A login that fails is
/// tried once: five failures lock an account out for a minute (`res.users`, `_assert_can_auth`).
pub(super) fn log_in(transport: &Transport, endpoint: &Endpoint) -> Result<Session, Error> {
    let key = endpoint.secret.is_api_key();
    let version = discover(transport, key)?;
    // The database's name becomes a header there, and no header can carry another one.
    let fits_header = endpoint
        .database
        .bytes()
        .all(|byte| matches!(byte, b'!'..=b'~'));
    let protocol = if version.series >= JSON2_SINCE && key && fits_header {
        Protocol::Json2
    } else {
        Protocol::JsonRpc
    };
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
    session.lang = context
        .lang
        .as_str()
        .filter(|lang| !lang.is_empty())
        .map(str::to_owned);
    if protocol == Protocol::Json2 {
        session.uid = context.uid.ok_or_else(|| {
            Error::new(
                ErrorKind::Malformed,
                "Odoo does not tell whose the API key is.",
            )
        })?;
        check_owner(transport, endpoint, &session)?;
    }
    Ok(session)
}

/// What `res.users.context_get` says; `uid` since Odoo 17.
#[derive(Deserialize)]
struct Context {
    #[serde(default)]
    lang: Value,
    uid: Option<i64>,
}

/// A call before there is a client.
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

/// By JSON-RPC: the user's id.
fn authenticate(transport: &Transport, endpoint: &Endpoint) -> Result<i64, Error> {
    let asked = "the login";
    let answer: Value = transport.exchange(&jsonrpc::login_request(endpoint), |answer| {
        let content = protocol::envelope(endpoint, asked, answer, PhantomData::<Value>)?;
        content.map_err(|fault| jsonrpc::fault_of(fault, endpoint, asked))
    })?;
    answer.as_i64().filter(|uid| *uid > 0).ok_or_else(|| {
        Error::new(
            ErrorKind::Authentication,
            format!(
                "Odoo at {} does not let \"{}\" log in to the database \"{}\".",
                endpoint.url, endpoint.login, endpoint.database
            ),
        )
        .with_hint(
            "Check the login and the secret: a password, or an API key of this user's; a user with two-factor \
             authentication needs a key. After five failures Odoo refuses even the right secret for a minute.",
        )
    })
}

/// By JSON-2, where the API key alone says who it is: that it is the user whom the endpoint names.
fn check_owner(transport: &Transport, endpoint: &Endpoint, session: &Session) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct User {
        login: String,
    }
    let arguments = object(json!({"ids": [session.uid], "fields": ["login"]}));
    let users: Vec<User> = call(transport, endpoint, session, "read", arguments)?;
    if users
        .first()
        .is_some_and(|user| user.login == endpoint.login)
    {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Authentication,
        format!(
            "The API key that Odoo at {} was given does not belong to \"{}\".",
            endpoint.url, endpoint.login
        ),
    )
    .with_hint("Give the login of the user who made the key, or a key that this user made."))
}

/// Finds out which Odoo answers. With an API key the server is likely to have `/web/version` (19 and later); with a
/// password it is asked by JSON-RPC, which all up to 21 have. Each is the other's second choice.
fn discover(transport: &Transport, key: bool) -> Result<Version, Error> {
    let first = if key { by_page } else { by_rpc };
    let second = if key { by_rpc } else { by_page };
    match first(transport) {
        Err(error) if error.kind == ErrorKind::NotOdoo => {
            // Of two answers that are not Odoo's, the first one stands.
            second(transport).map_err(|other| match other.kind {
                ErrorKind::NotOdoo => error,
                _ => other,
            })
        }
        outcome => outcome,
    }
}

/// `GET /web/version` (`odoo/addons/web/controllers/home.py` in Odoo 19).
fn by_page(transport: &Transport) -> Result<Version, Error> {
    #[derive(Deserialize)]
    struct Page {
        version: String,
        version_info: Vec<Value>,
    }
    let request = Request {
        path: "/web/version".to_owned(),
        headers: Vec::new(),
        body: None,
    };
    transport.exchange(&request, |answer| {
        let url = transport.url();
        if answer.status != 200 || failure::is_html(&answer.body) {
            return Err(failure::of_status(
                answer,
                url,
                "the question for its version",
            ));
        }
        let page: Page = read(answer, url)?;
        version(page.version, &page.version_info, answer, url)
    })
}

/// `common.version` (`odoo/service/common.py`).
fn by_rpc(transport: &Transport) -> Result<Version, Error> {
    #[derive(Deserialize)]
    struct Envelope {
        result: Option<About>,
        /// Its being there is what matters: some Odoo it is.
        error: Option<IgnoredAny>,
    }
    #[derive(Deserialize)]
    struct About {
        server_version: String,
        server_version_info: Vec<Value>,
    }
    transport.exchange(&jsonrpc::version_request(), |answer| {
        let url = transport.url();
        if answer.status != 200 || failure::is_html(&answer.body) {
            return Err(failure::of_status(
                answer,
                url,
                "the question for its version",
            ));
        }
        match read(answer, url)? {
            Envelope {
                result: Some(about),
                ..
            } => version(
                about.server_version,
                &about.server_version_info,
                answer,
                url,
            ),
            Envelope { error: Some(_), .. } => Err(Error::new(
                ErrorKind::Server,
                format!("Odoo at {url} does not tell its version."),
            )
            .with_hint("Odoo's own log has the details, at this time.")),
            Envelope { .. } => Err(failure::foreign(url)),
        }
    })
}

/// JSON of another shape is another program's; one that is cut off is worth another try.
fn read<T: DeserializeOwned>(answer: &Answer, url: &Url) -> Result<T, Error> {
    protocol::read(
        &answer.body,
        PhantomData::<T>,
        "the question for its version",
    )
    .map_err(|error| {
        if error.kind.is_transient() {
            error
        } else {
            failure::foreign(url)
        }
    })
}

/// `[19, 0, 0, "final", 0, ""]`, or `["saas~18", 2, …]`.
fn version(text: String, info: &[Value], answer: &Answer, url: &Url) -> Result<Version, Error> {
    let series = match info.first() {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(name)) => name
            .trim_start_matches(|c: char| !c.is_ascii_digit())
            .parse()
            .ok(),
        _ => None,
    };
    let series = series.and_then(|series| u32::try_from(series).ok());
    // Every Odoo dates its answers; where a proxy takes the date away, this machine's clock must do.
    let clock = answer.date.unwrap_or_else(SystemTime::now);
    match series {
        Some(series) => Ok(Version {
            text,
            series,
            clock,
        }),
        None => Err(failure::foreign(url)),
    }
}

/// The map of a `json!({…})`.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
