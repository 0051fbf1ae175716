//! How fast a first run is, on the Odoo that ODOO_URL, ODOO_DB, ODOO_LOGIN and ODOO_SECRET name (19 or later, an API
//! key): against fetching the same pages and throwing them away, and against COPY of the same rows. Ratios are of one
//! round; the machine's other work falls on all three alike.
//!
//!     bench [ROUNDS]

use odoo::{Domain, Field};
use std::collections::VecDeque;
use std::error::Error;
use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::access::Access;
use support::cluster::{Cluster, Database};
use support::session::Session;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// One page's requests as the run makes them: a path and a body each.
type Page = Vec<(String, Vec<u8>)>;

const CONCURRENCY: usize = 2;
const PAGE: usize = 5000;

fn main() -> Outcome<()> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(5), |text| text.parse())?;
    let access = Access::from_environment()?;
    // durability as a server has it; no autovacuum, whose work after one measurement would fall into the next
    let durable = [("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")];
    let cluster = Cluster::start(&[durable.as_slice(), &[("autovacuum", "off")]].concat());
    let database = cluster.database("bench");
    let mut session = database.session();
    session.connect(&access, "odoo");
    session.run("SET client_min_messages = warning");

    // not counted: caches are warm afterwards on all sides, and the mirrors say which pages there are
    first_run(&database, &mut session);
    let pages = pages(&access, &mut session)?;
    let records = session.number("SELECT sum(row_count) FROM odoo_sync.mirror_state");
    println!("{records} records, {} pages, {CONCURRENCY} connections, {rounds} rounds", pages.len());

    let mut rows = Vec::new();
    let mut peak = 0;
    for _ in 0..rounds {
        session.run("CHECKPOINT");
        let fetch = fetch_and_throw_away(&access, &pages)?;
        let copy = copy(&mut session);
        let (run, memory) = first_run(&database, &mut session);
        peak = peak.max(memory);
        println!(
            "  run {:6.2} s   (a) fetch {:6.2} s   (b) COPY {:5.2} s   run/fetch {:4.2}",
            run.as_secs_f64(),
            fetch.as_secs_f64(),
            copy.as_secs_f64(),
            run.as_secs_f64() / fetch.as_secs_f64()
        );
        rows.push((run.as_secs_f64(), fetch.as_secs_f64(), copy.as_secs_f64()));
    }
    let median = |pick: &dyn Fn(&(f64, f64, f64)) -> f64| {
        let mut values: Vec<f64> = rows.iter().map(pick).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    println!("medians");
    println!("  first run                      {:6.2} s", median(&|row| row.0));
    println!("  (a) same pages, thrown away    {:6.2} s", median(&|row| row.1));
    println!("  (b) COPY of the same rows      {:6.2} s", median(&|row| row.2));
    println!("  run / (a)                      {:6.2}", median(&|row| row.0 / row.1));
    println!("  run / (b)                      {:6.2}", median(&|row| row.0 / row.2));
    println!("  records a second               {:6.0}", records as f64 / median(&|row| row.0));
    println!("  worker's own memory, peak      {peak:6} kB");
    Ok(())
}

/// A first run into an empty schema, and the most memory of its own that the worker had meanwhile, in kB.
fn first_run(database: &Database, session: &mut Session) -> (Duration, u64) {
    session.run("DROP SCHEMA IF EXISTS odoo CASCADE; TRUNCATE odoo_sync.mirror_state; CHECKPOINT");
    let (is_over, peak) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut observer = database.session();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let pids = observer.column("SELECT pid::text FROM pg_stat_activity WHERE backend_type = 'odoo_sync'");
                for pid in pids {
                    peak.fetch_max(own_memory(&pid).unwrap_or(0), Ordering::Relaxed);
                }
                std::thread::park_timeout(Duration::from_millis(50));
            }
        });
        let start = Instant::now();
        session.run("SELECT odoo_sync.run()");
        let elapsed = start.elapsed();
        is_over.store(true, Ordering::Relaxed);
        (elapsed, peak.load(Ordering::Relaxed))
    })
}

/// `RssAnon`: what a process holds for itself, without the shared buffers that it has touched.
fn own_memory(pid: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The pages of all mirrors, as a run asks for them.
fn pages(access: &Access, session: &mut Session) -> Outcome<Vec<Page>> {
    let client = access.client();
    let series = client.session().series;
    let mirrors = session.rows(&format!(
        "SELECT m.table_name, m.model, m.domain::text FROM odoo_sync.mirrors m
         WHERE {series} BETWEEN m.since AND m.until ORDER BY m.position"
    ));
    let mut pages = Vec::new();
    for mirror in mirrors {
        let [Some(table), Some(model), Some(domain)] = mirror.as_slice() else {
            return Err("a mirror without a name".into());
        };
        let domain = Domain::parse(&serde_json::from_str(domain)?)?;
        let names = session.column(&format!(
            "SELECT attname::text FROM pg_attribute WHERE attrelid = 'odoo.{table}'::regclass AND attnum > 0"
        ));
        let fields: Vec<Field> = client
            .fields(model)?
            .into_iter()
            .filter(|field| names.contains(&field.name) && field.name != "id")
            .collect();
        let (columns, rows) = client.columnar(model, &fields)?;
        let ids: Vec<i64> = session
            .column(&format!("SELECT id::text FROM odoo.{table} ORDER BY id"))
            .iter()
            .map(|id| id.parse())
            .collect::<Result<_, _>>()?;
        for page in ids.chunks(PAGE) {
            let span = domain.and(&Domain::id_range(page.first().copied(), page.last().copied()));
            pages.push(requests(model, &span, &columns, &rows)?);
        }
    }
    Ok(pages)
}

fn requests(model: &str, domain: &Domain, columns: &[Field], rows: &[Field]) -> Outcome<Page> {
    let domain = domain.to_value();
    let context = serde_json::json!({"lang": "en_US", "active_test": false});
    let aggregates: Vec<String> = std::iter::once("id:array_agg".to_owned())
        .chain(columns.iter().map(|field| format!("{}:array_agg", field.name)))
        .collect();
    let body = serde_json::json!({"domain": domain, "groupby": [], "aggregates": aggregates, "context": context});
    let mut page = vec![(format!("/json/2/{model}/formatted_read_group"), serde_json::to_vec(&body)?)];
    if !rows.is_empty() {
        let names: Vec<&str> = rows.iter().map(|field| field.name.as_str()).collect();
        let body =
            serde_json::json!({"domain": domain, "fields": names, "load": "", "order": "id", "context": context});
        page.push((format!("/json/2/{model}/search_read"), serde_json::to_vec(&body)?));
    }
    Ok(page)
}

/// (a): the pages, over as many connections, read to the last byte and not looked at.
fn fetch_and_throw_away(access: &Access, pages: &[Page]) -> Outcome<Duration> {
    let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
    let queue = Mutex::new(pages.iter().collect::<VecDeque<_>>());
    let start = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CONCURRENCY)
            .map(|_| {
                scope.spawn(|| -> Result<(), String> {
                    loop {
                        let next = queue.lock().map_err(|error| error.to_string())?.pop_front();
                        let Some(page) = next else { return Ok(()) };
                        for (path, body) in page {
                            fetch(&agent, access, path, body).map_err(|error| error.to_string())?;
                        }
                    }
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread panicked".to_owned())?)
    })?;
    Ok(start.elapsed())
}

fn fetch(agent: &ureq::Agent, access: &Access, path: &str, body: &[u8]) -> Outcome<()> {
    let response = agent
        .post(format!("{}{path}", access.url))
        .header("Authorization", format!("bearer {}", access.secret))
        .header("X-Odoo-Database", &access.database)
        .header("Content-Type", "application/json")
        .send(body)?;
    let mut reader = response.into_body().into_with_config().limit(1 << 30).reader();
    let mut buffer = vec![0; 1 << 16];
    while reader.read(&mut buffer)? > 0 {}
    Ok(())
}

/// (b): the mirrors' rows, from files, into tables of the same columns without an index.
fn copy(session: &mut Session) -> Duration {
    let tables = session.column("SELECT table_name FROM odoo_sync.mirror_state ORDER BY table_name");
    session.run("DROP SCHEMA IF EXISTS copied CASCADE; CREATE SCHEMA copied");
    let directory = session.value("SELECT current_setting('data_directory')");
    for table in &tables {
        session.run(&format!("COPY odoo.{table} TO '{directory}/{table}.copy'"));
    }
    session.run("CHECKPOINT");
    let start = Instant::now();
    for table in &tables {
        session.run(&format!(
            "CREATE TABLE copied.{table} (LIKE odoo.{table}); COPY copied.{table} FROM '{directory}/{table}.copy'"
        ));
    }
    let elapsed = start.elapsed();
    session.run("DROP SCHEMA copied CASCADE");
    elapsed
}
