//! JSON-2: an address per method, named arguments, a status per exception. 19 and later.

use serde_json::{Map, Value};

use super::Series;
use super::call::Call;
use super::database::Database;
use super::fault::Fault;
use super::http::{Answer, Request};
use super::json_text::JsonText;
use super::protocol::Account;

/// Answers a request to `/json/2/…`.
pub fn answer(database: &Database, account: &Account, request: &Request) -> Answer {
    if request.header("x-odoo-database").is_some_and(|name| name != account.database) {
        return Answer::html(
            404,
            "<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>No database is selected and the requested URL was not \
             found in the server-wide controllers.</p>\n",
        );
    }
    result(database, account, request)
        .map_or_else(|error| fault(database.series, &error), |body| Answer::json(database.series, 200, body))
}

fn result(database: &Database, account: &Account, request: &Request) -> Result<Vec<u8>, Fault> {
    let unauthorized = |message: &str| Err(Fault::new("werkzeug.exceptions.Unauthorized", message));
    let (model, method) =
        request.path.strip_prefix("/json/2/").and_then(|rest| rest.split_once('/')).ok_or_else(not_a_method)?;
    if method.contains('/') {
        return Err(not_a_method());
    }
    // the scheme is matched in any case
    let key = request
        .header("authorization")
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match key {
        None => {
            return unauthorized("User not authenticated, use an API Key with a Bearer Authorization header.");
        }
        Some((_, key)) if key.trim() != account.secret => return unauthorized("Invalid apikey"),
        Some(_) => {}
    }
    let arguments = match &request.body[..] {
        [] => Map::new(),
        body => match serde_json::from_slice(body) {
            Ok(Value::Object(arguments)) => arguments,
            Ok(_) => Map::new(),
            Err(error) => {
                let message = format!("could not parse the body as json: {error}");
                return Err(Fault::new("werkzeug.exceptions.BadRequest", message));
            }
        },
    };
    Call::named(database, model, method, arguments)?.answer()
}

/// An exception, in JSON-2's shape and with its status.
pub fn fault(series: Series, fault: &Fault) -> Answer {
    let mut out = JsonText::new(series);
    out.raw("{");
    out.key("name");
    out.text(&fault.name);
    out.raw(", ");
    out.key("message");
    out.text(&fault.message);
    out.raw(", ");
    fault.write_arguments(&mut out);
    out.raw(", \"context\": {}, ");
    out.key("debug");
    out.text(&fault.traceback());
    out.raw("}");
    let mut answer = Answer::json(series, fault.status(), out.bytes);
    if fault.status() == 401 {
        answer.headers.push(("WWW-Authenticate", "Bearer ".to_owned()));
    }
    answer
}
/// The address is not that of a method.
pub fn not_a_method() -> Fault {
    Fault::new("werkzeug.exceptions.NotFound", "Did you mean POST /json/2/<model>/<method>?")
}
