//! The methods that can be called, and how their arguments are bound, as Python does it.

use serde_json::{Map, Value};

use super::Series;
use super::fault::Fault;

/// A method's parameters.
pub struct Signature {
    name: &'static str,
    /// In order; the first `required` ones have no default.
    parameters: &'static [&'static str],
    required: usize,
    /// The class that 19 names before the method.
    class: &'static str,
    /// It is called on records: JSON-2's `ids`, JSON-RPC's first argument.
    pub on_records: bool,
}

impl Signature {
    /// The method of that name, where the series has it.
    pub fn of(series: Series, model: &str, method: &str) -> Option<Signature> {
        let v14 = series == Series::V14;
        let (name, parameters, required, on_records): (&'static str, &'static [&'static str], usize, bool) =
            match method {
                "search" if v14 => ("search", &["args", "offset", "limit", "order", "count"], 1, false),
                "search" => ("search", &["domain", "offset", "limit", "order"], 1, false),
                "search_count" if v14 => ("search_count", &["args"], 1, false),
                "search_count" => ("search_count", &["domain", "limit"], 1, false),
                "read" => ("read", &["fields", "load"], 0, true),
                "search_read" => ("search_read", &["domain", "fields", "offset", "limit", "order"], 0, false),
                "fields_get" => ("fields_get", &["allfields", "attributes"], 0, false),
                "read_group" => {
                    ("read_group", &["domain", "fields", "groupby", "offset", "limit", "orderby", "lazy"], 3, false)
                }
                "formatted_read_group" if !v14 => (
                    "formatted_read_group",
                    &["domain", "groupby", "aggregates", "having", "offset", "limit", "order"],
                    1,
                    false,
                ),
                "check_access_rights" if v14 => ("check_access_rights", &["operation", "raise_exception"], 1, false),
                "has_access" if !v14 => ("has_access", &["operation"], 1, true),
                "context_get" if model == "res.users" => ("context_get", &[], 0, false),
                _ => return None,
            };
        let own = model == "res.users" && matches!(name, "read" | "fields_get" | "context_get");
        Some(Signature { name, parameters, required, class: if own { "ResUsers" } else { "BaseModel" }, on_records })
    }

    /// Binds JSON-RPC's positional and named arguments.
    pub fn bind(
        &self,
        series: Series,
        positional: &[Value],
        mut named: Map<String, Value>,
    ) -> Result<Map<String, Value>, Fault> {
        let called =
            if series >= Series::V19 { format!("{}.{}()", self.class, self.name) } else { format!("{}()", self.name) };
        let wrong = |problem: String| Err(Fault::type_error(format!("{called} {problem}")));
        if positional.len() > self.parameters.len() {
            // Python counts `self`
            let (least, most, given) = (self.required + 1, self.parameters.len() + 1, positional.len() + 1);
            let takes = if least == most { most.to_string() } else { format!("from {least} to {most}") };
            return wrong(format!("takes {takes} positional arguments but {given} were given"));
        }
        if let Some(unknown) = self.unknown(series, &named) {
            // 19 hands what is left on to the read
            let reader = "BaseModel._read_format() got an unexpected keyword argument";
            return match (self.name, series) {
                ("search_read", Series::V19) => Err(Fault::type_error(format!("{reader} '{unknown}'"))),
                _ => wrong(format!("got an unexpected keyword argument '{unknown}'")),
            };
        }
        for (name, value) in self.parameters.iter().zip(positional) {
            if named.insert((*name).to_owned(), value.clone()).is_some() {
                return wrong(format!("got multiple values for argument '{name}'"));
            }
        }
        let missing = self.missing(&named);
        if !missing.is_empty() {
            return wrong(format!(
                "missing {} required positional argument{}: {}",
                missing.len(),
                if missing.len() == 1 { "" } else { "s" },
                listed(&missing)
            ));
        }
        Ok(named)
    }

    /// Binds JSON-2's named arguments.
    pub fn bind_named(&self, series: Series, named: Map<String, Value>) -> Result<Map<String, Value>, Fault> {
        let wrong = |problem: String| Err(Fault::new("werkzeug.exceptions.UnprocessableEntity", problem));
        if let Some(missing) = self.missing(&named).first() {
            return wrong(format!("missing a required argument: '{missing}'"));
        }
        match self.unknown(series, &named) {
            Some(unknown) if self.name == "search_read" => Err(Fault::type_error(format!(
                "BaseModel._read_format() got an unexpected keyword argument '{unknown}'"
            ))),
            Some(unknown) => wrong(format!("got an unexpected keyword argument '{unknown}'")),
            None => Ok(named),
        }
    }

    fn unknown(&self, series: Series, named: &Map<String, Value>) -> Option<String> {
        let load = |name: &str| self.name == "search_read" && series >= Series::V19 && name == "load";
        named.keys().find(|name| !self.parameters.contains(&name.as_str()) && !load(name)).cloned()
    }

    fn missing(&self, named: &Map<String, Value>) -> Vec<&'static str> {
        self.parameters[..self.required].iter().copied().filter(|name| !named.contains_key(*name)).collect()
    }
}

/// `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`, as Python lists missing arguments.
pub fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    match quoted.as_slice() {
        [first, second] => format!("{first} and {second}"),
        [rest @ .., last] if rest.len() > 1 => format!("{}, and {last}", rest.join(", ")),
        other => other.concat(),
    }
}
