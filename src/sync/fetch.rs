//! What the helper threads do: each function is a job's work, and calls nothing of PostgreSQL.

use crate::mirror::encode::{self, EncodedPage};
use crate::odoo::{Client, Domain, Error, ErrorKind, Read, Traffic, thread_traffic};
use crate::sync::catalogue::{Compare, MirrorSpec};
use crate::sync::isolate::Trust;
use crate::sync::plan::{self, FieldPlan};
use crate::sync::span::Span;
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
    /// The mirror can be read: these fields, and these records.
    Planned(Result<(Arc<FieldPlan>, Scope), Error>),
    /// Records, the span that they are of, and the plan by which they were read.
    Page(Arc<FieldPlan>, Span, EncodedPage),
    /// A record that cannot be read, and why.
    Unreadable(i64, Error),
    /// A page's job is over; its pages came before.
    PageDone(Result<(), Error>),
    /// How many records match now.
    Counted(Result<u64, Error>),
    /// Which records match now.
    Listed(Result<Vec<i64>, Error>),
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
}

impl Source {
    fn plan(&self) -> Arc<FieldPlan> {
        self.plan
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set_plan(&self, plan: FieldPlan) -> Arc<FieldPlan> {
        let plan = Arc::new(plan);
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

    /// Job: which fields there are, and which records to read: those written `since`, or all, of which there are few.
    pub fn plan_it(&self, since: Option<&str>, are_few: bool, give: &dyn Fn(Answer)) {
        let mut before = thread_traffic();
        let planned = self.planned(since, are_few);
        self.hand(give, &mut before, Content::Planned(planned));
    }

    fn planned(
        &self,
        since: Option<&str>,
        are_few: bool,
    ) -> Result<(Arc<FieldPlan>, Scope), Error> {
        let model = &self.spec.model;
        let (plan, server) = plan::ask(&self.client, &self.spec)?;
        let has = |path: &str| {
            server
                .iter()
                .any(|field| Some(field.name.as_str()) == path.split('.').next())
        };
        let plan = self.set_plan(plan);
        if let Some(since) =
            since.filter(|_| self.spec.compare == Compare::Window && has("write_date"))
        {
            let depends: Vec<String> = self
                .spec
                .depends
                .iter()
                .filter(|path| has(path))
                .cloned()
                .collect();
            let changed = self.domain.and(&Domain::written_since(since, &depends));
            match self.client.search(model, &changed, None) {
                Ok(ids) => return Ok((plan, Scope::Changed(ids))),
                // this user may not look where the mirror's records depend on, or this server has no such path: everything
                // is read instead
                Err(error) if !depends.is_empty() && is_refusal(error.kind) => {}
                Err(error) => return Err(error),
            }
        }
        let scope = if are_few {
            Scope::OnePage
        } else {
            Scope::Whole(self.client.search(model, &self.domain, None)?)
        };
        Ok((plan, scope))
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
                    trust.spend();
                    self.hand(give, before, Content::Unreadable(id, error));
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
        if plan.is_proven || !is_refusal(error.kind) {
            return Err(error);
        }
        let proven = self.set_plan(plan::proven(&self.client, &self.spec.model, &plan)?);
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

    /// Job: how many records match.
    pub fn count(&self, give: &dyn Fn(Answer)) {
        let mut before = thread_traffic();
        let counted = self.client.count(&self.spec.model, &self.domain);
        self.hand(give, &mut before, Content::Counted(counted));
    }

    /// Job: which records match.
    pub fn list(&self, give: &dyn Fn(Answer)) {
        let mut before = thread_traffic();
        let listed = self.client.search(&self.spec.model, &self.domain, None);
        self.hand(give, &mut before, Content::Listed(listed));
    }
}

/// Whether Odoo answered that it cannot do what was asked of it, as it stands.
fn is_refusal(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Refused | ErrorKind::Server | ErrorKind::AccessDenied
    )
}
