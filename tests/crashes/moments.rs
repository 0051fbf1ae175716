//! The worker killed, and the server stopped as by a crash, at random moments of a full load.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;
use support::access::Access;
use support::background::Background;
use support::cluster::{Cluster, Database};
use support::compare::{Mirror, SampleTruth, Truth, compare};
use support::dice::Dice;
use support::sample_odoo::{Reaction, SampleOdoo, Series, Size};
use support::session::Session;

/// How often each of the two is done.
const CRASHES: usize = 30;
const SEED: u64 = 20_261_125;
const BATCH: usize = 40;

#[test]
fn a_worker_killed_at_any_moment_leaves_whole_pages_and_nothing_behind() {
    crash("killed", |load, _| {
        let pids = load.observer.column(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'odoo_sync' AND datname = current_database()",
        );
        for pid in &pids {
            let killed = Command::new("kill").args(["-9", pid]).status();
            // it may have ended by itself meanwhile
            killed.expect("kill starts");
        }
    });
}

#[test]
fn a_server_stopped_at_any_moment_comes_up_with_whole_pages_and_no_run() {
    crash("stopped", |load, cluster| {
        // it must be gone before it is started again, and its last session with it
        load.observer = cluster.session("postgres", "postgres");
        cluster.stop("immediate");
        cluster.resume();
    });
}

/// A sample Odoo that takes a while to load, and the database that does.
struct Load<'c> {
    sample: SampleOdoo,
    database: Database<'c>,
    observer: Session,
}

fn crash(name: &str, mut by: impl FnMut(&mut Load, &Cluster)) {
    let (mut dice, seed) = Dice::seeded(SEED);
    let cluster = Cluster::start(&[]);
    let database = cluster.database(name);
    let sample = SampleOdoo::start_with(Series::V19, Size { documents: 600 });
    let mut observer = database.session();
    observer.connect(&Access::from(&sample), "odoo");
    observer.run(&format!("ALTER DATABASE {name} SET odoo_sync.batch_size = {BATCH}"));
    let mut load = Load { sample, database, observer };
    let usual = load.undisturbed();
    let start = Instant::now();
    let (mut crashes, mut attempts, mut halves) = (0, 0, 0);
    while crashes < CRASHES {
        attempts += 1;
        assert!(attempts < 4 * CRASHES, "seed {seed}: the run was over before most of the crashes");
        let is_first_load = attempts % 2 == 1;
        if is_first_load {
            load.forget_all();
        } else {
            load.change(&mut dice);
        }
        let runs = "SELECT coalesce(max(run_id), 0) FROM odoo_sync.runs";
        let last_run = load.observer.number(runs);
        let moment = Moment::random(&mut dice, &usual);
        let reached = moment.watch(&load.sample);
        let run = Background::start(load.database.session(), "SELECT run_id FROM odoo_sync.run(full => true)");
        moment.wait(&reached, &run);
        by(&mut load, &cluster);
        let context = format!("seed {seed}, attempt {attempts}, {moment:?} of {usual:?}");
        // the caller is told, by the loss of its session if nothing else
        if run.end().0.is_err() {
            crashes += 1;
        }
        load.observer = cluster.await_session(&load.database.name);
        load.assert_nothing_left(&context);
        if is_first_load && load.assert_whole(last_run, &context) {
            halves += 1;
        }
        load.assert_next_run_equal(&context);
    }
    assert!(halves * 5 > crashes, "seed {seed}: only {halves} of {crashes} crashes found the load half done");
    support::real_odoo::report(&format!(
        "{name}: {crashes} crashes in {attempts} loads of {} requests, {halves} found half done, in {:.0?} (seed {seed})",
        usual.requests,
        start.elapsed()
    ));
}

/// What a first load takes that nothing happens to.
#[derive(Debug)]
struct Usual {
    requests: usize,
    between_two: Duration,
}

/// A moment of a load. It is counted in requests, since how long a load takes depends on what else the machine does.
#[derive(Debug)]
struct Moment {
    requests: usize,
    /// How long after the last of these.
    later: Duration,
}

impl Moment {
    fn random(dice: &mut Dice, usual: &Usual) -> Moment {
        Moment {
            requests: 1 + dice.below(usual.requests as i64) as usize,
            later: usual.between_two.mul_f64(dice.below(1000) as f64 / 1000.0),
        }
    }

    /// Hears of the last of its requests.
    fn watch(&self, sample: &SampleOdoo) -> mpsc::Receiver<()> {
        let (sender, receiver) = mpsc::channel();
        let (wanted, seen) = (self.requests, AtomicUsize::new(0));
        sample.on_request(move |_| {
            if seen.fetch_add(1, Ordering::SeqCst) + 1 == wanted {
                let _unless_the_load_has_ended = sender.send(());
            }
            Reaction::Answer
        });
        receiver
    }

    /// Waits for it, or for the end of a load that takes fewer requests.
    fn wait(&self, reached: &mpsc::Receiver<()>, run: &Background) {
        while reached.recv_timeout(Duration::from_millis(5)).is_err() {
            if run.is_finished() {
                return;
            }
        }
        std::thread::sleep(self.later);
    }
}

impl Load<'_> {
    fn undisturbed(&mut self) -> Usual {
        self.forget_all();
        let (before, start) = (self.sample.requests().len(), Instant::now());
        self.database.session().run("SELECT odoo_sync.run()");
        let requests = self.sample.requests().len() - before;
        Usual { requests, between_two: start.elapsed() / requests as u32 }
    }

    /// As before the first run.
    fn forget_all(&mut self) {
        self.observer.run(
            "SET client_min_messages = warning; DROP SCHEMA IF EXISTS odoo CASCADE; TRUNCATE odoo_sync.mirror_state",
        );
    }

    /// Some business in Odoo, for the next full run to find.
    fn change(&mut self, dice: &mut Dice) {
        for model in ["sale.order", "purchase.order", "account.move"] {
            let records = self.sample.records(model);
            for _ in 0..20 {
                let id = dice.pick(&records)["id"].as_i64().expect("a number");
                let note = format!("note {}", dice.below(1_000_000));
                let field = if model == "account.move" { "ref" } else { "origin" };
                self.sample.write(model, &[id], json!({field: note}));
            }
        }
        let orders = self.sample.records("sale.order");
        let gone = dice.pick(&orders)["id"].as_i64().expect("a number");
        self.sample.unlink("sale.order", &[gone]);
        let name = format!("partner {}", dice.below(1_000_000));
        self.sample.create("res.partner", json!({"name": name, "complete_name": name}));
    }

    /// Neither a lock nor a worker is there, and no run seems to be under way.
    fn assert_nothing_left(&mut self, context: &str) {
        let left = "SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')
                         + (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'odoo_sync')";
        assert_eq!(self.observer.number(left), 0, "{context}");
        let told = "SELECT string_agg(DISTINCT status, ',') FROM odoo_sync.history WHERE status NOT IN ('ok', 'interrupted')
                    UNION ALL SELECT string_agg(DISTINCT state, ',') FROM odoo_sync.status() WHERE state NOT IN ('ok', 'interrupted', 'never run')";
        assert_eq!(self.observer.column(told), ["", ""], "{context}");
    }

    /// Each page of a first load is there whole or not at all, and once, and the history tells how many rows that
    /// makes. Returns whether some were there and some not.
    fn assert_whole(&mut self, last_run: i64, context: &str) -> bool {
        // the tables themselves, since an index would show a row once that is there twice
        self.observer.run("SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off");
        let mut truth = SampleTruth::new(&self.sample);
        let (mut there, mut lacking) = (0, 0);
        // where it had not begun there is no run to tell of
        let fetched = format!("SELECT type, fetched FROM odoo_sync.runs WHERE run_id > {last_run}");
        let mut told: Vec<(String, i64)> = Vec::new();
        for row in self.observer.rows(&fetched) {
            let number = row[1].as_deref().unwrap_or_default().parse().expect("a number");
            told.push((row[0].clone().unwrap_or_default(), number));
        }
        for mirror in Mirror::of_catalogue(&mut self.observer, truth.series()) {
            let rows = ids(&mut self.observer, &mirror.table);
            let once: BTreeSet<i64> = rows.iter().copied().collect();
            assert_eq!(rows.len(), once.len(), "{context}: rows of {} are doubled", mirror.table);
            let ids = truth.ids(&mirror).expect("the sample has all models");
            let mut found = 0;
            for page in ids.chunks(BATCH) {
                let stored = page.iter().filter(|id| once.contains(id)).count();
                assert!(
                    stored == 0 || stored == page.len(),
                    "{context}: {stored} of the {} records of a page of {}",
                    page.len(),
                    mirror.table
                );
                found += stored;
            }
            assert_eq!(found, rows.len(), "{context}: {} has rows that Odoo never had", mirror.table);
            there += found;
            lacking += ids.len() - found;
            if let Some((_, number)) = told.iter_mut().find(|(name, _)| *name == mirror.r#type) {
                *number -= rows.len() as i64;
            } else {
                assert!(rows.is_empty(), "{context}: {} has rows of no run", mirror.table);
            }
        }
        assert!(
            told.iter().all(|(_, number)| *number == 0),
            "{context}: the history tells of so many more rows than there are: {told:?}"
        );
        there > 0 && lacking > 0
    }

    fn assert_next_run_equal(&mut self, context: &str) {
        let rows = self.observer.rows("SELECT type, status, message FROM odoo_sync.run()");
        assert!(rows.iter().all(|row| row[1].as_deref() == Some("ok")), "{context}: {rows:?}");
        let report = compare(&mut self.observer, "odoo", &mut SampleTruth::new(&self.sample));
        assert_eq!(report.difference_count(), 0, "{context}:\n{}", report.differences());
        let cut_off = "SELECT count(*) FROM odoo_sync.runs WHERE status = 'running' OR finished_at IS NULL";
        assert_eq!(self.observer.number(cut_off), 0, "{context}: a dead run stays open in the history");
    }
}

/// The ids in a table, each as often as it is there; none where there is no table.
fn ids(session: &mut Session, table: &str) -> Vec<i64> {
    if session.value(&format!("SELECT to_regclass('odoo.{table}')")).is_empty() {
        return Vec::new();
    }
    let ids = session.column(&format!("SELECT id FROM odoo.{table}"));
    ids.iter().map(|id| id.parse().expect("a number")).collect()
}
