//! JSON-RPC: one address, positional arguments, and 200 for everything.

use serde_json::Value;

use super::Series;
use super::call::{Call, is_true};
use super::database::{Database, USER};
use super::fault::{ACCESS_DENIED, Fault};
use super::http::Answer;
use super::json_text::JsonText;
use super::protocol::Account;
use super::signature::listed;

/// The password beside the secret; JSON-RPC takes it.
const PASSWORD: &str = "admin";

/// Answers a request to `/jsonrpc`.
pub fn answer(database: &Database, account: &Account, body: &[u8]) -> Answer {
    let series = database.series;
    let body: Value = match (serde_json::from_slice(body), series) {
        (Ok(Value::Object(body)), _) => Value::Object(body),
        (Ok(_), Series::V14) => {
            return Answer::html(500, "<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n");
        }
        (Ok(_), Series::V19) => return Answer::html(400, "Invalid JSON-RPC data"),
        (Err(_), Series::V14) => {
            return Answer::html(
                400,
                "<title>400 Bad Request</title>\n<h1>Bad Request</h1>\n<p>Invalid JSON data</p>\n",
            );
        }
        (Err(_), Series::V19) => return Answer::html(400, "Invalid JSON data"),
    };
    envelope(series, &body["id"], service(database, account, &body["params"]))
}

fn service(database: &Database, account: &Account, params: &Value) -> Result<Vec<u8>, Fault> {
    let v14 = database.series == Series::V14;
    let missing: Vec<&str> =
        ["service", "method", "args"].into_iter().filter(|name| params.get(name).is_none()).collect();
    if !missing.is_empty() {
        let (class, plural) = (if v14 { "" } else { "JSONRPC." }, if missing.len() == 1 { "" } else { "s" });
        let message = format!(
            "{class}jsonrpc() missing {} required positional argument{plural}: {}",
            missing.len(),
            listed(&missing)
        );
        return Err(Fault::type_error(message));
    }
    let arguments = params["args"].as_array().map(Vec::as_slice).unwrap_or_default();
    match (params["service"].as_str().unwrap_or_default(), params["method"].as_str().unwrap_or_default()) {
        ("common", "version") => {
            let series = if v14 { 14 } else { 19 };
            Ok(format!(
                "{{\"server_version\": \"{series}.0\", \"server_version_info\": [{series}, 0, 0, \"final\", 0, \"\"], \"server_serie\": \
                 \"{series}.0\", \"protocol_version\": 1}}"
            )
            .into_bytes())
        }
        ("common", "authenticate" | "login") => authenticate(database, account, arguments),
        ("object", "execute_kw") => execute(database, account, arguments),
        ("common" | "object", method) => Err(Fault::new("builtins.Exception", format!("Method not found: {method}"))),
        (_, _) if v14 => {
            Err(Fault::new("builtins.UnboundLocalError", "local variable 'dispatch' referenced before assignment"))
        }
        (service, _) => Err(Fault::new("builtins.KeyError", service)),
    }
}

fn authenticate(database: &Database, account: &Account, arguments: &[Value]) -> Result<Vec<u8>, Fault> {
    let [name, login, secret, ..] = arguments else {
        return Err(Fault::type_error("exp_authenticate() missing required positional arguments"));
    };
    check_database(database, account, name)?;
    let known = login.as_str() == Some(&account.login) && is_secret(account, secret);
    Ok(if known { USER.to_string() } else { "false".to_owned() }.into_bytes())
}

fn execute(database: &Database, account: &Account, arguments: &[Value]) -> Result<Vec<u8>, Fault> {
    let [name, user, secret, model, method, rest @ ..] = arguments else {
        let message = format!("not enough values to unpack (expected at least 5, got {})", arguments.len());
        return Err(if database.series == Series::V14 {
            Fault::new("builtins.IndexError", "list index out of range")
        } else {
            Fault::value(message)
        });
    };
    check_database(database, account, name)?;
    let user = user.as_i64().or_else(|| user.as_str()?.parse().ok());
    if !is_true(secret) || user.is_none() {
        return Err(Fault::new(ACCESS_DENIED, "Access Denied"));
    }
    if let Some(user) = user.filter(|user| *user != USER) {
        let message = format!("Record does not exist or has been deleted.\n(Record: res.users({user},), User: {user})");
        return Err(Fault::new("odoo.exceptions.MissingError", message));
    }
    if !is_secret(account, secret) {
        return Err(Fault::new(ACCESS_DENIED, "Access Denied"));
    }
    let positional = rest.first().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let named = rest.get(1).and_then(Value::as_object).cloned().unwrap_or_default();
    Call::positional(
        database,
        model.as_str().unwrap_or_default(),
        method.as_str().unwrap_or_default(),
        positional,
        named,
    )?
    .answer()
}

fn is_secret(account: &Account, secret: &Value) -> bool {
    secret.as_str().is_some_and(|secret| secret == account.secret || secret == PASSWORD)
}

fn check_database(database: &Database, account: &Account, name: &Value) -> Result<(), Fault> {
    if name.as_str() == Some(&account.database) {
        return Ok(());
    }
    let name = name.as_str().unwrap_or_default();
    let server =
        if database.series == Series::V14 { "" } else { "connection to server at \"127.0.0.1\", port 5432 failed: " };
    Err(Fault::new("psycopg2.OperationalError", format!("{server}FATAL:  database \"{name}\" does not exist\n")))
}

/// The result or the exception, in JSON-RPC's envelope.
fn envelope(series: Series, id: &Value, result: Result<Vec<u8>, Fault>) -> Answer {
    let mut out = JsonText::new(series);
    out.raw("{\"jsonrpc\": \"2.0\", \"id\": ");
    out.value(id);
    out.raw(", ");
    match result {
        Ok(result) => {
            out.key("result");
            out.bytes.extend_from_slice(&result);
            out.raw("}");
        }
        Err(fault) => {
            // before 19 the code is that of the HTTP answer
            write_error(&mut out, series, if series == Series::V14 { 200 } else { 0 }, "Odoo Server Error", &fault);
        }
    }
    Answer::json(series, 200, out.bytes)
}

fn write_error(out: &mut JsonText, series: Series, code: i64, message: &str, fault: &Fault) {
    out.key("error");
    out.raw("{\"code\": ");
    out.integer(code);
    out.raw(", \"message\": ");
    out.text(message);
    out.raw(", \"data\": {\"name\": ");
    out.text(&fault.name);
    let debug = |out: &mut JsonText| {
        out.raw(", \"debug\": ");
        out.text(&fault.traceback());
    };
    if series == Series::V14 {
        debug(out);
    }
    out.raw(", \"message\": ");
    out.text(&fault.message);
    out.raw(", ");
    fault.write_arguments(out);
    out.raw(", \"context\": {}");
    if series != Series::V14 {
        debug(out);
    }
    out.raw(if code == 404 { "}, \"http_status\": 404}}" } else { "}}}" });
}

/// An exception, as an answer to the request of that id.
pub fn fault(series: Series, id: &Value, fault: &Fault) -> Answer {
    envelope(series, id, Err(fault.clone()))
}

/// 14's answer where nothing is: an exception, and for once its status.
pub fn not_found(series: Series, message: &str) -> Answer {
    let mut out = JsonText::new(series);
    out.raw("{\"jsonrpc\": \"2.0\", \"id\": null, ");
    let fault = Fault::new("werkzeug.exceptions.NotFound", message);
    write_error(&mut out, series, 404, "404: Not Found", &fault);
    Answer::json(series, 404, out.bytes)
}
