//! What `verify()` asks of Odoo to tell whether a mirror equals it: ids, write dates, sums.

use crate::encode::page::EncodedPage;
use crate::reader::plan::FieldPlan;
use crate::reader::source::Source;
use crate::reader::span::Span;
use odoo::{Aggregate, Error, ErrorKind, Field, FieldKind};

/// Records per page, where a page is read by columns: ids and write dates alone are small.
const PAGE: usize = 50_000;

/// What there is to be compared.
pub struct Outline {
    /// All fields of the mirror.
    pub fields: Vec<Field>,
    /// Numeric fields and their sums over all records, as Odoo adds them up.
    pub sums: Vec<(Field, f64)>,
    /// One at least.
    pub pages: Vec<Span>,
    /// What is compared record by record: when it was written, and the numbers that Odoo cannot add up.
    compared: FieldPlan,
}

/// A page of records to be compared.
pub struct Page {
    pub records: EncodedPage,
    /// Fields that could not be read along, and why.
    pub unread: Option<(Vec<String>, Error)>,
}

/// What Odoo says of the sums of numbers.
#[derive(Default)]
struct Sums {
    told: Vec<(Field, f64)>,
    /// Fields of which it says nothing, or whose values are all empty, which a columnar read has record by record.
    untold: Vec<Field>,
    /// Fields that it cannot add up, and that may need a row read.
    refused: Vec<Field>,
}

impl Source {
    /// Asks for the fields, the sums and, where there is more than a page, the ids: two or three requests. `batch_size`
    /// is the size of a page where fields need a row read, which Odoo may have to compute.
    pub fn outline(&self, batch_size: usize) -> Result<Outline, Error> {
        let (plan, _) = self.ask_fields()?;
        let is_number =
            |field: &Field| matches!(field.kind, FieldKind::Integer | FieldKind::Float | FieldKind::Monetary);
        let numbers: Vec<Field> =
            plan.columnar.iter().filter(|field| is_number(field) || field.is_plain_many2one()).cloned().collect();
        let mut sums = Sums::default();
        let count = self.add_up(&numbers, &mut sums)?;
        let is_compared = |field: &&Field| field.name == "write_date";
        let compared = FieldPlan {
            columnar: plan.columnar.iter().filter(is_compared).cloned().chain(sums.untold).collect(),
            rows: plan
                .rows
                .iter()
                .filter(|field| is_compared(field) || is_number(field))
                .cloned()
                .chain(sums.refused)
                .collect(),
            ..FieldPlan::default()
        };
        let size = if compared.rows.is_empty() { PAGE } else { batch_size };
        let pages = if count <= size as u64 {
            vec![Span::All]
        } else {
            match self.ids()? {
                // all are gone since they were counted
                ids if ids.is_empty() => vec![Span::All],
                ids => ids.chunks(size).map(|ids| Span::Between(ids.to_vec())).collect(),
            }
        };
        Ok(Outline { fields: plan.all().cloned().collect(), sums: sums.told, pages, compared })
    }

    /// Sums the fields, in halves where Odoo refuses one of them, and counts the records.
    fn add_up(&self, fields: &[Field], sums: &mut Sums) -> Result<u64, Error> {
        let model = &self.spec.model;
        let asked: Vec<Aggregate> = fields.iter().map(|field| Aggregate::Sum(field.name.clone())).collect();
        let error = match self.client.totals(model, &self.domain, &asked) {
            Ok(totals) => {
                for (field, sum) in fields.iter().zip(totals.values.iter()) {
                    match sum.and_then(|sum| sum.parse().ok()) {
                        Some(sum) => sums.told.push((field.clone(), sum)),
                        // of integers and ids Odoo always says what they add up to
                        None if field.is_plain_many2one() || field.kind == FieldKind::Integer => {
                            sums.told.push((field.clone(), 0.0));
                        }
                        None => sums.untold.push(field.clone()),
                    }
                }
                return Ok(totals.count);
            }
            Err(error) => error,
        };
        let may_be_a_field = error.kind.is_refusal() || error.kind == ErrorKind::Malformed;
        match fields {
            _ if !may_be_a_field => Err(error),
            [] => self.count(),
            [field] => {
                sums.refused.push(field.clone());
                self.add_up(&[], sums)
            }
            fields => {
                let (first, second) = fields.split_at(fields.len() / 2);
                self.add_up(first, sums)?;
                self.add_up(second, sums)
            }
        }
    }

    /// A page's records. Where the numbers that need a row read cannot be had, the page comes without them.
    pub fn outline_page(&self, outline: &Outline, span: &Span) -> Result<Page, Error> {
        let whole = |records| Page { records, unread: None };
        let compared = &outline.compared;
        let error = match self.read_fields(compared, span) {
            Ok(records) => return Ok(whole(records)),
            Err(error) => error,
        };
        if !error.kind.may_be_one_record() {
            return Err(error);
        }
        let proven = self.prove(compared)?;
        if proven.columnar.len() < compared.columnar.len()
            && let Ok(records) = self.read_fields(&proven, span)
        {
            return Ok(whole(records));
        }
        if proven.rows.is_empty() {
            return Err(error);
        }
        let columnar = FieldPlan { rows: Vec::new(), ..proven.clone() };
        let names = proven.rows.into_iter().map(|field| field.name).collect();
        Ok(Page { records: self.read_fields(&columnar, span)?, unread: Some((names, error)) })
    }
}
