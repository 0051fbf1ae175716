//! The fields of the models, as the real servers describe them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Series;

/// What the real servers said about their models, captured by `capture.py`.
#[derive(Deserialize)]
pub struct Fixture {
    pub models: BTreeMap<String, FixtureModel>,
}

#[derive(Deserialize)]
pub struct FixtureModel {
    /// What users call the model: `Journal Entry`.
    pub name: String,
    fields: Map<String, Value>,
}

impl Fixture {
    pub fn of(series: Series) -> &'static Fixture {
        static V14: OnceLock<Fixture> = OnceLock::new();
        static V19: OnceLock<Fixture> = OnceLock::new();
        let (cell, text) = match series {
            Series::V14 => (&V14, include_str!("fields_14.json")),
            Series::V19 => (&V19, include_str!("fields_19.json")),
        };
        cell.get_or_init(|| serde_json::from_str(text).expect("the captured fields are JSON"))
    }
}

impl FixtureModel {
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        self.fields.iter().map(|(name, attributes)| {
            let attributes = attributes.as_object().expect("a field's attributes are an object").clone();
            Field::new(name, attributes)
        })
    }
}

/// The types of Odoo's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Boolean,
    Integer,
    Float,
    Monetary,
    Char,
    Text,
    Html,
    Selection,
    Reference,
    Date,
    Datetime,
    Many2one,
    Many2oneReference,
    One2many,
    Many2many,
    Json,
    Properties,
    Binary,
}

impl Kind {
    const NAMES: [(&str, Kind); 18] = [
        ("boolean", Kind::Boolean),
        ("integer", Kind::Integer),
        ("float", Kind::Float),
        ("monetary", Kind::Monetary),
        ("char", Kind::Char),
        ("text", Kind::Text),
        ("html", Kind::Html),
        ("selection", Kind::Selection),
        ("reference", Kind::Reference),
        ("date", Kind::Date),
        ("datetime", Kind::Datetime),
        ("many2one", Kind::Many2one),
        ("many2one_reference", Kind::Many2oneReference),
        ("one2many", Kind::One2many),
        ("many2many", Kind::Many2many),
        ("json", Kind::Json),
        ("properties", Kind::Properties),
        ("binary", Kind::Binary),
    ];

    pub fn parse(name: &str) -> Option<Kind> {
        Kind::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    pub fn name(self) -> &'static str {
        Kind::NAMES.iter().find(|(_, kind)| *kind == self).map_or("?", |(name, _)| name)
    }

    pub fn is_multiple(self) -> bool {
        matches!(self, Kind::One2many | Kind::Many2many)
    }

    pub fn is_relational(self) -> bool {
        matches!(self, Kind::Many2one | Kind::One2many | Kind::Many2many)
    }
}

/// How the column of a number is rounded.
#[derive(Clone, Debug, PartialEq)]
pub enum Decimals {
    /// `double precision`, not at all.
    Double,
    /// `numeric`, not at all: `digits=0`.
    Free,
    /// `numeric`, to so many decimals.
    Fixed(usize),
    /// `numeric`, to those of the currency that this many2one names.
    Currency(String),
}

/// One field of a model.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub kind: Kind,
    /// What `fields_get` says about it.
    pub attributes: Map<String, Value>,
    /// A columnar read of it is answered.
    pub columnar: bool,
    pub relation: Option<String>,
    /// A one2many's many2one on the other side.
    pub inverse: Option<String>,
    /// The path of a related field: `move_id`, `state`.
    pub related: Vec<String>,
    pub decimals: Decimals,
}

impl Field {
    fn new(name: &str, mut attributes: Map<String, Value>) -> Field {
        let text = |key: &str| attributes.get(key).and_then(Value::as_str).map(str::to_owned);
        let kind = text("type").as_deref().and_then(Kind::parse);
        let related = match attributes.get("related") {
            // a tuple before 16, a dotted path since
            Some(Value::Array(path)) => path.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(path)) => path.split('.').map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Field {
            name: name.to_owned(),
            kind: kind.unwrap_or_else(|| panic!("the field {name} has no known type")),
            columnar: attributes.get("columnar") == Some(&Value::Bool(true)),
            relation: text("relation"),
            inverse: text("relation_field"),
            related,
            decimals: match (kind, attributes.get("digits")) {
                (Some(Kind::Monetary), _) => {
                    Decimals::Currency(text("currency_field").unwrap_or_else(|| "currency_id".to_owned()))
                }
                (Some(Kind::Float), Some(Value::Array(digits))) => {
                    Decimals::Fixed(digits[1].as_u64().unwrap_or(2) as usize)
                }
                (Some(Kind::Float), Some(_)) => Decimals::Free,
                _ => Decimals::Double,
            },
            attributes: {
                attributes.remove("columnar");
                attributes
            },
        }
    }

    /// A field that a test adds.
    pub fn added(spec: &super::FieldSpec) -> Field {
        let kind = Kind::parse(&spec.kind).unwrap_or_else(|| panic!("{} is no field type of Odoo", spec.kind));
        let mut attributes = json!({
            "type": spec.kind, "string": spec.string, "store": spec.stored, "sortable": spec.stored && !kind.is_multiple(),
            "searchable": spec.stored, "groupable": spec.stored, "required": false, "readonly": !spec.stored,
            "company_dependent": false, "manual": spec.name.starts_with("x_"), "columnar": spec.stored && !kind.is_multiple() && kind != Kind::Binary,
        });
        if let Some(relation) = &spec.relation {
            attributes["relation"] = json!(relation);
        }
        let Value::Object(attributes) = attributes else { unreachable!() };
        Field::new(&spec.name, attributes)
    }

    /// The field is a column of its model's own table.
    pub fn stored(&self) -> bool {
        self.attributes.get("store") == Some(&Value::Bool(true))
    }

    pub fn searchable(&self) -> bool {
        self.attributes.get("searchable") == Some(&Value::Bool(true))
    }

    /// A related field that Odoo keeps in the table, and writes again when its source changes.
    pub fn is_stored_related(&self) -> bool {
        self.related.len() > 1 && self.stored() && !self.kind.is_multiple()
    }

    /// The field of the model that `_inherits` the field, where it is one: `product_tmpl_id`.
    pub fn inherited_from(&self, model: &str) -> Option<&'static str> {
        let parent = match model {
            "product.product" => "product_tmpl_id",
            "res.users" => "partner_id",
            _ => return None,
        };
        (!self.stored() && self.related.len() == 2 && self.related[0] == parent && self.related[1] == self.name)
            .then_some(parent)
    }
}
