//! The course of a run: which mirror next, what to do with each answer, how each type ends.

use crate::connection;
use crate::failure::Failure;
use crate::odoo::{Cancel, Client, Domain, ErrorKind, Traffic};
use crate::pg::channel::Worker;
use crate::pg::transaction::transaction;
use crate::pg::{identity, interrupts, process, thread};
use crate::sync::catalogue::{self, MirrorSpec, TypeSpec};
use crate::sync::fetch::{Answer, Content, Source, Span};
use crate::sync::mirror::{MirrorRun, Stage};
use crate::sync::plan::FieldPlan;
use crate::sync::pool::Pool;
use crate::sync::progress::{grouped, summary};
use crate::sync::record;
use crate::sync::task::{Counts, Event, Outcome, Status, Task};
use pgrx::pg_sys;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

/// How long the main thread waits before it looks whether it was told to stop.
const SLICE: Duration = Duration::from_millis(50);

/// One type's part of a run.
struct TypeRun {
    spec: TypeSpec,
    started: Instant,
    mirrors_left: usize,
    traffic: Traffic,
    writing: Duration,
    failures: Vec<Failure>,
    notes: Vec<String>,
    is_ended: bool,
}

/// A run of one connection.
pub struct Run<'a> {
    task: &'a Task,
    worker: &'a Worker,
    user: pg_sys::Oid,
    types: Vec<TypeRun>,
    mirrors: Vec<MirrorRun>,
}

/// Runs a task to its end; every type is told to the caller and recorded, whatever happens.
pub fn run(task: &Task, worker: &Worker) {
    let user = pg_sys::Oid::from(task.user);
    let mut run = Run {
        task,
        worker,
        user,
        types: Vec::new(),
        mirrors: Vec::new(),
    };
    if let Err(failure) = run.begin().and_then(|()| run.work()) {
        run.abandon(&failure);
    }
    if let Err(failure) = transaction(user, || record::prune(task.settings.history_days)) {
        pgrx::warning!(
            "odoo_sync: the history could not be pruned: {}",
            failure.summary()
        );
    }
    worker.send(&Event::Finished);
}

impl Run<'_> {
    /// Takes the locks of the types; those that another run holds are skipped.
    fn begin(&mut self) -> Result<(), Failure> {
        let task = self.task;
        let specs = transaction(self.user, || {
            identity::as_owner(|| catalogue::types(&task.connection, &task.types))
        })?;
        for spec in specs {
            let name = spec.r#type.clone();
            let message = format!(
                "Another run of {name} on connection {} is under way.",
                task.connection
            );
            let is_ours = transaction(self.user, || {
                let is_ours = record::try_lock(&task.connection, &name)?;
                if is_ours {
                    record::begin(task, &name, "full")?;
                } else {
                    record::skipped(task, &name, &message)?;
                }
                Ok(is_ours)
            })?;
            if is_ours {
                self.types.push(TypeRun {
                    spec,
                    started: Instant::now(),
                    mirrors_left: 0,
                    traffic: Traffic::default(),
                    writing: Duration::ZERO,
                    failures: Vec::new(),
                    notes: Vec::new(),
                    is_ended: false,
                });
            } else {
                self.worker.send(&Event::Ended(Box::new(Outcome {
                    run_id: task.run_id,
                    connection: task.connection.clone(),
                    r#type: name,
                    status: Status::Skipped,
                    mode: None,
                    counts: Counts::default(),
                    seconds: 0.0,
                    message: Some(message),
                    failure: None,
                })));
            }
        }
        Ok(())
    }

    /// Logs in, away from the main thread.
    fn open(&self) -> Result<Client, Failure> {
        let task = self.task;
        let (endpoint, options) = transaction(self.user, || {
            let connection = connection::find(&task.connection)?;
            Ok((
                connection.endpoint(self.user, &task.settings)?,
                connection.options(&task.settings),
            ))
        })?;
        let (sender, receiver) = mpsc::sync_channel(1);
        thread::spawn("odoo_sync open", move || {
            drop(sender.send(Client::open(endpoint, options, Cancel::new())));
        })?;
        loop {
            interrupts::check_worker()?;
            if let Ok(client) = receiver.recv_timeout(SLICE) {
                return Ok(client?);
            }
        }
    }

    fn work(&mut self) -> Result<(), Failure> {
        if self.types.is_empty() {
            return Ok(());
        }
        let place = format!("connection {}", self.task.connection);
        let client = Arc::new(self.open().map_err(|failure| failure.at(&place))?);
        self.list_mirrors(&client)?;
        let pool = Pool::start(self.task.settings.concurrency)?;
        let mut next = 0;
        while self.types.iter().any(|r#type| !r#type.is_ended) {
            while next < self.mirrors.len() && pool.is_hungry() {
                let source = self.mirrors[next].source.clone();
                pool.submit(Box::new(move |give| source.plan_it(give)));
                next += 1;
            }
            interrupts::check_worker()?;
            if let Some(answer) = pool.next(SLICE) {
                self.handle(answer, &pool)?;
            }
        }
        Ok(())
    }

    /// The mirrors of the types that are ours, for the server's series.
    fn list_mirrors(&mut self, client: &Arc<Client>) -> Result<(), Failure> {
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
            let domain = domain_of(&spec)?;
            let source = Source {
                mirror: self.mirrors.len(),
                client: client.clone(),
                spec,
                domain,
                plan: Mutex::new(Arc::new(FieldPlan::default())),
            };
            self.types[type_index].mirrors_left += 1;
            self.mirrors
                .push(MirrorRun::new(Arc::new(source), type_index));
        }
        let empty: Vec<usize> = (0..self.types.len())
            .filter(|index| self.types[*index].mirrors_left == 0)
            .collect();
        for index in empty {
            self.types[index].notes.push(format!(
                "The catalogue has no table of this type for Odoo {series}."
            ));
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
            Err(failure) if failure.is_cancelled() => Err(failure),
            Err(failure) => {
                let place = format!(
                    "connection {}, {}",
                    self.task.connection,
                    self.mirrors[index].name()
                );
                self.types[type_index].failures.push(failure.at(place));
                self.end_mirror(index)
            }
        }
    }

    /// The next step of a mirror, now that this answer is there.
    fn advance(
        &mut self,
        index: usize,
        content: Content,
        pool: &Pool<Answer>,
    ) -> Result<(), Failure> {
        match content {
            Content::Planned(Err(error)) if error.kind == ErrorKind::UnknownModel => {
                self.mirrors[index].is_missing = true;
                self.end_mirror(index)
            }
            Content::Planned(planned) => {
                let (plan, ids) = planned?;
                self.start_loading(index, plan, ids, pool)
            }
            Content::Page(plan, page) => {
                self.mirrors[index].follow(&plan);
                let (mirror, task) = (&self.mirrors[index], self.task);
                let mut counts = self.type_counts(mirror.type_index);
                let progress = progress_of(mirror, page.ids.len());
                let written = transaction(self.user, || {
                    let written = mirror.write(&page)?;
                    counts.fetched += page.ids.len() as u64;
                    counts.inserted += written.inserted;
                    counts.updated += written.updated;
                    record::progress(task, &mirror.source.spec.r#type, &counts, &progress)?;
                    Ok(written)
                })?;
                process::report_activity(Some(&format!("odoo_sync: {progress}")));
                let mirror = &mut self.mirrors[index];
                mirror.count(&page, written);
                mirror.progress.within(self.worker, || progress);
                Ok(())
            }
            Content::Unreadable(id, error) => self.keep_failure(index, id, &Failure::from(error)),
            Content::PageDone(done) => {
                done?;
                self.mirrors[index].pages_left -= 1;
                if self.mirrors[index].pages_left == 0 {
                    self.after_pages(index, pool)
                } else {
                    Ok(())
                }
            }
            Content::Counted(counted) => {
                let counted = counted?;
                let mirror = &self.mirrors[index];
                let rows = transaction(self.user, || mirror.row_count())?;
                if rows + mirror.failed_ids.len() as u64 == counted {
                    return self.complete(index);
                }
                let source = mirror.source.clone();
                pool.submit(Box::new(move |give| source.list(give)));
                Ok(())
            }
            Content::Listed(listed) => {
                let listed = listed?;
                let mirror = &mut self.mirrors[index];
                let lacking = transaction(self.user, || mirror.compare(&listed))?;
                mirror.stage = Stage::Repairing;
                self.submit_pages(index, lacking, Span::Only, pool)
            }
        }
    }

    fn start_loading(
        &mut self,
        index: usize,
        plan: Arc<FieldPlan>,
        ids: Vec<i64>,
        pool: &Pool<Answer>,
    ) -> Result<(), Failure> {
        let schema = &self.task.connection;
        let mirror = &mut self.mirrors[index];
        let table = mirror.source.spec.table_name.clone();
        transaction(self.user, || {
            let is_loaded = record::is_loaded(schema, &table)?;
            mirror.prepare(schema, plan, &ids, is_loaded)
        })?;
        mirror.stage = Stage::Loading;
        self.submit_pages(index, ids, Span::Between, pool)
    }

    /// Has the records fetched, in pages; without any, goes on at once.
    fn submit_pages(
        &mut self,
        index: usize,
        ids: Vec<i64>,
        span: fn(Vec<i64>) -> Span,
        pool: &Pool<Answer>,
    ) -> Result<(), Failure> {
        let mirror = &mut self.mirrors[index];
        let set = self.types[mirror.type_index].spec.batch_size;
        let pages = ids.chunks(set.unwrap_or(self.task.settings.batch_size));
        mirror.pages_left = pages.len();
        for page in pages {
            let (source, span) = (mirror.source.clone(), span(page.to_vec()));
            pool.submit(Box::new(move |give| source.fetch(&span, give)));
        }
        if mirror.pages_left == 0 {
            self.after_pages(index, pool)
        } else {
            Ok(())
        }
    }

    /// All pages are written: removes what is gone, then compares, unless that was what the pages were for.
    fn after_pages(&mut self, index: usize, pool: &Pool<Answer>) -> Result<(), Failure> {
        let mirror = &mut self.mirrors[index];
        mirror.counts.deleted += transaction(self.user, || mirror.remove_gone())?;
        if mirror.stage == Stage::Repairing {
            return self.complete(index);
        }
        mirror.stage = Stage::Comparing;
        let source = mirror.source.clone();
        pool.submit(Box::new(move |give| source.count(give)));
        Ok(())
    }

    /// A record that cannot be had is kept with its reason, and holds up nothing else.
    fn keep_failure(&mut self, index: usize, id: i64, failure: &Failure) -> Result<(), Failure> {
        let (mirror, connection) = (&mut self.mirrors[index], &self.task.connection);
        mirror.counts.failed += 1;
        mirror.failed_ids.push(id);
        let spec = &mirror.source.spec;
        transaction(self.user, || {
            record::failed_record(
                connection,
                &spec.r#type,
                &spec.table_name,
                id,
                &failure.summary(),
            )
        })
    }

    /// A mirror equals Odoo: notes that, and tells the caller.
    fn complete(&mut self, index: usize) -> Result<(), Failure> {
        let (mirror, connection) = (&mut self.mirrors[index], &self.task.connection);
        transaction(self.user, || {
            mirror.complete()?;
            let (spec, rows) = (&mirror.source.spec, mirror.row_count()?);
            record::forget_failures(connection, &spec.table_name, &mirror.failed_ids)?;
            record::mirror(
                connection,
                &spec.table_name,
                &spec.r#type,
                &spec.model,
                rows,
            )
        })?;
        let line = format!("{}: {}", mirror.name(), summary(&mirror.counts));
        self.worker.send(&Event::Notice(line));
        self.end_mirror(index)
    }

    fn end_mirror(&mut self, index: usize) -> Result<(), Failure> {
        let mirror = &mut self.mirrors[index];
        mirror.stage = Stage::Done;
        let type_index = mirror.type_index;
        let r#type = &mut self.types[type_index];
        if mirror.nul_characters > 0 {
            r#type.notes.push(format!(
                "{}: {} NUL characters were taken out of texts, since PostgreSQL cannot store them.",
                mirror.source.spec.table_name,
                grouped(mirror.nul_characters)
            ));
        }
        if mirror.is_missing {
            r#type.notes.push(format!(
                "Odoo has no model {}: its module is not installed.",
                mirror.source.spec.model
            ));
        }
        r#type.mirrors_left -= 1;
        if r#type.mirrors_left == 0 {
            self.end_type(type_index)
        } else {
            Ok(())
        }
    }

    fn type_counts(&self, type_index: usize) -> Counts {
        let mut sum = Counts::default();
        for mirror in self
            .mirrors
            .iter()
            .filter(|mirror| mirror.type_index == type_index)
        {
            sum.fetched += mirror.counts.fetched;
            sum.inserted += mirror.counts.inserted;
            sum.updated += mirror.counts.updated;
            sum.deleted += mirror.counts.deleted;
            sum.failed += mirror.counts.failed;
        }
        sum
    }

    fn end_type(&mut self, type_index: usize) -> Result<(), Failure> {
        let r#type = &self.types[type_index];
        let counts = self.type_counts(type_index);
        let mut mirrors = self
            .mirrors
            .iter()
            .filter(|mirror| mirror.type_index == type_index);
        let status = if let Some(failure) = r#type.failures.first() {
            if failure.is_cancelled() {
                Status::Interrupted
            } else {
                Status::Failed
            }
        } else if mirrors.all(|mirror| mirror.is_missing) {
            Status::Skipped
        } else if counts.failed > 0 {
            Status::Partial
        } else {
            Status::Ok
        };
        let mut lines: Vec<String> = r#type.failures.iter().map(Failure::summary).collect();
        if status == Status::Partial {
            lines.push(format!(
                "{} records could not be read or stored; odoo_sync.failures has them.",
                grouped(counts.failed)
            ));
        }
        lines.extend(r#type.notes.iter().cloned());
        let message = (!lines.is_empty()).then(|| lines.join("\n"));
        let (task, name) = (self.task, r#type.spec.r#type.clone());
        let (traffic, writing) = (r#type.traffic, r#type.writing.as_secs_f64());
        transaction(self.user, || {
            // what this commits to is what the caller is told: it must survive a crash
            pgrx::Spi::run("SET LOCAL synchronous_commit = on")?;
            record::progress(task, &name, &counts, "")?;
            record::end(task, &name, status, &traffic, writing, message.as_deref())?;
            record::unlock(&task.connection, &name)
        })?;
        let outcome = Outcome {
            run_id: task.run_id,
            connection: task.connection.clone(),
            r#type: name,
            status,
            mode: Some("full".to_string()),
            counts,
            seconds: r#type.started.elapsed().as_secs_f64(),
            message,
            failure: r#type.failures.first().cloned(),
        };
        self.types[type_index].is_ended = true;
        self.worker.send(&Event::Ended(Box::new(outcome)));
        Ok(())
    }

    /// Ends all types that have not ended, for one reason.
    fn abandon(&mut self, failure: &Failure) {
        if self.types.is_empty() {
            let outcomes = self.task.types.iter().map(|name| Outcome {
                run_id: self.task.run_id,
                connection: self.task.connection.clone(),
                r#type: name.clone(),
                status: Status::Failed,
                mode: None,
                counts: Counts::default(),
                seconds: 0.0,
                message: Some(failure.summary()),
                failure: Some(failure.clone()),
            });
            outcomes.for_each(|outcome| self.worker.send(&Event::Ended(Box::new(outcome))));
            return;
        }
        for index in 0..self.types.len() {
            if !self.types[index].is_ended {
                self.types[index].failures.insert(0, failure.clone());
                if let Err(also) = self.end_type(index) {
                    pgrx::warning!(
                        "odoo_sync: how a run ended could not be recorded: {}",
                        also.summary()
                    );
                }
            }
        }
    }
}

fn domain_of(spec: &MirrorSpec) -> Result<Domain, Failure> {
    Domain::parse(&spec.domain).map_err(|error| Failure::from(error).at(&spec.table_name))
}

/// `invoices.invoice_lines: 45,000 of 129,000`, once this page is written.
fn progress_of(mirror: &MirrorRun, page: usize) -> String {
    let done = mirror.counts.fetched + page as u64;
    let expected = mirror.expected.max(done);
    format!(
        "{}: {} of {}",
        mirror.name(),
        grouped(done),
        grouped(expected)
    )
}
