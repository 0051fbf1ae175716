//! A method called on a model, with its arguments bound.

use serde_json::{Map, Value};

use super::Series;
use super::database::Database;
use super::fault::Fault;
use super::signature::Signature;
use super::table::{ID, Row};

/// A call whose arguments are bound.
pub struct Call<'a> {
    pub database: &'a Database,
    pub model: &'a str,
    pub method: &'a str,
    pub ids: Vec<i64>,
    pub arguments: Map<String, Value>,
    context: Value,
}

impl<'a> Call<'a> {
    /// A call as JSON-2 makes it: named arguments, `ids` and `context` among them.
    pub fn named(
        database: &'a Database,
        model: &'a str,
        method: &'a str,
        mut arguments: Map<String, Value>,
    ) -> Result<Call<'a>, Fault> {
        let not_found = |message: String| Fault::new("werkzeug.exceptions.NotFound", message);
        if !database.has(model) {
            return Err(not_found(format!("the model '{model}' does not exist")));
        }
        let signature = signature(database, model, method)?
            .ok_or_else(|| not_found(format!("The method '{model}.{method}' does not exist")))?;
        let context = arguments.remove("context").unwrap_or_default();
        let ids = arguments.remove("ids").unwrap_or_default();
        if !signature.on_records && is_true(&ids) {
            let message = format!("cannot call {model}.{method} with ids");
            return Err(Fault::new("werkzeug.exceptions.UnprocessableEntity", message));
        }
        let arguments = signature.bind_named(database.series, arguments)?;
        Ok(Call { database, model, method, ids: read_ids(&ids)?, arguments, context })
    }

    /// A call as `execute_kw` makes it: the ids, where the method wants them, come first.
    pub fn positional(
        database: &'a Database,
        model: &'a str,
        method: &'a str,
        mut positional: &[Value],
        mut named: Map<String, Value>,
    ) -> Result<Call<'a>, Fault> {
        let series = database.series;
        if !database.has(model) {
            return Err(Fault::user(format!("Object {model} doesn't exist")));
        }
        let unknown = || match series {
            Series::V14 => format!("type object '{model}' has no attribute '{method}'"),
            Series::V19 => format!("The method '{model}.{method}' does not exist"),
        };
        let signature =
            signature(database, model, method)?.ok_or_else(|| Fault::new("builtins.AttributeError", unknown()))?;
        let context = named.remove("context").unwrap_or_default();
        let mut ids = Vec::new();
        if signature.on_records {
            let Some((first, rest)) = positional.split_first() else {
                let what = if series == Series::V14 { "tuple" } else { "list" };
                return Err(Fault::new("builtins.IndexError", format!("{what} index out of range")));
            };
            ids = read_ids(first)?;
            positional = rest;
        }
        Ok(Call { database, model, method, ids, arguments: signature.bind(series, positional, named)?, context })
    }

    /// Fails where one of the records cannot be read.
    pub fn whole(&self, records: &[&Row]) -> Result<(), Fault> {
        let broken =
            |row: &&Row| self.database.broken.get(&(self.model.to_owned(), row[ID].as_id().unwrap_or_default()));
        let asked = self.argument("fields").as_array();
        for ((model, field), (ids, fault)) in &self.database.broken_fields {
            let is_asked = asked.is_some_and(|asked| asked.iter().any(|name| name == field));
            let is_broken =
                |row: &&Row| ids.as_ref().is_none_or(|ids| row[ID].as_id().is_some_and(|id| ids.contains(&id)));
            if model == self.model && is_asked && records.iter().any(is_broken) {
                return Err(fault.clone());
            }
        }
        match self.database.broken.is_empty() {
            true => Ok(()),
            false => records.iter().find_map(broken).map_or(Ok(()), |fault| Err(fault.clone())),
        }
    }

    pub fn active_test(&self) -> bool {
        self.context.get("active_test").is_none_or(is_true)
    }

    pub fn argument(&self, name: &str) -> &Value {
        self.arguments.get(name).unwrap_or(&Value::Null)
    }

    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.arguments.get(name).map_or(default, is_true)
    }

    pub fn number(&self, name: &str) -> usize {
        self.argument(name).as_u64().unwrap_or_default() as usize
    }

    /// A list of texts. A text in place of a list is its characters, as in Python.
    pub fn texts(&self, name: &str) -> Vec<String> {
        match self.argument(name) {
            Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Value::String(text) => text.chars().map(String::from).collect(),
            _ => Vec::new(),
        }
    }
}

fn signature(database: &Database, model: &str, method: &str) -> Result<Option<Signature>, Fault> {
    if method.starts_with('_') {
        let what = if database.series == Series::V14 { method.to_owned() } else { format!("'{model}.{method}'") };
        let message = format!("Private methods (such as {what}) cannot be called remotely.");
        return Err(Fault::new(super::fault::ACCESS_ERROR, message));
    }
    Ok(Signature::of(database.series, model, method))
}

/// The ids of a call: a list, or a single one.
fn read_ids(value: &Value) -> Result<Vec<i64>, Fault> {
    let one = std::slice::from_ref(value);
    let items = match value {
        Value::Array(items) => items.as_slice(),
        Value::Null | Value::Bool(false) => &[],
        _ => one,
    };
    let not_an_id = |item: &Value| {
        let text = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
        Fault::new(
            "psycopg2.errors.InvalidTextRepresentation",
            format!("invalid input syntax for type integer: \"{text}\"\n"),
        )
    };
    items.iter().map(|item| item.as_i64().ok_or_else(|| not_an_id(item))).collect()
}

/// Python's truth of a JSON value.
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}
