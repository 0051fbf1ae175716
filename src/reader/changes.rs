//! Which records changed since the last run.

use crate::reader::plan::{self, Depends, FieldPlan};
use crate::reader::source::Source;
use crate::reader::spec::Compare;
use crate::reader::tracked::{self, TrackedModels};
use crate::reader::unreadable::UnreadableFields;
use odoo::{Domain, Error, Field};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of a mirror before it is planned.
#[derive(Debug, Clone, Default)]
pub struct Before {
    /// From when on changes are looked for; None: everything is read.
    pub since: Option<String>,
    /// Whether one page has all records.
    pub are_few: bool,
    pub tracked: TrackedModels,
    /// The fields that could not be read.
    pub unreadable: UnreadableFields,
}

/// How a mirror is to be read.
pub struct Planned {
    pub plan: Arc<FieldPlan>,
    pub scope: Scope,
    pub listed: Listed,
    /// What the models that are tracked were like before anything was read.
    pub tracked: TrackedModels,
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

/// Records of other models that changed, by the custom field whose lists they may have been in when these were last
/// read: Odoo tells which lists they are in now.
pub type Listed = Vec<(String, Vec<i64>)>;

impl Source {
    /// Asks which fields there are, and which records to read: those that changed, or all.
    pub(super) fn planned(&self, before: &Before) -> Result<Planned, Error> {
        let (plan, server) = self.ask_fields()?;
        let can_follow = self.spec.compare == Compare::Window && server.iter().any(|field| field.name == "write_date");
        // first of all, so that what happens while the pages are read is seen the next time
        let (tracked, has_changed) =
            if can_follow { self.tracked(&plan, &before.tracked)? } else { (TrackedModels::new(), false) };
        let depends = match &before.since {
            Some(_) => plan::depends(&self.client, &self.spec, &plan, &server)?,
            None => Depends::default(),
        };
        let mut plan = FieldPlan { depends, ..plan };
        plan.set_apart(&before.unreadable.keys().cloned().collect());
        let plan = Arc::new(plan);
        self.set_plan(plan.clone());
        let planned = |scope, listed| Ok(Planned { plan: plan.clone(), scope, listed, tracked });
        if let Some(since) = before.since.as_ref().filter(|_| can_follow && !has_changed) {
            match self.looked_for(since, &plan) {
                Ok((ids, listed)) => {
                    self.unreadable.begin(&before.unreadable, false);
                    return planned(Scope::Changed(ids), listed);
                }
                // this user may not look where the mirror's records depend on, or this server has no such path:
                // everything is read instead
                Err(error) if !plan.depends.always.is_empty() && error.kind.is_refusal() => {}
                Err(error) => return Err(error),
            }
        }
        self.unreadable.begin(&before.unreadable, true);
        let scope = if before.are_few { Scope::OnePage } else { Scope::Whole(self.ids()?) };
        planned(scope, Vec::new())
    }

    fn tracked(&self, plan: &FieldPlan, before: &TrackedModels) -> Result<(TrackedModels, bool), Error> {
        let lists = plan.custom_lists().map(|(_, model)| model);
        let names = self.spec.tracked_models.iter().map(String::as_str);
        let custom: Vec<&Field> = plan.custom().collect();
        let model = &self.spec.model;
        tracked::follow(&self.client, &names.chain(lists).collect(), model, &custom, before)
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

    /// Which records changed, along all ways, also those that are looked along only where the totals differ.
    pub(super) fn changed_in_doubt(&self, since: &str) -> Result<Vec<i64>, Error> {
        let plan = self.plan();
        match self.changed(since, &plan.depends.in_doubt) {
            // what this user may not look along cannot tell
            Err(error) if error.kind.is_refusal() => self.changed(since, &plan.depends.always),
            changed => changed,
        }
    }

    fn changed(&self, since: &str, depends: &[String]) -> Result<Vec<i64>, Error> {
        self.search(&Domain::written_since(since, depends), None)
    }
}
