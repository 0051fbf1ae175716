//! The course of a run: its types and mirrors, the login, and the loop that hands out work and takes in answers.

use crate::connection;
use crate::failure::Failure;
use crate::pg::channel::Worker;
use crate::pg::transaction::transaction;
use crate::pg::{identity, interrupts, thread};
use crate::sync::blocked;
use crate::sync::catalogue::{self, TypeSpec};
use crate::sync::fetch::{Answer, Before, Source};
use crate::sync::mirror::{MirrorRun, Stage};
use crate::sync::plan::FieldPlan;
use crate::sync::pool::{Pool, thread_ended};
use crate::sync::record;
use crate::sync::state::{self, MirrorState};
use crate::sync::task::{Event, Outcome, Status, Task};
use crate::sync::type_run::TypeRun;
use odoo::{Cancel, Client, Error, Traffic, thread_traffic};
use once_cell::sync::OnceCell;
use pgrx::prelude::*;
use std::collections::HashMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, UNIX_EPOCH};

/// How long the main thread waits before it looks whether it was told to stop.
const SLICE: Duration = Duration::from_millis(50);

/// How often a run that nobody waits for looks whether somebody wants the database, for which PostgreSQL waits 5 s.
const LOOK: Duration = Duration::from_secs(1);

/// The id of the company that the user is in, by which what depends on the company is read, and the client.
type Opened = (i64, Client);

/// A run of one connection.
pub struct Run<'a> {
    pub(super) task: &'a Task,
    pub(super) worker: &'a Worker,
    pub(super) user: pg_sys::Oid,
    pub(super) types: Vec<TypeRun>,
    pub(super) mirrors: Vec<MirrorRun>,
    /// Odoo's clock when the run began, in seconds since 1970: the next window begins there.
    pub(super) window_end: f64,
    /// What the mirrors of our types were before, by table.
    states: HashMap<String, MirrorState>,
    /// How the types ended, as the caller was told.
    pub(super) told: Vec<Outcome>,
    /// When it was last looked whether somebody wants the database.
    looked_at: Instant,
}

/// Runs a task to its end; every type is told to the caller and recorded, whatever happens.
pub fn run(mut task: Task, worker: &Worker) {
    let user = pg_sys::Oid::from(task.user);
    let numbered = number(&mut task, user);
    worker.send(&Event::Accepted(task.run_id));
    let task = &task;
    let mut run = Run {
        task,
        worker,
        user,
        types: Vec::new(),
        mirrors: Vec::new(),
        window_end: 0.0,
        states: HashMap::new(),
        told: Vec::new(),
        looked_at: Instant::now(),
    };
    let cancel = Cancel::new();
    if let Err(failure) = numbered
        .and_then(|()| run.begin())
        .and_then(|()| run.work(&cancel))
    {
        cancel.cancel();
        run.abandon(failure);
    }
    run.announce();
    if let Err(failure) = transaction(user, || record::prune(task.settings.history_days)) {
        pgrx::warning!(
            "odoo_sync: the history could not be pruned: {}",
            failure.summary()
        );
    }
    worker.send(&Event::Finished);
}

/// Gives the run its id, where the run of another connection has not got it already.
fn number(task: &mut Task, user: pg_sys::Oid) -> Result<(), Failure> {
    if task.run_id == 0 {
        task.run_id = transaction(user, record::next_run_id)?;
    }
    Ok(())
}

impl Run<'_> {
    /// Takes the locks of the types; those that another run holds are skipped.
    fn begin(&mut self) -> Result<(), Failure> {
        let task = self.task;
        if task.settings.run_timeout_ms > 0 {
            interrupts::limit_time(Duration::from_millis(task.settings.run_timeout_ms))?;
        }
        let specs = transaction(self.user, || {
            identity::as_owner(|| catalogue::types(&task.connection, &task.types))
        })?;
        for spec in specs {
            let (is_ours, states) = transaction(self.user, || self.claim(&spec))?;
            if is_ours {
                let mode = self.mode(&states);
                self.states.extend(
                    states
                        .into_iter()
                        .map(|state| (state.table_name.clone(), state)),
                );
                self.types.push(TypeRun::new(spec, mode));
            } else {
                let message = self.held_up(&spec);
                self.tell(Outcome {
                    message: Some(message),
                    ..Outcome::new(task.run_id, &task.connection, &spec.r#type, Status::Skipped)
                });
            }
        }
        Ok(())
    }

    fn held_up(&self, spec: &TypeSpec) -> String {
        format!(
            "Another run of {} on connection {} is under way.",
            spec.r#type, self.task.connection
        )
    }

    /// Takes the lock of a type if it is free, and reads what is known of its mirrors.
    fn claim(&self, spec: &TypeSpec) -> Result<(bool, Vec<MirrorState>), Failure> {
        let (task, name) = (self.task, &spec.r#type);
        if !record::try_lock(&task.connection, name)? {
            record::skipped(task, name, &self.held_up(spec))?;
            return Ok((false, Vec::new()));
        }
        let states = identity::as_owner(|| {
            state::of_type(&task.connection, name, &task.settings, spec.lookback_s)
        })?;
        record::begin(task, name, self.mode(&states))?;
        Ok((true, states))
    }

    /// What the run of a type is called: `incremental` only where every mirror of it that was filled before is.
    fn mode(&self, states: &[MirrorState]) -> &'static str {
        let is_due = states.is_empty() || states.iter().any(|state| state.since.is_none());
        if self.task.full || is_due {
            "full"
        } else {
            "incremental"
        }
    }

    /// The time between two requests: the longest that is set for one of the types, which share the client.
    fn delay(&self) -> Duration {
        let default = self.task.settings.delay_ms as f64;
        let set = self
            .types
            .iter()
            .map(|r#type| r#type.spec.delay_ms.unwrap_or(default));
        Duration::from_secs_f64(set.fold(0.0, f64::max) / 1000.0)
    }

    /// Logs in, away from the main thread; gives what was asked of the network for it, too.
    fn open(&mut self, cancel: &Cancel) -> Result<(Result<Opened, Error>, Traffic), Failure> {
        let task = self.task;
        let (endpoint, options) = transaction(self.user, || {
            let connection = connection::find(&task.connection).map_err(|failure| {
                failure.hint("If odoo_sync.connect() was called in this same transaction, COMMIT it first: the run sees what is committed.")
            })?;
            let mut options = connection.options(&task.settings);
            options.delay = self.delay();
            Ok((connection.endpoint(self.user, &task.settings)?, options))
        })?;
        let (sender, receiver) = mpsc::sync_channel(1);
        let cancel = cancel.clone();
        thread::spawn("odoo_sync open", move || {
            let opened = Client::open(endpoint, options, cancel)
                .and_then(|client| Ok((client.account()?.company_id, client)));
            drop(sender.send((opened, thread_traffic())));
        })?;
        loop {
            self.check()?;
            match receiver.recv_timeout(SLICE) {
                Ok(opened) => return Ok(opened),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(thread_ended()),
            }
        }
    }

    fn work(&mut self, cancel: &Cancel) -> Result<(), Failure> {
        if self.types.is_empty() {
            return Ok(());
        }
        let place = format!("connection {}", self.task.connection);
        let (opened, traffic) = self.open(cancel).map_err(|failure| failure.at(&place))?;
        // the login is the first type's, so that the history's sum is all that was asked
        self.types[0].traffic.add(&traffic);
        let (company_id, client) = opened.map_err(|error| Failure::from(error).at(&place))?;
        let client = Arc::new(client);
        let began = client.session().started;
        self.window_end = began
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs_f64();
        self.list_mirrors(&client, company_id)?;
        let pool = Pool::start(self.task.settings.concurrency)?;
        let mut next = 0;
        while self.types.iter().any(|r#type| !r#type.is_ended) {
            while next < self.mirrors.len() && pool.is_hungry() {
                self.submit_plan(next, &pool);
                next += 1;
            }
            self.check()?;
            if let Some(answer) = pool.next(SLICE)? {
                self.handle(answer, &pool)?;
            }
        }
        Ok(())
    }

    /// Between two steps: an error once the run has to stop.
    fn check(&mut self) -> Result<(), Failure> {
        interrupts::check_worker()?;
        // where a session waits for this run, it is that which is in the way of DROP DATABASE
        if self.task.caller.is_some() || self.looked_at.elapsed() < LOOK {
            return Ok(());
        }
        self.looked_at = Instant::now();
        if transaction(self.user, blocked::is_database_wanted)? {
            return Err(Failure::cancelled()
                .because("the database is about to be dropped, renamed or moved"));
        }
        Ok(())
    }

    fn submit_plan(&self, index: usize, pool: &Pool<Answer>) {
        let mirror = &self.mirrors[index];
        let source = mirror.source.clone();
        let before = Before {
            since: mirror.state.since.clone(),
            // twice as many may have come since, and still fit into a page
            are_few: mirror.state.is_loaded
                && mirror.state.row_count * 2 <= self.batch_size(mirror.type_index) as u64,
            traces: mirror.state.traces.clone(),
        };
        pool.submit(Box::new(move |give| source.plan_it(&before, give)));
    }

    pub(super) fn batch_size(&self, type_index: usize) -> usize {
        self.types[type_index]
            .spec
            .batch_size
            .unwrap_or(self.task.settings.batch_size)
    }

    /// The mirrors of the types that are ours, for the server's series.
    fn list_mirrors(&mut self, client: &Arc<Client>, company_id: i64) -> Result<(), Failure> {
        let names: Vec<String> = self
            .types
            .iter()
            .map(|r#type| r#type.spec.r#type.clone())
            .collect();
        let specs = transaction(self.user, || {
            identity::as_owner(|| catalogue::mirrors(&names))
        })?;
        let series = client.session().series;
        for spec in specs
            .into_iter()
            .filter(|spec| (spec.since..=spec.until).contains(&series))
        {
            let Some(type_index) = names.iter().position(|name| *name == spec.r#type) else {
                continue;
            };
            let type_spec = &self.types[type_index].spec;
            let domain = match spec.domain_for(type_spec) {
                Ok(domain) => domain,
                Err(failure) => {
                    self.types[type_index]
                        .failures
                        .push(failure.at(&spec.table_name));
                    continue;
                }
            };
            let mut state = self.states.remove(&spec.table_name).unwrap_or_default();
            // before 0.2.0 they were not noted
            let lang = client.session().lang.clone();
            let is_other_view = state.lang.is_some() && state.lang != lang
                || state.company_id.is_some_and(|before| before != company_id);
            state.lang = lang;
            state.company_id = Some(company_id);
            let is_other_domain = state.domain.as_ref() != Some(&domain.to_value());
            if self.task.full || is_other_domain || is_other_view {
                state.since = None;
            }
            let source = Source {
                mirror: self.mirrors.len(),
                client: client.clone(),
                spec,
                domain,
                plan: Mutex::new(Arc::new(FieldPlan::default())),
                proof: OnceCell::new(),
            };
            let mirror = MirrorRun::new(Arc::new(source), type_index, type_spec, state, self.user);
            self.types[type_index].mirrors_left += 1;
            self.mirrors.push(mirror);
        }
        for index in 0..self.types.len() {
            // a domain that has changed is known only now
            let is_full =
                |mirror: &MirrorRun| mirror.type_index == index && mirror.state.since.is_none();
            if self.types[index].mode != "full" && self.mirrors.iter().any(is_full) {
                self.types[index].mode = "full";
                let (task, name) = (self.task, &self.types[index].spec.r#type);
                transaction(self.user, || record::mode(task, name, "full"))?;
            }
        }
        let empty = |index: &usize| self.types[*index].mirrors_left == 0;
        for index in (0..self.types.len()).filter(empty).collect::<Vec<_>>() {
            if self.types[index].failures.is_empty() {
                self.types[index].notes.push(format!(
                    "The catalogue has no table of this type for Odoo {series}."
                ));
            }
            self.end_type(index)?;
        }
        Ok(())
    }

    fn handle(&mut self, answer: Answer, pool: &Pool<Answer>) -> Result<(), Failure> {
        let index = answer.mirror;
        let type_index = self.mirrors[index].type_index;
        self.types[type_index].traffic.add(&answer.traffic);
        if self.mirrors[index].stage == Stage::Done {
            return Ok(()); // it failed meanwhile
        }
        let writing = Instant::now();
        let result = self.advance(index, answer.content, pool);
        self.types[type_index].writing += writing.elapsed();
        match result {
            Ok(()) => Ok(()),
            Err(failure) => self.fail_mirror(index, failure),
        }
    }

    /// Ends a mirror that failed, and its type with it when it was the last; a cancel ends the run instead.
    pub(super) fn fail_mirror(&mut self, index: usize, failure: Failure) -> Result<(), Failure> {
        if failure.is_cancelled() {
            return Err(failure);
        }
        let mirror = &self.mirrors[index];
        let connection = &self.task.connection;
        let table = mirror.source.spec.table_name.as_str();
        let failure = self.unblocked(failure, connection, Some(table));
        let place = format!("connection {connection}, {}", mirror.name());
        self.types[mirror.type_index]
            .failures
            .push(failure.at(place));
        self.end_mirror(index)
    }
}
