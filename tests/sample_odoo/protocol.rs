//! From an HTTP request to an HTTP answer: which address is which.

use serde_json::Value;

use super::Series;
use super::database::Database;
use super::fault::Fault;
use super::http::{Answer, Request};
use super::{json2, jsonrpc};

/// Who may ask.
pub struct Account {
    pub database: String,
    pub login: String,
    pub secret: String,
}

/// Answers one request.
pub fn answer(database: &Database, account: &Account, request: &Request) -> Answer {
    let v19 = database.series >= Series::V19;
    let is_json = request.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    match (request.verb.as_str(), request.path.as_str()) {
        ("GET", "/web/version") if v19 => Answer::json(
            database.series,
            200,
            br#"{"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}"#.to_vec(),
        ),
        ("GET", "/web/login") => {
            Answer::html(200, "<!DOCTYPE html>\n<html><head><title>Odoo</title></head><body>Log in</body></html>")
        }
        (verb, path) if v19 && (path == "/json/2" || path.starts_with("/json/2/")) => match verb {
            "POST" if is_json || request.body.is_empty() => json2::answer(database, account, request),
            "POST" => unsupported("json2", "/json/2/&lt;__model__&gt;/&lt;__method__&gt;", "[&#39;http&#39;]"),
            _ => json2::fault(database.series, &json2::not_a_method()),
        },
        ("POST", "/jsonrpc") if is_json => jsonrpc::answer(database, account, &request.body),
        (_, "/jsonrpc") if v19 => unsupported("jsonrpc", "/jsonrpc", "[&#39;http&#39;, &#39;json2&#39;]"),
        (_, "/jsonrpc") => Answer::html(400, "<title>400 Bad Request</title>\n<h1>Bad Request</h1>\n"),
        ("POST", _) if is_json && !v19 => {
            let message = "404 Not Found: The requested URL was not found on the server. If you entered the URL manually please check your \
                           spelling and try again.";
            jsonrpc::not_found(database.series, message)
        }
        _ => Answer::html(
            404,
            "<!DOCTYPE html>\n<html><head><title>Odoo</title></head><body><h1>Error 404</h1></body></html>",
        ),
    }
}
/// The model and the method that a request names, for the record of requests.
pub fn subject(request: &Request) -> (Option<String>, Option<String>) {
    if let Some((model, method)) = request.path.strip_prefix("/json/2/").and_then(|rest| rest.split_once('/')) {
        return (Some(model.to_owned()), Some(method.to_owned()));
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let params = &body["params"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match (params["service"].as_str(), params["method"].as_str()) {
        (Some("object"), Some("execute_kw" | "execute")) => (text(&params["args"][3]), text(&params["args"][4])),
        (Some(service), Some(method)) => (None, Some(format!("{service}.{method}"))),
        _ => (None, None),
    }
}
/// An error that a test asked for, in the shape of the protocol that the request speaks.
pub fn error(database: &Database, request: &Request, fault: &Fault) -> Answer {
    if request.path.starts_with("/json/2") {
        return json2::fault(database.series, fault);
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    jsonrpc::fault(database.series, &body["id"], fault)
}
fn unsupported(kind: &str, route: &str, inferred: &str) -> Answer {
    let text =
        format!("Request inferred type is compatible with {inferred} but &#39;{route}&#39; is type=&#39;{kind}&#39;.");
    Answer::html(
        415,
        &format!("<!doctype html>\n<html lang=en>\n<title>415 Unsupported Media Type</title>\n<p>{text}</p>\n"),
    )
}
