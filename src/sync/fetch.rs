//! What the helper threads do: each function is a job's work, and calls nothing of PostgreSQL.

use crate::mirror::encode::{self, EncodedPage};
use crate::odoo::{Client, Domain, Error, ErrorKind, Read, Traffic, thread_traffic};
use crate::sync::catalogue::MirrorSpec;
use crate::sync::plan::{self, FieldPlan};
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
    /// The mirror can be read: these fields, and these ids now.
    Planned(Result<(Arc<FieldPlan>, Vec<i64>), Error>),
    /// Records, and the plan by which they were read.
    Page(Arc<FieldPlan>, EncodedPage),
    /// A record that cannot be read, and why.
    Unreadable(i64, Error),
    /// A page's job is over; its pages came before.
    PageDone(Result<(), Error>),
    /// How many records match now.
    Counted(Result<u64, Error>),
    /// Which records match now.
    Listed(Result<Vec<i64>, Error>),
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

/// The records of one page: all that match between two ids, or those with the ids.
#[derive(Debug, Clone)]
pub enum Span {
    Between(Vec<i64>),
    Only(Vec<i64>),
}

impl Span {
    fn ids(&self) -> &[i64] {
        match self {
            Span::Between(ids) | Span::Only(ids) => ids,
        }
    }

    fn halves(&self) -> Option<(Span, Span)> {
        let ids = self.ids();
        if ids.len() < 2 {
            return None;
        }
        let (low, high) = ids.split_at(ids.len() / 2);
        Some(match self {
            Span::Between(_) => (Span::Between(low.to_vec()), Span::Between(high.to_vec())),
            Span::Only(_) => (Span::Only(low.to_vec()), Span::Only(high.to_vec())),
        })
    }

    fn domain(&self) -> Domain {
        match self {
            Span::Between(ids) => Domain::id_range(ids.first().copied(), ids.last().copied()),
            Span::Only(ids) => Domain::ids(ids),
        }
    }
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

    /// Job: which fields there are, and which records.
    pub fn plan_it(&self, give: &dyn Fn(Answer)) {
        let mut before = thread_traffic();
        let planned = self.client.fields(&self.spec.model).and_then(|server| {
            let plan = self.set_plan(plan::fields(&self.spec, &server));
            Ok((
                plan,
                self.client.search(&self.spec.model, &self.domain, None)?,
            ))
        });
        self.hand(give, &mut before, Content::Planned(planned));
    }

    /// Job: the records of a span, in one page, or in halves where it cannot be had in one.
    pub fn fetch(&self, span: &Span, give: &dyn Fn(Answer)) {
        let mut before = thread_traffic();
        let done = self.fetch_span(span, give, &mut before);
        self.hand(give, &mut before, Content::PageDone(done));
    }

    fn fetch_span(
        &self,
        span: &Span,
        give: &dyn Fn(Answer),
        before: &mut Traffic,
    ) -> Result<(), Error> {
        let error = match self.read(span) {
            Ok((plan, page)) => {
                self.hand(give, before, Content::Page(plan, page));
                return Ok(());
            }
            Err(error) => error,
        };
        // halving a page is of no use when Odoo does not answer at all
        let lost = matches!(
            error.kind,
            ErrorKind::Timeout | ErrorKind::Dropped | ErrorKind::Busy
        );
        if !error.kind.may_be_one_record() || lost && !self.is_alive() {
            return Err(error);
        }
        match (span.halves(), span.ids()) {
            (Some((low, high)), _) => {
                self.fetch_span(&low, give, before)?;
                self.fetch_span(&high, give, before)
            }
            (None, [id]) => {
                self.hand(give, before, Content::Unreadable(*id, error));
                Ok(())
            }
            (None, _) => Err(error),
        }
    }

    fn is_alive(&self) -> bool {
        self.client
            .search(&self.spec.model, &Domain::all(), Some(1))
            .is_ok()
    }

    fn read(&self, span: &Span) -> Result<(Arc<FieldPlan>, EncodedPage), Error> {
        let plan = self.plan();
        let error = match self.read_by(&plan, span) {
            Ok(page) => return Ok(page),
            Err(error) => error,
        };
        // the guess of what can be read by columns may be wrong: find out, once, and go on by that
        let may_be_the_guess = matches!(
            error.kind,
            ErrorKind::Refused | ErrorKind::Server | ErrorKind::AccessDenied
        );
        if plan.is_proven || !may_be_the_guess {
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
