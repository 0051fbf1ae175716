//! One mirror's records in Odoo, and the ways to read them.

use crate::encode::page::EncodedPage;
use crate::reader::plan::{self, FieldPlan};
use crate::reader::span::Span;
use crate::reader::spec::MirrorSpec;
use crate::reader::unreadable::Ledger;
use odoo::{Aggregate, Client, Domain, Error, ErrorKind, Field, Read, Texts, Totals};
use once_cell::sync::OnceCell;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// One mirror's records in Odoo, shared by the threads that read them.
pub struct Source {
    pub client: Arc<Client>,
    pub spec: MirrorSpec,
    pub domain: Domain,
    /// Replaced once, when the server has refused the guess.
    plan: Mutex<Arc<FieldPlan>>,
    /// What the server has then confirmed: asked for once, by whichever thread was refused first.
    proven: OnceCell<Arc<FieldPlan>>,
    /// Fields that Odoo fails to read.
    pub unreadable: Ledger,
}

/// How many records match, and what else was asked of them.
pub struct Counted {
    pub aggregates: Vec<Aggregate>,
    pub totals: Totals,
    /// Why there is nothing but the number of records, where more was asked.
    pub refused: Option<Error>,
}

impl Source {
    /// The records of a mirror, by `domain`.
    pub fn new(client: Arc<Client>, spec: MirrorSpec, domain: Domain) -> Source {
        Source { client, spec, domain, plan: Mutex::default(), proven: OnceCell::new(), unreadable: Ledger::default() }
    }

    /// Asks which fields there are, and plans by that: one request for the model's fields, more where custom fields are
    /// computed. Gives all of the model's fields too.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownModel`], [`ErrorKind::AccessDenied`].
    pub fn ask_fields(&self) -> Result<(FieldPlan, Vec<Field>), Error> {
        plan::ask(&self.client, &self.spec)
    }

    /// The plan that pages are read by now.
    pub fn plan(&self) -> Arc<FieldPlan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has pages read by this plan from now on.
    pub fn set_plan(&self, plan: Arc<FieldPlan>) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    /// Changes the plan that pages are read by, also for the other threads.
    pub(super) fn change_plan(&self, change: impl FnOnce(&mut FieldPlan)) -> Arc<FieldPlan> {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut plan));
        plan.clone()
    }

    /// Reads the records of a span by the source's plan. Which fields can be read by columns is a guess at first: where the
    /// server refuses it, it is found out once, and all go on by that. So are fields that it fails at.
    ///
    /// # Errors
    /// Those of [`Client::read`]; [`ErrorKind::Malformed`] for an answer that is not about the span.
    pub fn read(&self, span: &Span) -> Result<EncodedPage, Error> {
        let mut plan = self.plan();
        let mut error = match self.read_fields(&plan, span) {
            Ok(page) => return Ok(page),
            Err(error) => error,
        };
        if error.kind.is_refusal() && !plan.is_proven {
            let prove = || self.prove(&plan).map(Arc::new);
            let proven = self.proven.get_or_try_init(prove)?.clone();
            plan = self.change_plan(|plan| {
                // another thread may have gone further by now
                if !plan.is_proven {
                    plan.clone_from(&proven);
                }
            });
            error = match self.read_fields(&plan, span) {
                Ok(page) => return Ok(page),
                Err(error) => error,
            };
        }
        if error.kind.is_refusal()
            && let Some(plan) = self.find_broken_fields(&plan, span)?
        {
            return self.read_fields(&plan, span);
        }
        Err(error)
    }

    /// Reads these fields of the records of a span.
    ///
    /// # Errors
    /// Those of [`Source::read`]; [`ErrorKind::Refused`] where a field cannot be read by columns.
    pub fn read_fields(&self, plan: &FieldPlan, span: &Span) -> Result<EncodedPage, Error> {
        let model = &self.spec.model;
        let mut page = self.client.read(&Read {
            model,
            domain: &self.domain.and(&span.domain()),
            columns: &plan.columnar,
            rows: &plan.rows,
        })?;
        self.check_answer(span, &page.ids)?;
        for field in &plan.apart {
            let parts = self.read_apart(field, &page.ids)?;
            page.append_partial(model, field, &parts)?;
        }
        EncodedPage::encode(page, model, &plan.names())
    }

    /// Asks the server which fields of a plan it reads by columns, after it has refused the guess.
    pub fn prove(&self, plan: &FieldPlan) -> Result<FieldPlan, Error> {
        plan::proven(&self.client, &self.spec.model, plan)
    }

    /// The ids of all records.
    pub fn ids(&self) -> Result<Vec<i64>, Error> {
        self.client.search(&self.spec.model, &self.domain, None)
    }

    /// The ids of those of the records that match `narrowed` too, up to `limit` of them.
    pub fn search(&self, narrowed: &Domain, limit: Option<u64>) -> Result<Vec<i64>, Error> {
        let domain = self.domain.and(narrowed);
        self.client.search(&self.spec.model, &domain, limit)
    }

    /// How many records there are.
    pub fn count(&self) -> Result<u64, Error> {
        self.client.count(&self.spec.model, &self.domain)
    }

    /// How many records there are but for those of these ids, and what their values come to, in which it shows whether
    /// some changed without being written.
    pub fn totals(&self, without: &[i64]) -> Result<Counted, Error> {
        let (model, domain) = (&self.spec.model, self.domain.without(without));
        let aggregates = self.plan().aggregates(&self.spec);
        match self.client.totals(model, &domain, &aggregates) {
            Ok(totals) => Ok(Counted { aggregates, totals, refused: None }),
            Err(error) if error.kind.is_refusal() => Ok(Counted {
                aggregates: Vec::new(),
                totals: Totals { count: self.client.count(model, &domain)?, values: Texts::default() },
                refused: Some(error),
            }),
            Err(error) => Err(error),
        }
    }

    /// Fails where an answer is not about the records that were asked for, or lacks one that Odoo has: a mixed-up
    /// answer of a cache, or a read replica that lags behind. Records that are gone meanwhile may be lacking.
    fn check_answer(&self, span: &Span, read: &[i64]) -> Result<(), Error> {
        let model = &self.spec.model;
        let wrong = |what: String| {
            Error::new(ErrorKind::Malformed, format!("Odoo's answer to a read of {model} {what}.")).with_hint(
                "Perhaps a cache before Odoo mixes up its answers, or a replica of its database lags behind.",
            )
        };
        let stray = match span {
            Span::Only(ids) => {
                let asked: HashSet<&i64> = ids.iter().collect();
                read.iter().find(|id| !asked.contains(id))
            }
            Span::All | Span::Between(_) => read.iter().find(|id| !span.covers(**id)),
        };
        if let Some(id) = stray {
            return Err(wrong(format!("has record {id}, which was not asked for")));
        }
        let lacking: Vec<i64> = span.ids().iter().copied().filter(|id| read.binary_search(id).is_err()).collect();
        if lacking.is_empty() {
            return Ok(());
        }
        match self.search(&Domain::ids(&lacking), Some(1))?.first() {
            Some(id) => Err(wrong(format!("leaves out record {id}, which Odoo has"))),
            None => Ok(()),
        }
    }
}
