//! What Odoo says about a field of a model.

/// One field of a model, from `fields_get`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name: `partner_id`.
    pub name: String,
    /// Its type.
    pub kind: FieldKind,
    /// Whether it is a column of Odoo's own table (for x2many: whether it is not computed).
    pub stored: bool,
    /// Whether Odoo can sort by it, which is to say: has some SQL for it.
    pub sortable: bool,
    /// The path of the field that it shows, where it is no more than that: `product_tmpl_id.name`.
    pub related: Option<String>,
    /// The paths of the fields that Odoo computes it from.
    pub depends: Vec<String>,
    /// Whether Odoo can look for records by it.
    pub searchable: bool,
    /// Whether its value depends on the company of whoever reads it.
    pub company_dependent: bool,
    /// The model that a relational field points to.
    pub relation: Option<String>,
    /// What Odoo's screens call it, in the user's language.
    pub label: String,
}

impl Field {
    /// Whether a user made it in Odoo: only such fields have names that begin like that.
    pub fn is_custom(&self) -> bool {
        self.name.starts_with("x_")
    }

    /// Whether its value is a list of records.
    pub fn is_list(&self) -> bool {
        self.kind.column_kind() == Some(ColumnKind::BigintArray)
    }

    /// Whether it points to one record, the same for whoever reads it: the sum of such ids tells where one points elsewhere.
    pub fn is_plain_many2one(&self) -> bool {
        self.kind == FieldKind::Many2one && !self.company_dependent
    }
}

/// Odoo's field types.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FieldKind {
    Char,
    Text,
    Html,
    Selection,
    Reference,
    Integer,
    Float,
    Monetary,
    Boolean,
    Date,
    Datetime,
    Many2one,
    One2many,
    Many2many,
    Json,
    Properties,
    Binary,
    Many2oneReference,
    /// A type that this client does not know, by Odoo's name for it.
    Other(String),
}

/// What a column of a [`crate::Page`] holds; each is one PostgreSQL type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    Bigint,
    Numeric,
    Boolean,
    Text,
    Date,
    Timestamp,
    BigintArray,
    Json,
}

impl FieldKind {
    /// From the `type` that `fields_get` gives.
    pub fn from_odoo(name: &str) -> FieldKind {
        match name {
            "char" => FieldKind::Char,
            "text" => FieldKind::Text,
            "html" => FieldKind::Html,
            "selection" => FieldKind::Selection,
            "reference" => FieldKind::Reference,
            "integer" => FieldKind::Integer,
            "float" => FieldKind::Float,
            "monetary" => FieldKind::Monetary,
            "boolean" => FieldKind::Boolean,
            "date" => FieldKind::Date,
            "datetime" => FieldKind::Datetime,
            "many2one" => FieldKind::Many2one,
            "one2many" => FieldKind::One2many,
            "many2many" => FieldKind::Many2many,
            "json" => FieldKind::Json,
            "properties" => FieldKind::Properties,
            "binary" => FieldKind::Binary,
            "many2one_reference" => FieldKind::Many2oneReference,
            other => FieldKind::Other(other.to_owned()),
        }
    }

    /// What a column of this type holds; `None` for binary and for what cannot be stored.
    pub fn column_kind(&self) -> Option<ColumnKind> {
        Some(match self {
            FieldKind::Char
            | FieldKind::Text
            | FieldKind::Html
            | FieldKind::Selection
            | FieldKind::Reference => ColumnKind::Text,
            FieldKind::Integer | FieldKind::Many2one | FieldKind::Many2oneReference => {
                ColumnKind::Bigint
            }
            FieldKind::Float | FieldKind::Monetary => ColumnKind::Numeric,
            FieldKind::Boolean => ColumnKind::Boolean,
            FieldKind::Date => ColumnKind::Date,
            FieldKind::Datetime => ColumnKind::Timestamp,
            FieldKind::One2many | FieldKind::Many2many => ColumnKind::BigintArray,
            FieldKind::Json | FieldKind::Properties => ColumnKind::Json,
            FieldKind::Binary | FieldKind::Other(_) => return None,
        })
    }
}
