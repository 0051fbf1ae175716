//! What each method answers.

use serde_json::{Value, json};

use super::Series;
use super::call::{Call, is_true};
use super::columns::{Aggregate, arranged, no_grouping};
use super::database::USER;
use super::domain::Domain;
use super::fault::Fault;
use super::json_text::JsonText;
use super::rows::{browse, write_rows};
use super::selection::Selection;
use super::table::{ID, Row};

/// The domain that Odoo shows for "all".
static ALL: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| json!([[1, "=", 1]]));

impl<'a> Call<'a> {
    /// The result, as the bytes of its JSON.
    pub fn answer(&self) -> Result<Vec<u8>, Fault> {
        let mut out = JsonText::new(self.database.series);
        match self.method {
            "fields_get" => self.fields_get(&mut out),
            "context_get" => self.context_get(&mut out),
            "check_access_rights" if !self.flag("raise_exception", true) => out.boolean(self.may_read()),
            "has_access" => out.boolean(self.may_read()),
            _ => {
                if !self.may_read() {
                    return Err(Fault::access(self.model, &self.database.expect(self.model).label));
                }
                match self.method {
                    "search" => self.search(&mut out)?,
                    "search_count" => out.integer(self.select()?.len() as i64),
                    "read" => self.read(&mut out)?,
                    "search_read" => self.search_read(&mut out)?,
                    "read_group" => self.read_group(&mut out)?,
                    "formatted_read_group" => self.formatted_read_group(&mut out)?,
                    "check_access_rights" => out.boolean(true),
                    other => unreachable!("{other} has a signature and no answer"),
                }
            }
        }
        Ok(out.bytes)
    }

    fn may_read(&self) -> bool {
        !self.database.denied.contains(self.model)
    }

    fn fields_get(&self, out: &mut JsonText) {
        let names = self.texts("allfields");
        let attributes = self.texts("attributes");
        let table = self.database.expect(self.model);
        let mut separator = "{";
        for (_, field) in table.live().filter(|(_, field)| names.is_empty() || names.contains(&field.name)) {
            out.raw(separator);
            separator = ", ";
            out.key(&field.name);
            let known = field.attributes.iter().filter(|(key, _)| attributes.is_empty() || attributes.contains(key));
            out.value(&Value::Object(known.map(|(key, value)| (key.clone(), value.clone())).collect()));
        }
        out.raw(if separator == "{" { "{}" } else { "}" });
    }

    fn context_get(&self, out: &mut JsonText) {
        let mut context = json!({"lang": "en_US", "tz": "UTC"});
        if self.database.series >= Series::V19 {
            context["uid"] = json!(USER);
        }
        out.value(&context);
    }

    fn search(&self, out: &mut JsonText) -> Result<(), Fault> {
        let records = self.select()?;
        if self.flag("count", false) {
            out.integer(records.len() as i64);
            return Ok(());
        }
        out.raw("[");
        for (at, row) in records.iter().enumerate() {
            out.raw(if at == 0 { "" } else { ", " });
            out.integer(row[ID].as_id().unwrap_or_default());
        }
        out.raw("]");
        Ok(())
    }

    fn read(&self, out: &mut JsonText) -> Result<(), Fault> {
        let records = browse(self.database, self.model, &self.ids)?;
        self.rows(out, &records)
    }

    fn search_read(&self, out: &mut JsonText) -> Result<(), Fault> {
        let records = self.select()?;
        if records.is_empty() && self.database.series == Series::V14 {
            // before it looks at the fields
            out.raw("[]");
            return Ok(());
        }
        self.rows(out, &records)
    }

    fn rows(&self, out: &mut JsonText, records: &[&Row]) -> Result<(), Fault> {
        self.whole(records)?;
        let names = self.arguments.get("load").is_none_or(|load| load.as_str() == Some("_classic_read"));
        write_rows(out, self.database, self.model, records, &self.texts("fields"), names, self.active_test())
    }

    fn read_group(&self, out: &mut JsonText) -> Result<(), Fault> {
        no_grouping(self.argument("groupby"))?;
        let table = self.database.expect(self.model);
        let mut aggregates: Vec<Aggregate> = Vec::new();
        for text in self.texts("fields") {
            if let Some(aggregate) = Aggregate::parse_read_group(self.database, self.model, &text)? {
                if self.database.series == Series::V14 && aggregates.iter().any(|known| known.key() == aggregate.key())
                {
                    return Err(Fault::user(format!("Output name '{}' is used twice.", aggregate.key())));
                }
                aggregates.push(aggregate);
            }
        }
        let records = self.arranged()?;
        let domain = self.argument("domain");
        out.raw("[{");
        let mut first = true;
        let mut next = |out: &mut JsonText, key: &str| {
            out.raw(if first { "" } else { ", " });
            first = false;
            out.key(key);
        };
        if self.database.series == Series::V14 {
            // the smallest id, unless the caller wants something else by that name
            next(out, "id");
            match aggregates.iter().position(|aggregate| aggregate.key() == "id") {
                Some(at) => aggregates.remove(at).write(out, self.database, table, &records),
                None => match records.iter().filter_map(|row| row[ID].as_id()).min() {
                    Some(id) => out.integer(id),
                    None => out.raw("null"),
                },
            }
        }
        next(out, "__count");
        out.integer(records.len() as i64);
        for aggregate in &aggregates {
            next(out, aggregate.key());
            aggregate.write(out, self.database, table, &records);
        }
        if self.database.series >= Series::V19 {
            next(out, "__domain");
            out.value(if domain == &json!([]) { &ALL } else { domain });
        }
        out.raw("}]");
        Ok(())
    }

    fn formatted_read_group(&self, out: &mut JsonText) -> Result<(), Fault> {
        no_grouping(self.argument("groupby"))?;
        let table = self.database.expect(self.model);
        let texts = self.texts("aggregates");
        if texts.is_empty() {
            return Err(Fault::new("builtins.AssertionError", ""));
        }
        let aggregates: Vec<Option<Aggregate>> = texts
            .iter()
            .map(|text| {
                if text == "__count" {
                    Ok(None)
                } else {
                    Aggregate::parse_19(self.database, self.model, text, text).map(Some)
                }
            })
            .collect::<Result<_, Fault>>()?;
        let records = self.arranged()?;
        if self.number("offset") > 0 {
            // there is one group
            out.raw("[]");
            return Ok(());
        }
        out.raw("[{");
        out.key("__extra_domain");
        out.value(&ALL);
        for (text, aggregate) in texts.iter().zip(&aggregates) {
            out.raw(", ");
            out.key(text);
            match aggregate {
                Some(aggregate) => aggregate.write(out, self.database, table, &records),
                None => out.integer(records.len() as i64),
            }
        }
        out.raw("}]");
        Ok(())
    }

    /// All records that the domain selects, in the order of columnar answers.
    fn arranged(&self) -> Result<Vec<&'a Row>, Fault> {
        let domain = Domain::parse(self.database.series, self.argument("domain"))?;
        let selection =
            Selection { domain: &domain, order: Some("id"), offset: 0, limit: None, active_test: self.active_test() };
        let records = selection.records(self.database, self.model)?;
        self.whole(&records)?;
        Ok(arranged(self.database.series, records))
    }

    fn select(&self) -> Result<Vec<&'a Row>, Fault> {
        let given =
            self.arguments.get("domain").or_else(|| self.arguments.get("args")).filter(|domain| is_true(domain));
        let domain = match given {
            Some(domain) => Domain::parse(self.database.series, domain)?,
            None => Domain::Constant(true),
        };
        let order = self.argument("order").as_str().filter(|order| !order.is_empty());
        // a count needs no order, and so no look at one
        let order = if self.method == "search_count" { Some("id") } else { order };
        let limit = Some(self.number("limit"));
        let selection =
            Selection { domain: &domain, order, offset: self.number("offset"), limit, active_test: self.active_test() };
        selection.records(self.database, self.model)
    }
}
