//! What is asked of Odoo to prove that a mirror equals it. Calls nothing of PostgreSQL.

use crate::mirror::encode::{self, EncodedPage};
use crate::sync::catalogue::MirrorSpec;
use crate::sync::plan::{self, FieldPlan};
use crate::sync::span::Span;
use odoo::{Aggregate, Client, Domain, Error, ErrorKind, Field, FieldKind, Read};
use std::sync::Arc;

/// Records per page, where a page is read by columns: ids and write dates alone are small.
const PAGE: usize = 50_000;

/// One mirror's source in Odoo.
pub struct Source {
    pub client: Arc<Client>,
    pub spec: MirrorSpec,
    pub domain: Domain,
    /// Records per page where fields need a row read, which Odoo may have to compute.
    pub batch_size: usize,
}

/// What there is to be compared.
pub struct Outline {
    /// All fields of the mirror.
    pub fields: Vec<Field>,
    /// Numeric fields and their sums over all records, as Odoo adds them up.
    pub sums: Vec<(Field, f64)>,
    pub pages: Vec<Span>,
    /// What is compared record by record: when it was written, and the numbers that Odoo cannot add up.
    watched: FieldPlan,
}

/// A page of records to be compared.
pub struct Page {
    pub records: EncodedPage,
    /// The fields that it has.
    pub fields: Vec<String>,
    /// Fields that could not be read along, and why.
    pub unread: Option<(Vec<String>, Error)>,
}

impl Source {
    /// `invoices.invoice_lines`, for messages.
    pub fn name(&self) -> String {
        format!("{}.{}", self.spec.r#type, self.spec.table_name)
    }

    /// Asks for the fields, the sums and, where there is more than a page, the ids: two or three requests.
    pub fn outline(&self) -> Result<Outline, Error> {
        let (plan, _) = plan::ask(&self.client, &self.spec)?;
        let is_number = |field: &Field| {
            matches!(
                field.kind,
                FieldKind::Integer | FieldKind::Float | FieldKind::Monetary
            )
        };
        let numbers: Vec<Field> = plan
            .columnar
            .iter()
            .filter(|field| is_number(field) || field.is_plain_many2one())
            .cloned()
            .collect();
        let mut sums = Vec::new();
        let mut refused = Vec::new();
        let count = self.add_up(&numbers, &mut sums, &mut refused)?;
        let is_watched = |field: &&Field| field.name == "write_date";
        let watched = FieldPlan {
            columnar: plan.columnar.iter().filter(is_watched).cloned().collect(),
            rows: plan
                .rows
                .iter()
                .filter(|field| is_watched(field) || is_number(field))
                .cloned()
                .chain(refused)
                .collect(),
            ..FieldPlan::default()
        };
        let size = if watched.rows.is_empty() {
            PAGE
        } else {
            self.batch_size
        };
        let pages = if count <= size as u64 {
            vec![Span::All]
        } else {
            let ids = self.client.search(&self.spec.model, &self.domain, None)?;
            let chunks = ids.chunks(size);
            chunks.map(|ids| Span::Between(ids.to_vec())).collect()
        };
        Ok(Outline {
            fields: plan.all().cloned().collect(),
            sums,
            pages,
            watched,
        })
    }

    /// Sums the fields, in halves where Odoo refuses one of them, and counts the records.
    fn add_up(
        &self,
        fields: &[Field],
        sums: &mut Vec<(Field, f64)>,
        refused: &mut Vec<Field>,
    ) -> Result<u64, Error> {
        let model = &self.spec.model;
        let asked: Vec<Aggregate> = fields
            .iter()
            .map(|field| Aggregate::Sum(field.name.clone()))
            .collect();
        let error = match self.client.totals(model, &self.domain, &asked) {
            Ok(totals) => {
                for (field, sum) in fields.iter().zip(totals.values.iter()) {
                    let sum = sum.and_then(|sum| sum.parse().ok()).unwrap_or_default();
                    sums.push((field.clone(), sum));
                }
                return Ok(totals.count);
            }
            Err(error) => error,
        };
        let may_be_a_field = error.kind.is_refusal() || error.kind == ErrorKind::Malformed;
        match fields {
            _ if !may_be_a_field => Err(error),
            [] => self.client.count(model, &self.domain),
            [field] => {
                refused.push(field.clone());
                self.add_up(&[], sums, refused)
            }
            fields => {
                let (first, second) = fields.split_at(fields.len() / 2);
                self.add_up(first, sums, refused)?;
                self.add_up(second, sums, refused)
            }
        }
    }

    /// A page's records. Where the numbers that need a row read cannot be had, the page comes without them.
    pub fn page(&self, outline: &Outline, span: &Span) -> Result<Page, Error> {
        let watched = &outline.watched;
        let error = match self.read(watched, span) {
            Ok(page) => return Ok(page),
            Err(error) => error,
        };
        if !error.kind.may_be_one_record() {
            return Err(error);
        }
        let proven = plan::proven(&self.client, &self.spec.model, watched)?;
        if proven.columnar.len() < watched.columnar.len()
            && let Ok(page) = self.read(&proven, span)
        {
            return Ok(page);
        }
        if proven.rows.is_empty() {
            return Err(error);
        }
        let columnar = FieldPlan {
            rows: Vec::new(),
            ..proven.clone()
        };
        let names = proven.rows.into_iter().map(|field| field.name).collect();
        Ok(Page {
            unread: Some((names, error)),
            ..self.read(&columnar, span)?
        })
    }

    fn read(&self, plan: &FieldPlan, span: &Span) -> Result<Page, Error> {
        let page = self.client.read(&Read {
            model: &self.spec.model,
            domain: &self.domain.and(&span.domain()),
            columns: &plan.columnar,
            rows: &plan.rows,
        })?;
        let fields = plan.names();
        Ok(Page {
            records: encode::encode(page, &self.spec.model, &fields)?,
            fields,
            unread: None,
        })
    }
}
