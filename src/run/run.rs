//! The course of a run: its types and mirrors, the login, and the one loop that performs the mirrors' steps.

use crate::connection;
use crate::failure::Failure;
use crate::pg::channel::Worker;
use crate::pg::transaction::transaction;
use crate::pg::{deadline, interrupts};
use crate::reader::access::Access;
use crate::reader::request::{Content, Request};
use crate::run::context::Context;
use crate::run::locks;
use crate::run::login::log_in;
use crate::run::mirror_run::MirrorRun;
use crate::run::phase::Step;
use crate::run::pool::Pool;
use crate::run::report::Report;
use crate::run::type_run::TypeRun;
use crate::state::catalogue;
use crate::state::extension::as_owner;
use crate::state::history;
use crate::state::task::{Event, Outcome, Status, Task};
use odoo::{Cancel, Client, Traffic};
use pgrx::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

/// How long the main thread waits before it looks whether it was told to stop.
const SLICE: Duration = Duration::from_millis(50);

/// How often a run that nobody waits for looks whether somebody wants the database, for which PostgreSQL waits 5 s.
const LOOK: Duration = Duration::from_secs(1);

/// Which mirror of which type.
#[derive(Debug, Clone, Copy)]
struct Place {
    of_type: usize,
    mirror: usize,
}

/// What the threads hand over: of which mirror, and what it took.
struct Answer {
    place: Place,
    content: Content,
    traffic: Traffic,
}

/// A run of one connection.
struct Run<'a> {
    task: &'a Task,
    worker: &'a Worker,
    user: pg_sys::Oid,
    types: Vec<TypeRun>,
    /// The mirrors in the order in which they are begun.
    order: Vec<Place>,
    /// Odoo's clock when the run began, in seconds since 1970: the next window begins there.
    window_end: f64,
    report: Report<'a>,
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
        order: Vec::new(),
        window_end: 0.0,
        report: Report::new(task, worker),
        looked_at: Instant::now(),
    };
    let cancel = Cancel::new();
    let mut unbegun = "The type is no longer in the catalogue.".to_string();
    if let Err(failure) = numbered.and_then(|()| run.begin()).and_then(|()| run.work(&cancel)) {
        cancel.cancel();
        unbegun = failure.summary();
        run.abandon(failure);
    }
    if task.after.is_some()
        && let Err(failure) = transaction(user, || history::fail_queued(task, &unbegun))
    {
        run.report.warn_unrecorded("what was queued", &failure);
    }
    run.report.notify(user);
    if let Err(failure) = transaction(user, || history::prune(task.settings.history_days)) {
        pgrx::warning!("odoo_sync: the history could not be pruned: {}", failure.summary());
    }
    worker.send(&Event::Finished);
}

/// Gives the run its id, where the run of another connection has not got it already.
fn number(task: &mut Task, user: pg_sys::Oid) -> Result<(), Failure> {
    if task.run_id == 0 {
        task.run_id = transaction(user, history::next_run_id)?;
    }
    Ok(())
}

impl Run<'_> {
    /// Takes the locks of the types; those that another run holds are skipped.
    fn begin(&mut self) -> Result<(), Failure> {
        let task = self.task;
        if task.settings.run_timeout_ms > 0 {
            deadline::limit_time(Duration::from_millis(task.settings.run_timeout_ms))?;
        }
        let specs = transaction(self.user, || as_owner(|| catalogue::types(&task.connection, &task.types)))?;
        for spec in specs {
            match TypeRun::claim(spec, task, self.user)? {
                Ok(r#type) => self.types.push(r#type),
                Err(skipped) => self.report.tell(skipped),
            }
        }
        Ok(())
    }

    /// The time between two requests: the longest that is set for one of the types, which share the client.
    fn delay(&self) -> Duration {
        let default = self.task.settings.delay_ms as f64;
        let set = self.types.iter().map(|r#type| r#type.spec.delay_ms.unwrap_or(default));
        Duration::from_secs_f64(set.fold(0.0, f64::max) / 1000.0)
    }

    fn access(&self) -> Result<Access, Failure> {
        let task = self.task;
        transaction(self.user, || {
            let connection = connection::find(&task.connection)?;
            let mut access = connection.access(self.user, &task.settings)?;
            access.options.delay = self.delay();
            Ok(access)
        })
    }

    /// Logs in, lists the mirrors, and performs their steps until all types have ended.
    fn work(&mut self, cancel: &Cancel) -> Result<(), Failure> {
        if self.types.is_empty() {
            return Ok(());
        }
        let place = format!("connection {}", self.task.connection);
        let (opened, traffic) = self
            .access()
            .and_then(|access| log_in(access, cancel, SLICE, || self.check()))
            .map_err(|failure| failure.at(&place))?;
        // the login is the first type's, so that the history's sum is all that was asked
        self.types[0].traffic.add(&traffic);
        let (client, company_id) = opened.map_err(|error| Failure::from(error).at(&place))?;
        let client = Arc::new(client);
        let began = client.session().started;
        self.window_end = began.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        self.list_mirrors(&client, company_id)?;
        let pool = Pool::start(self.task.settings.concurrency)?;
        let mut begun = 0;
        while self.types.iter().any(|r#type| !r#type.is_ended) {
            while begun < self.order.len() && pool.is_hungry() {
                let place = self.order[begun];
                let first = self.mirror(place).first_request();
                self.ask(place, first, &pool);
                begun += 1;
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
        // where a session waits for this run, that session blocks DROP DATABASE anyway
        if self.task.caller.is_some() || self.looked_at.elapsed() < LOOK {
            return Ok(());
        }
        self.looked_at = Instant::now();
        if transaction(self.user, locks::is_database_wanted)? {
            return Err(Failure::cancelled().because("the database is about to be dropped, renamed or moved"));
        }
        Ok(())
    }

    /// The mirrors of the types that are ours, for the server's series.
    fn list_mirrors(&mut self, client: &Arc<Client>, company_id: i64) -> Result<(), Failure> {
        let names: Vec<String> = self.types.iter().map(|r#type| r#type.spec.r#type.clone()).collect();
        let specs = transaction(self.user, || as_owner(|| catalogue::mirrors(&names)))?;
        let series = client.session().series;
        for spec in specs.into_iter().filter(|spec| spec.is_for(series)) {
            let Some(of_type) = names.iter().position(|name| *name == spec.r#type) else {
                continue;
            };
            let mirror = self.types[of_type].add(spec, client, company_id, self.task);
            self.order.extend(mirror.map(|mirror| Place { of_type, mirror }));
        }
        for of_type in 0..self.types.len() {
            let r#type = &mut self.types[of_type];
            if !r#type.mirrors.is_empty() {
                // a domain that has changed is known only now
                r#type.expect_full(self.task, self.user)?;
                continue;
            }
            if r#type.failures.is_empty() {
                r#type.notes.push(format!("The catalogue has no table of this type for Odoo {series}."));
            }
            self.end_type(of_type)?;
        }
        Ok(())
    }

    fn mirror(&self, place: Place) -> &MirrorRun {
        &self.types[place.of_type].mirrors[place.mirror]
    }

    /// Has a thread ask Odoo.
    fn ask(&self, place: Place, request: Request, pool: &Pool<Answer>) {
        let source = self.mirror(place).source.clone();
        pool.submit(Box::new(move |give| {
            source.answer(request, &|content, traffic| {
                give(Answer { place, content, traffic });
            });
        }));
    }

    /// Gives an answer to its mirror, and performs the step that it returns.
    fn handle(&mut self, answer: Answer, pool: &Pool<Answer>) -> Result<(), Failure> {
        let place = answer.place;
        self.types[place.of_type].traffic.add(&answer.traffic);
        if self.mirror(place).is_ended() {
            return Ok(()); // it failed meanwhile
        }
        let writing = Instant::now();
        let step = self.with_mirror(place, |mirror, context| mirror.take(answer.content, context));
        self.types[place.of_type].writing += writing.elapsed();
        match step {
            Ok(Step::Ask(requests)) => {
                for request in requests {
                    self.ask(place, request, pool);
                }
                Ok(())
            }
            Ok(Step::Wait) => Ok(()),
            Ok(Step::Settled | Step::Ended) => self.finish(place.of_type),
            Err(failure) => {
                self.fail_mirror(place, failure)?;
                self.finish(place.of_type)
            }
        }
    }

    fn with_mirror<R>(
        &mut self,
        place: Place,
        work: impl FnOnce(&mut MirrorRun, &Context) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let r#type = &mut self.types[place.of_type];
        let context = Context {
            task: self.task,
            worker: self.worker,
            user: self.user,
            window_end: self.window_end,
            others: r#type.counts(Some(place.mirror)),
        };
        work(&mut r#type.mirrors[place.mirror], &context)
    }

    /// Ends a mirror that failed; a cancel ends the run instead.
    fn fail_mirror(&mut self, place: Place, failure: Failure) -> Result<(), Failure> {
        if failure.is_cancelled() {
            return Err(failure);
        }
        let connection = &self.task.connection;
        let spec = &self.mirror(place).source.spec;
        let failure = self.explained(failure, connection, Some(&spec.table_name));
        let failure = failure.at(format!("connection {connection}, {}", spec.name()));
        let r#type = &mut self.types[place.of_type];
        r#type.failures.push(failure);
        r#type.mirrors[place.mirror].give_up();
        Ok(())
    }

    /// Once all of a type's mirrors are settled: removes what is gone from each, or from none of them if one has lost
    /// too many, since lines without their headers would be no better than the loss.
    fn finish(&mut self, of_type: usize) -> Result<(), Failure> {
        if self.types[of_type].is_awaited() {
            return Ok(());
        }
        let mirrors = &self.types[of_type].mirrors;
        let keeps_gone = mirrors.iter().any(|mirror| mirror.keeps_gone);
        while let Some(mirror) = self.types[of_type].mirrors.iter().position(MirrorRun::is_settled) {
            let place = Place { of_type, mirror };
            let finished = self.with_mirror(place, |mirror, context| mirror.finish(keeps_gone, context));
            if let Err(failure) = finished {
                self.fail_mirror(place, failure)?;
            }
        }
        self.end_type(of_type)
    }

    fn end_type(&mut self, of_type: usize) -> Result<(), Failure> {
        let outcome = self.types[of_type].end(self.task, self.user)?;
        self.report.tell(outcome);
        Ok(())
    }

    /// Says who holds the lock that could not be had, where that is what failed: on a table of the schema, or on this
    /// one.
    fn explained(&self, failure: Failure, schema: &str, table: Option<&str>) -> Failure {
        if !failure.is(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE) {
            return failure;
        }
        transaction(self.user, || locks::explain(failure.clone(), schema, table, self.task.caller))
            // what failed is told in any case
            .unwrap_or(failure)
    }

    /// Ends all types that have not ended, for one reason.
    fn abandon(&mut self, failure: Failure) {
        let failure = if failure.is_cancelled() && deadline::is_over() {
            let place = format!("connection {}", self.task.connection);
            Failure::out_of_time(self.task.settings.run_timeout_ms).at(place)
        } else {
            self.explained(failure, "odoo_sync", None)
        };
        for of_type in 0..self.types.len() {
            if self.types[of_type].is_ended {
                continue;
            }
            self.types[of_type].failures.insert(0, failure.clone());
            let mut result = self.end_type(of_type);
            // whoever is told to stop while it says how it ends says it nevertheless
            for _ in 0..2 {
                if result.as_ref().is_err_and(Failure::is_cancelled) {
                    result = self.end_type(of_type);
                }
            }
            if let Err(also) = result {
                let name = &self.types[of_type].spec.r#type;
                self.report.warn_unrecorded(name, &also);
            }
        }
        self.tell_unbegun(&failure);
    }

    /// Tells of the types that could not be begun, or whose end could not be recorded.
    fn tell_unbegun(&mut self, failure: &Failure) {
        let task = self.task;
        for name in self.report.untold() {
            let status = if failure.is_cancelled() { Status::Interrupted } else { Status::Failed };
            self.report.tell(Outcome {
                message: Some(failure.summary()),
                failure: Some(failure.clone()),
                ..Outcome::new(task.run_id, &task.connection, name, status)
            });
        }
    }
}
