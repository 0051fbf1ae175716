//! Incremental runs every few seconds over a sample Odoo in which business goes on: whether memory stays flat, the
//! mirrors do not grow beyond their rows, and all is equal at the end. Fails where that is not so.
//!
//!     soak [MINUTES]      10 minutes by default; ODOO_SYNC_SEED is another seed

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use support::access::Access;
use support::cluster::{Cluster, Database};
use support::compare::{SampleTruth, compare};
use support::dice::Dice;
use support::sample_odoo::{SampleOdoo, Series, Size};
use support::session::Session;

const SEED: u64 = 20_261_126;
const DOCUMENTS: usize = 2000;
/// Between the end of a run and the beginning of the next.
const PAUSE: Duration = Duration::from_secs(2);
/// The first part of the time, in which caches fill.
const WARM_UP: f64 = 0.2;
/// How much more memory there may be at the end than after the warm-up: an eighth and what one page more or less makes.
const SLACK: (f64, u64) = (1.125, 4 * 1024);
/// How much larger a mirror may be than the same rows stored anew: half as much again, and a few pages.
const BLOAT: (f64, i64) = (1.5, 32 * 8192);

/// What was measured after a run; kilobytes and bytes.
struct Measure {
    at: Duration,
    backend: u64,
    worker: u64,
    cluster: u64,
    mirrors: i64,
    state: i64,
    rows: i64,
}

/// One of the measured numbers.
type Pick = fn(&Measure) -> u64;

fn main() -> ExitCode {
    let minutes: f64 = std::env::args().nth(1).map_or(Ok(10.0), |text| text.parse()).expect("MINUTES is a number");
    let (mut dice, seed) = Dice::seeded(SEED);
    let time = Duration::from_secs_f64(minutes * 60.0);
    // a server's own settings, but for the disk's sake
    let cluster = Cluster::start(&[]);
    let database = cluster.database("soak");
    let sample = SampleOdoo::start_with(Series::V19, Size { documents: DOCUMENTS });
    let mut session = database.session();
    session.connect(&Access::from(&sample), "odoo");
    // each run reads again what was written in that time, which therefore has to be over before the warm-up is
    session.run("ALTER DATABASE soak SET odoo_sync.lookback = '1min'");
    let mut session = database.session();
    session.run("SELECT odoo_sync.run()");
    session.notices();
    println!("{minutes} minutes over {DOCUMENTS} documents, seed {seed}");

    let start = Instant::now();
    let (mut measures, mut runs) = (Vec::new(), 0_u32);
    let mut next_line = Duration::ZERO;
    while start.elapsed() < time {
        business(&sample, &mut dice);
        let worker = run(&database, &mut session);
        runs += 1;
        let measure = measure(&mut session, &cluster, start.elapsed(), worker);
        if measure.at >= next_line {
            println!("{}", measure.line(runs));
            next_line = measure.at + time / 20;
        }
        measures.push(measure);
        sample.forget_requests();
        std::thread::sleep(PAUSE);
    }
    session.run("SELECT odoo_sync.run()");
    if let Some(last) = measures.last() {
        println!("{}", last.line(runs));
    }
    let report = compare(&mut session, "odoo", &mut SampleTruth::new(&sample));
    let mut complaints = Vec::new();
    if report.difference_count() > 0 {
        complaints.push(report.differences());
    }
    complaints.extend(memory_complaints(&measures));
    complaints.extend(bloat_complaints(&mut session));
    println!("{runs} incremental runs; {}", report.summary());
    for complaint in &complaints {
        println!("FAILED: {complaint}");
    }
    ExitCode::from(u8::from(!complaints.is_empty()))
}

impl Measure {
    fn line(&self, runs: u32) -> String {
        format!(
            "{:6.0} s  run {runs:4}  backend {:6} kB  worker's peak {:6} kB  cluster {:7} kB  mirrors {:6} kB for {} rows  state {:5} kB",
            self.at.as_secs_f64(),
            self.backend,
            self.worker,
            self.cluster,
            self.mirrors / 1024,
            self.rows,
            self.state / 1024
        )
    }
}

/// What people do in Odoo meanwhile; as many records come as go.
fn business(sample: &SampleOdoo, dice: &mut Dice) {
    for model in ["sale.order", "sale.order.line", "purchase.order", "account.move", "res.partner", "product.product"] {
        let records = sample.records(model);
        for _ in 0..25 {
            let record = dice.pick(&records)["id"].as_i64().expect("an id");
            let text = format!("{model} {}", dice.below(1_000_000_000));
            let field = match model {
                "sale.order" => "client_order_ref",
                "purchase.order" => "partner_ref",
                "account.move" => "ref",
                "product.product" => "default_code",
                _ => "name",
            };
            sample.write(model, &[record], json!({field: text}));
        }
    }
    for _ in 0..5 {
        replace_order(sample, dice);
    }
}

/// Deletes an order with its lines, and makes one with as many.
fn replace_order(sample: &SampleOdoo, dice: &mut Dice) {
    let orders = sample.records("sale.order");
    let gone = dice.pick(&orders);
    let mut lines = sample.records("sale.order.line");
    lines.retain(|line| line["order_id"] == gone["id"]);
    let new =
        copy_of(gone, &["name", "partner_id", "company_id", "currency_id", "date_order", "state", "amount_total"]);
    sample.unlink("sale.order", &[gone["id"].as_i64().expect("an id")]);
    let order = sample.create("sale.order", new.into());
    for line in lines {
        let mut new = copy_of(&line, &["name", "product_id", "product_uom_qty", "price_unit", "display_type"]);
        new.insert("order_id".to_owned(), json!(order));
        sample.create("sale.order.line", new.into());
    }
}

fn copy_of(record: &Map<String, Value>, fields: &[&str]) -> Map<String, Value> {
    let copied = record.iter().filter(|(field, _)| fields.contains(&field.as_str()));
    copied.map(|(field, value)| (field.clone(), value.clone())).collect()
}

/// An incremental run in the session, and the most memory that its worker had for itself.
fn run(database: &Database, session: &mut Session) -> u64 {
    let mut observer = database.session();
    let mut peak = 0;
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let rows = session.rows("SELECT type, status, message FROM odoo_sync.run()");
            session.notices();
            rows
        });
        while !run.is_finished() {
            for pid in observer.column("SELECT pid::text FROM pg_stat_activity WHERE backend_type = 'odoo_sync'") {
                peak = peak.max(own_memory(&pid));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let rows = run.join().expect("the run ends well");
        let is_ok = rows.iter().all(|row| row[1].as_deref() == Some("ok"));
        assert!(is_ok, "{rows:?}");
    });
    peak
}

fn measure(session: &mut Session, cluster: &Cluster, at: Duration, worker: u64) -> Measure {
    let backend = own_memory(&session.value("SELECT pg_backend_pid()"));
    let sizes = "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace =";
    Measure {
        at,
        backend,
        worker,
        cluster: cluster.processes().iter().map(|pid| own_memory(pid)).sum(),
        mirrors: session.number(&format!("{sizes} 'odoo'::regnamespace")),
        state: session.number(&format!("{sizes} 'odoo_sync'::regnamespace")),
        rows: session.number("SELECT sum(row_count)::bigint FROM odoo_sync.mirror_state"),
    }
}

/// What a process has for itself, in kB; 0 once it has ended.
fn own_memory(pid: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or(0)
}

/// Compares the middle of what follows the warm-up with that of the last part.
fn memory_complaints(measures: &[Measure]) -> Vec<String> {
    let part = ((measures.len() as f64 * WARM_UP) as usize).max(1);
    let (Some(early), Some(late)) =
        (measures.get(part..2 * part), measures.len().checked_sub(part).map(|from| &measures[from..]))
    else {
        return vec!["it was too short to tell anything".to_owned()];
    };
    let middle = |part: &[Measure], pick: Pick| {
        let mut values: Vec<u64> = part.iter().map(pick).collect();
        values.sort_unstable();
        values[values.len() / 2]
    };
    let picks: [(&str, Pick); 3] = [
        ("the backend", |measure| measure.backend),
        ("the worker", |measure| measure.worker),
        ("the cluster", |measure| measure.cluster),
    ];
    let mut complaints = Vec::new();
    for (name, pick) in picks {
        let (before, after) = (middle(early, pick), middle(late, pick));
        println!("{name}: {before} kB after the warm-up, {after} kB at the end");
        if after as f64 > before as f64 * SLACK.0 + SLACK.1 as f64 {
            complaints.push(format!("{name} grew from {before} to {after} kB"));
        }
    }
    complaints
}

/// Compares each mirror's size with that of the same rows stored anew.
fn bloat_complaints(session: &mut Session) -> Vec<String> {
    let tables = session.column(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'odoo'::regnamespace AND relkind = 'r' ORDER BY 1",
    );
    let mut complaints = Vec::new();
    let (mut whole, mut anew) = (0, 0);
    for table in tables {
        let size = format!("SELECT pg_total_relation_size('odoo.{table}')");
        let before = session.number(&size);
        session.run(&format!("VACUUM FULL odoo.{table}"));
        let after = session.number(&size);
        whole += before;
        anew += after;
        if before as f64 > after as f64 * BLOAT.0 + BLOAT.1 as f64 {
            complaints.push(format!(
                "{table} takes {} kB, and {} kB when its rows are stored anew",
                before / 1024,
                after / 1024
            ));
        }
    }
    println!("the mirrors: {} kB, and {} kB when their rows are stored anew", whole / 1024, anew / 1024);
    complaints
}
