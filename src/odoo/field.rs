//! Fields of a model, their types, and what their columns contain.

/// One field of a model, from `fields_get`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name: `partner_id`.
    pub name: String,
    /// The type.
    pub kind: FieldKind,
    /// Whether Odoo stores it in its database; an x2many is stored unless it is computed.
    pub stored: bool,
    /// Whether Odoo can sort by it, and so has SQL for it.
    pub sortable: bool,
    /// The path of a related field: `product_tmpl_id.name`.
    pub related: Option<String>,
    /// The paths of the fields that a computed field depends on.
    pub depends: Vec<String>,
    /// Whether a domain can name it.
    pub searchable: bool,
    /// Whether its value depends on the current company of the user who reads it.
    pub company_dependent: bool,
    /// The comodel of a relational field: the model that it points to.
    pub relation: Option<String>,
    /// The label, in the user's language.
    pub label: String,
}

impl Field {
    /// Whether it is a custom field, made by a user rather than a module: only their names begin with `x_`.
    pub fn is_custom(&self) -> bool {
        self.name.starts_with("x_")
    }

    /// Whether it is an x2many: a list of records.
    pub fn is_list(&self) -> bool {
        self.kind.column_kind() == Some(ColumnKind::BigintArray)
    }

    /// Whether it is a many2one that is the same for every user, so that the sum of its ids shows a change.
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
    /// A type that this client does not know, by Odoo's name.
    Other(String),
}

/// The type of a [`crate::Column`]; each corresponds to one PostgreSQL type.
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
    /// The type that `fields_get` calls by this name.
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

    /// The type of the column for a field of this type; `None` for binary and unknown types.
    pub fn column_kind(&self) -> Option<ColumnKind> {
        Some(match self {
            FieldKind::Char | FieldKind::Text | FieldKind::Html | FieldKind::Selection | FieldKind::Reference => {
                ColumnKind::Text
            }
            FieldKind::Integer | FieldKind::Many2one | FieldKind::Many2oneReference => ColumnKind::Bigint,
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
