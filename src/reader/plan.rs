//! Which fields of a model to read, and how.

use crate::mirror::names::{DELETED_AT, LONGEST_NAME, SYNCED_AT};
use crate::reader::spec::MirrorSpec;
use odoo::{Aggregate, Client, Error, Field, FieldKind};
use std::collections::{BTreeSet, HashSet};

/// The relational fields, dotted paths too, whose records' changes are changes of the mirror's.
#[derive(Debug, Clone, Default)]
pub struct Depends {
    /// Those that each run looks along.
    pub always: Vec<String>,
    /// These, and those that it looks along where the totals differ.
    pub in_doubt: Vec<String>,
}

/// The fields of a mirror that this server has.
#[derive(Debug, Clone, Default)]
pub struct FieldPlan {
    /// Those that are read by columns, then those that need a row read: the order of the table's new columns.
    pub columnar: Vec<Field>,
    pub rows: Vec<Field>,
    /// Those that a row read fails at, for some records or for all: each is read by itself.
    pub apart: Vec<Field>,
    /// What the catalogue asks for and the server lacks or does not let this user read, and what no column can be
    /// named.
    pub lacking: Vec<String>,
    pub depends: Depends,
    /// Whether the server has confirmed what can be read by columns.
    pub is_proven: bool,
}

impl FieldPlan {
    pub fn all(&self) -> impl Iterator<Item = &Field> {
        self.columnar.iter().chain(&self.rows).chain(&self.apart)
    }

    /// Whether a custom field that Odoo computes was guessed to be read by columns: where its path leads over a field
    /// that is not stored, the guess could be wrong without being refused.
    pub fn has_doubtful_guess(&self) -> bool {
        self.columnar.iter().any(|field| field.is_custom() && !field.stored)
    }

    /// The custom fields, which users make, change and remove.
    pub fn custom(&self) -> impl Iterator<Item = &Field> {
        self.all().filter(|field| field.is_custom())
    }

    /// The custom fields that are lists of another model's records, and that model: what changes such a list is written
    /// there, and leaves no trace here.
    pub fn custom_lists(&self) -> impl Iterator<Item = (&Field, &str)> {
        self.custom()
            .filter(|field| field.stored && field.is_list())
            .filter_map(|field| Some((field, field.relation.as_deref()?)))
    }

    /// Has these fields read apart from the others.
    pub fn set_apart(&mut self, names: &BTreeSet<String>) {
        let (apart, rows) = std::mem::take(&mut self.rows).into_iter().partition(|field| names.contains(&field.name));
        self.rows = rows;
        self.apart.extend::<Vec<Field>>(apart);
    }

    pub fn names(&self) -> Vec<String> {
        self.all().map(|field| field.name.clone()).collect()
    }

    /// What tells that Odoo's database changed records without a trace: the sums of the ids that many2ones point to,
    /// which deleting a record elsewhere empties, and merging two leads elsewhere; and of what the catalogue says that
    /// Odoo writes by raw SQL.
    pub fn aggregates(&self, spec: &MirrorSpec) -> Vec<Aggregate> {
        let is_compared = |field: &&Field| {
            field.is_plain_many2one() || field.kind == FieldKind::Integer && spec.compared_sums.contains(&field.name)
        };
        let compared = self.columnar.iter().filter(is_compared);
        compared.map(|field| Aggregate::Sum(field.name.clone())).collect()
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

/// The relational fields, dotted paths too, whose records' changes are changes of the mirror's: the catalogue's, as far
/// as the server has them, and those that custom fields show something of.
pub fn depends(client: &Client, spec: &MirrorSpec, plan: &FieldPlan, server: &[Field]) -> Result<Depends, Error> {
    let has = |path: &&String| server.iter().any(|field| Some(field.name.as_str()) == path.split('.').next());
    let custom: Vec<&Field> = plan.custom().collect();
    let mut sources = client.sources(&spec.model, server, &custom)?;
    sources.extend(plan.custom_lists().map(|(field, _)| field.name.clone()));
    let own = |paths: &[String]| paths.iter().filter(has).cloned().collect::<BTreeSet<_>>();
    let mut always = own(&spec.depends);
    always.extend(sources);
    let mut in_doubt = own(&spec.depends_in_doubt);
    in_doubt.extend(always.iter().cloned());
    Ok(Depends { always: always.into_iter().collect(), in_doubt: in_doubt.into_iter().collect() })
}

/// Picks the mirror's fields from those that the server has: the catalogue's, and all custom ones.
/// Which of them can be read by columns is a guess still, which the first page proves.
pub fn fields(spec: &MirrorSpec, server: &[Field]) -> FieldPlan {
    let storable = |field: &&Field| field.kind.column_kind().is_some() && can_be_column(&field.name);
    let is_custom = |field: &&Field| field.is_custom();
    let mut plan = FieldPlan::default();
    let mut chosen: Vec<&Field> = Vec::new();
    for wanted in &spec.fields {
        let found = wanted.split('|').find_map(|name| server.iter().filter(storable).find(|field| field.name == name));
        match found {
            Some(field) => chosen.push(field),
            None => plan.lacking.push(wanted.clone()),
        }
    }
    chosen.extend(server.iter().filter(storable).filter(is_custom));
    let unnameable = |field: &&Field| is_custom(field) && !can_be_column(&field.name);
    let left_out = server.iter().filter(unnameable);
    plan.lacking.extend(left_out.map(|field| field.name.replace('\0', "")));
    let mut seen = HashSet::new();
    chosen.retain(|field| field.name != "id" && seen.insert(&field.name));
    let (columnar, rows) = chosen.into_iter().partition::<Vec<_>, _>(|field| field.is_in_sql());
    plan.columnar = columnar.into_iter().cloned().collect();
    plan.rows = rows.into_iter().cloned().collect();
    plan
}

/// Whether a mirror can have a column of that name beside its own ones. Odoo's names of stored fields are PostgreSQL's
/// too; those of computed ones may be longer.
fn can_be_column(name: &str) -> bool {
    name.len() <= LONGEST_NAME && !name.contains('\0') && ![SYNCED_AT, DELETED_AT].contains(&name)
}

/// Finds out for certain which fields this server reads by columns, after it has refused the guess.
pub fn proven(client: &Client, model: &str, plan: &FieldPlan) -> Result<FieldPlan, Error> {
    let (columnar, mut rows) = client.columnar(model, &plan.columnar)?;
    rows.extend(plan.rows.iter().cloned());
    Ok(FieldPlan { columnar, rows, is_proven: true, ..plan.clone() })
}
