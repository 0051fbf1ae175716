//! What a mirror is to hold, as the catalogue describes it.

use serde::Deserialize;

/// One mirror, as the catalogue describes it for a range of Odoo series.
#[derive(Debug, Clone, Deserialize)]
pub struct MirrorSpec {
    pub r#type: String,
    /// Whether it is the extension's own, which names fields of many versions of Odoo.
    pub builtin: bool,
    pub table_name: String,
    pub model: String,
    pub since: u32,
    pub until: u32,
    pub domain: serde_json::Value,
    pub fields: Vec<String>,
    pub indexes: Vec<String>,
    /// In lines: the many2one to their header.
    pub parent: Option<String>,
    /// Relational fields, dotted paths too, whose records' changes are changes of this one.
    pub depends: Vec<String>,
    pub compare: Compare,
    /// Whole numbers that Odoo changes by raw SQL: their sums are compared.
    pub compared_sums: Vec<String>,
    /// Relational fields, dotted paths too, whose changes are looked for where the totals differ.
    pub depends_in_doubt: Vec<String>,
    /// What tells of changes that write no date here: other models' deletions, or sums of theirs as `model:field`.
    pub tracked_models: Vec<String>,
    /// Columns that Odoo keeps unique among the records.
    pub unique_key: Option<Vec<String>>,
}

impl MirrorSpec {
    /// Whether the mirror is for servers of this series.
    pub fn is_for(&self, series: u32) -> bool {
        (self.since..=self.until).contains(&series)
    }

    /// `invoices.invoice_lines`, for messages.
    pub fn name(&self) -> String {
        format!("{}.{}", self.r#type, self.table_name)
    }
}

/// How an incremental run finds what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// By write_date, since the last run.
    Window,
    /// By reading everything.
    Whole,
}
