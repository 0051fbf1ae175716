//! JSON-2: `POST /json/2/<model>/<method>` with named arguments and an API key.
//!
//! An error is an HTTP status with `{name, message, arguments, context, debug}`
//! (`odoo/http.py`, `Json2Dispatcher`; `odoo/addons/rpc/controllers/json2.py` in Odoo 19).

use crate::body;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::fault::Fault;
use crate::http::{Answer, Request};
use crate::status;
use crate::url::Url;
use serde::de::DeserializeSeed;

/// The request that makes a call.
pub(crate) fn request(endpoint: &Endpoint, call: &Call) -> Request {
    Request {
        path: format!("/json/2/{}/{}", call.model, call.method),
        headers: vec![
            ("Authorization", format!("bearer {}", endpoint.secret.expose())),
            ("X-Odoo-Database", endpoint.database.clone()),
        ],
        body: Some(call.arguments_json()),
    }
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
    if answer.status != 200 {
        return Err(failure(endpoint, call, answer));
    }
    let asked = call.to_string();
    status::check(answer, &endpoint.url, &asked)?;
    body::read(&answer.body, seed, &asked)
}

/// The error for an answer with another status than 200.
fn failure(endpoint: &Endpoint, call: &Call, answer: &Answer) -> Error {
    let url = &endpoint.url;
    // Odoo's exceptions are JSON with a name; the rest is a proxy's, or Odoo's page for a database that it lacks.
    let fault = serde_json::from_slice::<Fault>(&answer.body).ok().filter(|f| !f.name.is_empty());
    match (answer.status, fault) {
        (404, None) if answer.is_html() => endpoint.unknown_database(),
        // The status says more than the body, whether it is a proxy's or Odoo's own "too many requests".
        (429 | 502..=504, _) | (_, None) => status::error(answer, url, &call.to_string()),
        (401, Some(_)) => invalid_key(url),
        (404, Some(fault)) if fault.text().contains(&format!("model '{}'", call.model)) => call.unknown_model(),
        (409, Some(fault)) => fault.into_busy(&call.to_string()),
        (_, Some(fault)) => fault.into_error(url, &call.to_string()),
    }
}

/// The error for an API key that no user of the database has.
fn invalid_key(url: &Url) -> Error {
    Error::new(ErrorKind::Authentication, format!("Odoo at {url} refused the API key.")).with_hint(
        "Check that the key belongs to this database and has not expired; a new one is made in Odoo under \
             Preferences, Account Security.",
    )
}
