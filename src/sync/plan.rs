//! Which fields of a model to read, and how.

use crate::mirror::{DELETED_AT, LONGEST_NAME, SYNCED_AT};
use crate::odoo::{Client, Error, Field};
use crate::sync::catalogue::MirrorSpec;

/// The fields of a mirror that this server has.
#[derive(Debug, Clone, Default)]
pub struct FieldPlan {
    /// Those that are read by columns, then those that need a row read: the order of the table's new columns.
    pub columnar: Vec<Field>,
    pub rows: Vec<Field>,
    /// What the catalogue asks for and the server lacks or does not let this user read, and what no column can be named.
    pub lacking: Vec<String>,
    /// Whether the server has confirmed what can be read by columns.
    pub is_proven: bool,
}

impl FieldPlan {
    pub fn all(&self) -> impl Iterator<Item = &Field> {
        self.columnar.iter().chain(&self.rows)
    }

    /// Whether a custom field that Odoo computes was guessed to be read by columns: where its path leads over a field that
    /// is not stored, the guess could be wrong without being refused.
    pub fn has_doubtful_guess(&self) -> bool {
        self.columnar
            .iter()
            .any(|field| field.name.starts_with("x_") && !field.stored)
    }

    pub fn names(&self) -> Vec<String> {
        self.all().map(|field| field.name.clone()).collect()
    }
}

/// Asks the server what fields it has, and plans by that: the mirror's fields, and all that the model has.
pub fn ask(client: &Client, spec: &MirrorSpec) -> Result<(FieldPlan, Vec<Field>), Error> {
    let server = client.fields(&spec.model)?;
    let mut plan = fields(spec, &server);
    if plan.has_doubtful_guess() {
        plan = proven(client, &spec.model, &plan)?;
    }
    Ok((plan, server))
}

/// Picks the mirror's fields from those that the server has: the catalogue's, and all custom ones.
/// Which of them can be read by columns is a guess still, which the first page proves.
pub fn fields(spec: &MirrorSpec, server: &[Field]) -> FieldPlan {
    let storable =
        |field: &&Field| field.kind.column_kind().is_some() && can_be_column(&field.name);
    let is_custom = |field: &&Field| field.name.starts_with("x_");
    let mut plan = FieldPlan::default();
    let mut chosen: Vec<&Field> = Vec::new();
    for wanted in &spec.fields {
        let found = wanted.split('|').find_map(|name| {
            server
                .iter()
                .filter(storable)
                .find(|field| field.name == name)
        });
        match found {
            Some(field) => chosen.push(field),
            None => plan.lacking.push(wanted.clone()),
        }
    }
    chosen.extend(server.iter().filter(storable).filter(is_custom));
    let unnameable = |field: &&Field| is_custom(field) && !can_be_column(&field.name);
    let left_out = server.iter().filter(unnameable);
    plan.lacking
        .extend(left_out.map(|field| field.name.replace('\0', "")));
    let mut seen = std::collections::HashSet::new();
    chosen.retain(|field| field.name != "id" && seen.insert(&field.name));
    let (columnar, rows) = chosen
        .into_iter()
        .partition::<Vec<_>, _>(|field| field.is_in_sql());
    plan.columnar = columnar.into_iter().cloned().collect();
    plan.rows = rows.into_iter().cloned().collect();
    plan
}

/// Whether a mirror can have a column of that name beside its own ones. Odoo's names of stored fields are PostgreSQL's too; those of
/// computed ones may be longer.
fn can_be_column(name: &str) -> bool {
    name.len() <= LONGEST_NAME && !name.contains('\0') && ![SYNCED_AT, DELETED_AT].contains(&name)
}

/// Finds out for certain which fields this server reads by columns, after it has refused the guess.
pub fn proven(client: &Client, model: &str, plan: &FieldPlan) -> Result<FieldPlan, Error> {
    let (columnar, mut rows) = client.columnar(model, &plan.columnar)?;
    rows.extend(plan.rows.iter().cloned());
    Ok(FieldPlan {
        columnar,
        rows,
        lacking: plan.lacking.clone(),
        is_proven: true,
    })
}
