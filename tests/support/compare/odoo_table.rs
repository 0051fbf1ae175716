//! From a field of Odoo's to SQL over Odoo's own tables.

use std::collections::HashMap;
use std::rc::Rc;

use postgres::Client;
use serde_json::Value;

use crate::session::{identifier, literal};

/// What Odoo says of a field in `ir_model_fields`.
struct FieldRow {
    id: i32,
    ttype: String,
    related: Option<String>,
    relation: Option<String>,
    /// A many2many's table, with the columns of this model's id and of the other's.
    relation_table: Option<(String, String, String)>,
    /// Its column holds a value for each company (from 18 on).
    has_company_values: bool,
}

/// One model: its table, the fields, the table's columns with their types.
struct Model {
    table: String,
    fields: HashMap<String, FieldRow>,
    columns: HashMap<String, String>,
}

/// Odoo's tables, as the user of one company sees them.
pub struct OdooTables {
    pub sql: Client,
    /// The company whose values company-dependent fields have.
    company: i64,
    /// Odoo keeps company-dependent values in a table of their own, up to 17.
    has_properties: bool,
    models: HashMap<String, Option<Rc<Model>>>,
}

/// A `FROM` clause that grows: the model's table is `r`.
pub struct Query {
    joins: Vec<String>,
}

/// SQL that gives a field as text in the form of [`super::cell::Cell::from_sql`], with empty values as a mirror shows
/// them.
pub struct Expression {
    pub sql: String,
    pub how: &'static str,
}

impl OdooTables {
    pub fn new(mut sql: Client, company: i64) -> OdooTables {
        let row = sql.query_one("SELECT to_regclass('ir_property') IS NOT NULL", &[]).expect("Odoo's database answers");
        OdooTables { sql, company, has_properties: row.get(0), models: HashMap::new() }
    }

    fn model(&mut self, name: &str) -> Option<Rc<Model>> {
        if !self.models.contains_key(name) {
            let model = self.load(name).map(Rc::new);
            self.models.insert(name.to_owned(), model);
        }
        self.models[name].clone()
    }

    fn load(&mut self, name: &str) -> Option<Model> {
        let fields = self
            .sql
            .query(
                "SELECT name, id, ttype, related, relation, relation_table, column1, column2,
                        coalesce((to_jsonb(f) ->> 'company_dependent')::boolean, false)
                 FROM ir_model_fields f WHERE model = $1",
                &[&name],
            )
            .expect("ir_model_fields can be read");
        let table = name.replace('.', "_");
        let columns = self
            .sql
            .query("SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1", &[&table])
            .expect("the schema can be read");
        let field = |row: &postgres::Row| {
            let table: (Option<String>, Option<String>, Option<String>) = (row.get(5), row.get(6), row.get(7));
            let relation_table = match table {
                (Some(table), Some(own), Some(other)) => Some((table, own, other)),
                _ => None,
            };
            let field = FieldRow {
                id: row.get(1),
                ttype: row.get(2),
                related: row.get(3),
                relation: row.get(4),
                relation_table,
                has_company_values: row.get(8),
            };
            (row.get(0), field)
        };
        let columns = columns.iter().map(|row| (row.get(0), row.get(1))).collect();
        (!fields.is_empty()).then(|| Model { table, fields: fields.iter().map(field).collect(), columns })
    }

    /// Whether Odoo has the model.
    pub fn has(&mut self, model: &str) -> bool {
        self.model(model).is_some()
    }

    /// `SELECT …` of the model's records in a domain, by id.
    pub fn select(&mut self, model: &str, columns: &[String], mut query: Query, domain: &Value) -> String {
        let conditions = self.conditions(model, &mut query, domain);
        let table = self.model(model).expect("the caller knows that it is there").table.clone();
        format!(
            "SELECT {} FROM {table} r {} WHERE {conditions} ORDER BY r.id",
            columns.join(", "),
            query.joins.join(" ")
        )
    }

    /// A domain whose terms are all to hold, as SQL. Panics for what the built-in domains do not need.
    fn conditions(&mut self, model: &str, query: &mut Query, domain: &Value) -> String {
        let mut conditions = vec!["true".to_owned()];
        for leaf in domain.as_array().expect("a domain is an array") {
            let [field, operator, value] = leaf.as_array().map(Vec::as_slice).unwrap_or_default() else {
                panic!("{leaf} is not translated to SQL")
            };
            let path = field.as_str().expect("a field is named");
            let sql = self.path(query, model, path).unwrap_or_else(|| panic!("{model} has no column for {path}")).sql;
            let literal = |value: &Value| match value {
                Value::Bool(value) => literal(&value.to_string()),
                Value::String(text) => literal(text),
                other => panic!("{other} is not translated to SQL"),
            };
            conditions.push(match (operator.as_str(), value) {
                (Some("="), value) => format!("{sql} IS NOT DISTINCT FROM {}", literal(value)),
                (Some("!="), value) => format!("{sql} IS DISTINCT FROM {}", literal(value)),
                (Some("in"), Value::Array(values)) => {
                    format!("{sql} IN ({})", values.iter().map(literal).collect::<Vec<_>>().join(", "))
                }
                _ => panic!("{leaf} is not translated to SQL"),
            });
        }
        conditions.join(" AND ")
    }

    /// The expression of a field of a model; None where Odoo computes it.
    pub fn field(&mut self, query: &mut Query, model: &str, field: &str) -> Option<Expression> {
        let own = self.leaf(model, field, "r");
        if own.is_some() {
            return own;
        }
        let related = self.model(model)?.fields.get(field)?.related.clone();
        if let Some(path) = related {
            return self.path(query, model, &path);
        }
        // a company's address is computed from its partner's
        let of_partner = model == "res.company" && self.model("res.partner")?.columns.contains_key(field);
        if of_partner { self.path(query, model, &format!("partner_id.{field}")) } else { None }
    }

    /// The expression at the end of a path of many2ones.
    fn path(&mut self, query: &mut Query, model: &str, path: &str) -> Option<Expression> {
        let (steps, last) = path.rsplit_once('.').map_or((None, path), |(steps, last)| (Some(steps), last));
        let (mut model, mut alias) = (model.to_owned(), "r".to_owned());
        for step in steps.into_iter().flat_map(|steps| steps.split('.')) {
            let known = self.model(&model)?;
            known.columns.get(step)?;
            let next = known.fields.get(step)?.relation.clone()?;
            let table = self.model(&next)?.table.clone();
            let join = format!("j{}", query.joins.len());
            query.joins.push(format!("LEFT JOIN {table} {join} ON {join}.id = {alias}.\"{step}\""));
            (model, alias) = (next, join);
        }
        let leaf = self.leaf(&model, last, &alias)?;
        Some(Expression { how: if alias == "r" { leaf.how } else { "another model's" }, ..leaf })
    }

    /// The expression of what a model's own table or relation tables hold.
    fn leaf(&mut self, model: &str, field: &str, alias: &str) -> Option<Expression> {
        let known = self.model(model)?;
        let row = known.fields.get(field)?;
        let ttype = row.ttype.as_str();
        let column = format!("{alias}.{}", identifier(field));
        let expression = |sql: &str, how| Some(Expression { sql: shown(ttype, sql), how });
        if let Some((table, own, other)) = &row.relation_table {
            let ids = format!("coalesce(array_agg(m.\"{other}\"), '{{}}')::text");
            return expression(
                &format!("(SELECT {ids} FROM \"{table}\" m WHERE m.\"{own}\" = {alias}.id)"),
                "a relation table's",
            );
        }
        match known.columns.get(field).map(String::as_str) {
            Some("jsonb") if row.has_company_values => expression(&self.company_value(row, &column)?, "the company's"),
            Some("jsonb") if matches!(ttype, "char" | "text" | "html") => {
                expression(&format!("({column} ->> 'en_US')"), "translated")
            }
            Some(_) => expression(&column, "its own"),
            None if self.has_properties && self.is_property(row) => {
                expression(&self.property(row, model, alias)?, "the company's")
            }
            None => None,
        }
    }

    /// From 18 on: a `jsonb` with a value for each company that has one; the others have the field's default.
    fn company_value(&self, row: &FieldRow, column: &str) -> Option<String> {
        let (company, id) = (self.company, row.id);
        let sql_type = match row.ttype.as_str() {
            "boolean" => "boolean",
            "integer" | "many2one" => "bigint",
            "float" | "monetary" => "numeric",
            "char" | "text" | "html" | "selection" => "text",
            _ => return None,
        };
        let default = format!(
            "(SELECT d.json_value::jsonb #>> '{{}}' FROM ir_default d
              WHERE d.field_id = {id} AND d.user_id IS NULL AND d.condition IS NULL AND coalesce(d.company_id, {company}) = {company}
              ORDER BY d.company_id NULLS LAST LIMIT 1)"
        );
        Some(format!("(CASE WHEN {column} ? '{company}' THEN {column} ->> '{company}' ELSE {default} END)::{sql_type}"))
    }

    /// Up to 17: a row of `ir_property` for the record, else the one for all records.
    fn property(&self, row: &FieldRow, model: &str, alias: &str) -> Option<String> {
        let (company, id) = (self.company, row.id);
        let value = match row.ttype.as_str() {
            "boolean" => "p.value_integer = 1",
            "integer" => "p.value_integer",
            "float" => "p.value_float",
            "char" | "text" | "selection" => "p.value_text",
            "many2one" => "split_part(p.value_reference, ',', 2)::bigint",
            _ => return None,
        };
        let property = |of: &str| {
            format!(
                "(SELECT {value} FROM ir_property p WHERE p.fields_id = {id} AND {of} AND coalesce(p.company_id, {company}) = {company}
                  ORDER BY p.company_id NULLS LAST LIMIT 1)"
            )
        };
        let own = property(&format!("p.res_id = '{model},' || {alias}.id"));
        Some(format!("coalesce({own}, {})", property("p.res_id IS NULL")))
    }

    /// Whether a field's values are in `ir_property`.
    fn is_property(&mut self, row: &FieldRow) -> bool {
        let query = "SELECT EXISTS (SELECT FROM ir_property WHERE fields_id = $1)";
        self.sql.query_one(query, &[&row.id]).expect("ir_property can be read").get(0)
    }
}

/// A field's SQL as text, with empty values as a mirror shows them, and moments cut to the second as Odoo cuts them.
fn shown(ttype: &str, sql: &str) -> String {
    match ttype {
        "boolean" => format!("coalesce({sql}, false)::text"),
        "integer" | "float" | "monetary" | "many2one_reference" => {
            format!("coalesce({sql}, 0)::text")
        }
        "date" => format!("to_char({sql}, 'YYYY-MM-DD')"),
        "datetime" => format!("to_char(date_trunc('second', {sql}), 'YYYY-MM-DD HH24:MI:SS.US')"),
        _ => format!("({sql})::text"),
    }
}

impl Query {
    /// Over a model's table alone.
    pub fn new() -> Query {
        Query { joins: Vec::new() }
    }
}
