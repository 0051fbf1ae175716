//! What the helper threads do: each function is a job's work, and calls nothing of PostgreSQL.

use crate::mirror::encode::{self, EncodedPage};
use crate::sync::catalogue::{Compare, MirrorSpec};
use crate::sync::isolate::Trust;
use crate::sync::plan::{self, Depends, FieldPlan};
use crate::sync::span::Span;
use crate::sync::trace::{self, Traces};
use odoo::{Aggregate, Client, Domain, Error, Field, Read, Texts, Totals, Traffic, thread_traffic};
use once_cell::sync::OnceCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What a job hands back to the main thread.
pub struct Answer {
    /// Which mirror of the run it is about.
    pub mirror: usize,
    pub content: Content,
    /// What was asked of the network for it.
    pub traffic: Traffic,
}

pub enum Content {
    /// The mirror can be read.
    Planned(Result<Planned, Error>),
    /// Records, the span that they are of, and the plan by which they were read.
    Page(Arc<FieldPlan>, Span, EncodedPage),
    /// A record that cannot be read, and why.
    Unreadable(i64, Error),
    /// A page's job is over; its pages came before.
    PageDone(Result<(), Error>),
    /// Which records changed, asked for again.
    Changed(Result<Vec<i64>, Error>),
    /// What the records that match now come to.
    Counted(Result<Counted, Error>),
    /// Which records match now.
    Listed(Result<Vec<i64>, Error>),
}

/// How a mirror is to be read.
pub struct Planned {
    pub plan: Arc<FieldPlan>,
    pub scope: Scope,
    pub listed: Listed,
    /// What the traces were like before anything was read.
    pub traces: Traces,
}

/// Records of other models that changed, by the custom field whose lists they may have been in when these were last read:
/// Odoo tells which lists they are in now.
pub type Listed = Vec<(String, Vec<i64>)>;

/// How many records match, and what else was asked of them.
pub struct Counted {
    pub aggregates: Vec<Aggregate>,
    pub totals: Totals,
    /// Why there is nothing but the number of records, where more was asked.
    pub refused: Option<Error>,
}

/// What is known of a mirror before it is planned.
#[derive(Debug, Clone, Default)]
pub struct Before {
    /// From when on changes are looked for; None: everything is read.
    pub since: Option<String>,
    /// Whether one page has all records.
    pub are_few: bool,
    pub traces: Traces,
}

/// Which records a run reads of a mirror.
pub enum Scope {
    /// All of them: these.
    Whole(Vec<i64>),
    /// All of them, which are so few that one page has them.
    OnePage,
    /// Those that changed.
    Changed(Vec<i64>),
}

/// One mirror's source in Odoo, shared by its jobs.
pub struct Source {
    pub mirror: usize,
    pub client: Arc<Client>,
    pub spec: MirrorSpec,
    pub domain: Domain,
    /// Replaced once, when the server has refused the guess.
    pub plan: Mutex<Arc<FieldPlan>>,
    /// What the server has then confirmed: asked for once, by whichever thread was refused first.
    pub proof: OnceCell<Arc<FieldPlan>>,
}

impl Source {
    fn plan(&self) -> Arc<FieldPlan> {
        self.plan
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set_plan(&self, plan: Arc<FieldPlan>) -> Arc<FieldPlan> {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = plan.clone();
        plan
    }

    /// Sends an answer along with what it took since `before`, which is then set to now.
    fn hand(&self, give: &dyn Fn(Answer), before: &mut Traffic, content: Content) {
        let now = thread_traffic();
        let traffic = now.since(before);
        *before = now;
        give(Answer {
            mirror: self.mirror,
            content,
            traffic,
        });
    }

    /// Job: which fields there are, and which records to read: those that changed, or all.
    pub fn plan_it(&self, before: &Before, give: &dyn Fn(Answer)) {
        let mut traffic = thread_traffic();
        let planned = self.planned(before);
        self.hand(give, &mut traffic, Content::Planned(planned));
    }

    fn planned(&self, before: &Before) -> Result<Planned, Error> {
        let (plan, server) = plan::ask(&self.client, &self.spec)?;
        let can_follow = self.spec.compare == Compare::Window
            && server.iter().any(|field| field.name == "write_date");
        // first of all, so that what happens while the pages are read is seen the next time
        let (traces, has_changed) = if can_follow {
            let lists = plan.custom_lists().map(|(_, model)| model);
            let names = self.spec.traces.iter().map(String::as_str).chain(lists);
            let custom: Vec<&Field> = plan.custom().collect();
            trace::follow(
                &self.client,
                &names.collect(),
                &self.spec.model,
                &custom,
                &before.traces,
            )?
        } else {
            (Traces::new(), false)
        };
        let depends = match &before.since {
            Some(_) => plan::depends(&self.client, &self.spec, &plan, &server)?,
            None => Depends::default(),
        };
        let plan = self.set_plan(Arc::new(FieldPlan { depends, ..plan }));
        let planned = |scope, listed| {
            Ok(Planned {
                plan: plan.clone(),
                scope,
                listed,
                traces,
            })
        };
        if let Some(since) = before.since.as_ref().filter(|_| can_follow && !has_changed) {
            match self.looked_for(since, &plan) {
                Ok((ids, listed)) => return planned(Scope::Changed(ids), listed),
                // this user may not look where the mirror's records depend on, or this server has no such path: everything
                // is read instead
                Err(error) if !plan.depends.always.is_empty() && error.kind.is_refusal() => {}
                Err(error) => return Err(error),
            }
        }
        let scope = if before.are_few {
            Scope::OnePage
        } else {
            Scope::Whole(self.client.search(&self.spec.model, &self.domain, None)?)
        };
        planned(scope, Vec::new())
    }

    /// Which records changed; and which did that custom lists may have had in them, by field.
    fn looked_for(&self, since: &str, plan: &FieldPlan) -> Result<(Vec<i64>, Listed), Error> {
        let written = Domain::written_since(since, &[]);
        let mut of_model: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        let mut listed = Vec::new();
        for (field, model) in plan.custom_lists() {
            if !of_model.contains_key(model) {
                of_model.insert(model, self.client.search(model, &written, None)?);
            }
            let others = &of_model[model];
            if !others.is_empty() {
                listed.push((field.name.clone(), others.clone()));
            }
        }
        Ok((self.changed(since, &plan.depends.always)?, listed))
    }

    fn changed(&self, since: &str, depends: &[String]) -> Result<Vec<i64>, Error> {
        let changed = Domain::written_since(since, depends);
        self.client
            .search(&self.spec.model, &self.domain.and(&changed), None)
    }

    /// Job: which records changed, once more, and along all ways.
    pub fn look_again(&self, since: &str, give: &dyn Fn(Answer)) {
        let mut before = thread_traffic();
        let plan = self.plan();
        let changed = match self.changed(since, &plan.depends.in_doubt) {
            // what this user may not look along cannot tell
            Err(error) if error.kind.is_refusal() => self.changed(since, &plan.depends.always),
            changed => changed,
        };
        self.hand(give, &mut before, Content::Changed(changed));
    }

    /// Job: the records of a span, in one page, or in halves where it cannot be had in one.
    pub fn fetch(&self, span: Span, give: &dyn Fn(Answer)) {
        let mut before = thread_traffic();
        let done = self.fetch_span(span, give, &mut before, &mut Trust::default());
        self.hand(give, &mut before, Content::PageDone(done));
    }

    fn fetch_span(
        &self,
        span: Span,
        give: &dyn Fn(Answer),
        before: &mut Traffic,
        trust: &mut Trust,
    ) -> Result<(), Error> {
        let error = match self.read(&span) {
            Ok((plan, page)) => {
                trust.restore();
                self.hand(give, before, Content::Page(plan, span, page));
                return Ok(());
            }
            Err(error) => error,
        };
        if !self.may_be_a_record(&span, &error, trust) {
            return Err(error);
        }
        let parts = match span {
            Span::All => {
                let ids = self.client.search(&self.spec.model, &self.domain, None)?;
                if ids.is_empty() {
                    return Err(error);
                }
                vec![Span::Between(ids)]
            }
            span => match span.halves() {
                Ok(halves) => halves.into(),
                Err(id) => {
                    let only = self.domain.and(&Domain::ids(&[id]));
                    // it may have been deleted between a page's two requests
                    if !self
                        .client
                        .search(&self.spec.model, &only, None)?
                        .is_empty()
                    {
                        trust.spend();
                        self.hand(give, before, Content::Unreadable(id, error));
                    }
                    return Ok(());
                }
            },
        };
        parts
            .into_iter()
            .try_for_each(|part| self.fetch_span(part, give, before, trust))
    }

    pub(super) fn read(&self, span: &Span) -> Result<(Arc<FieldPlan>, EncodedPage), Error> {
        let plan = self.plan();
        let error = match self.read_by(&plan, span) {
            Ok(page) => return Ok(page),
            Err(error) => error,
        };
        // the guess of what can be read by columns may be wrong: find out, once, and go on by that
        if plan.is_proven || !error.kind.is_refusal() {
            return Err(error);
        }
        let prove = || plan::proven(&self.client, &self.spec.model, &plan).map(Arc::new);
        let proven = self.set_plan(self.proof.get_or_try_init(prove)?.clone());
        self.read_by(&proven, span)
    }

    fn read_by(
        &self,
        plan: &Arc<FieldPlan>,
        span: &Span,
    ) -> Result<(Arc<FieldPlan>, EncodedPage), Error> {
        let domain = self.domain.and(&span.domain());
        let page = self.client.read(&Read {
            model: &self.spec.model,
            domain: &domain,
            columns: &plan.columnar,
            rows: &plan.rows,
        })?;
        self.check_answer(span, &page.ids)?;
        Ok((
            plan.clone(),
            encode::encode(page, &self.spec.model, &plan.names())?,
        ))
    }

    /// Job: how many records match but for these, and what tells whether some changed without a trace.
    pub fn count(&self, without: &[i64], give: &dyn Fn(Answer)) {
        let mut before = thread_traffic();
        let counted = self.counted(&self.domain.without(without));
        self.hand(give, &mut before, Content::Counted(counted));
    }

    fn counted(&self, domain: &Domain) -> Result<Counted, Error> {
        let (model, aggregates) = (&self.spec.model, self.plan().aggregates(&self.spec));
        match self.client.totals(model, domain, &aggregates) {
            Ok(totals) => Ok(Counted {
                aggregates,
                totals,
                refused: None,
            }),
            Err(error) if error.kind.is_refusal() => Ok(Counted {
                aggregates: Vec::new(),
                totals: Totals {
                    count: self.client.count(model, domain)?,
                    values: Texts::default(),
                },
                refused: Some(error),
            }),
            Err(error) => Err(error),
        }
    }

    /// Job: which records match.
    pub fn list(&self, give: &dyn Fn(Answer)) {
        let mut before = thread_traffic();
        let listed = self.client.search(&self.spec.model, &self.domain, None);
        self.hand(give, &mut before, Content::Listed(listed));
    }
}
