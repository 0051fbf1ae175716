//! The worker's memory is a few pages, however large the table is.

use std::fs;
use std::time::Duration;

use serde_json::json;
use support::access::Access;
use support::background::Background;
use support::cluster::Cluster;
use support::sample_odoo::{SampleOdoo, Series, Size};
use support::wait;

/// The most that a worker may take for itself, in kB: the requirement is 150 MB.
const MOST: u64 = 150 * 1024;

#[test]
fn a_worker_takes_no_more_for_twice_the_rows() {
    let peaks = [10_000, 20_000].map(peak);
    let [(once, rows), (twice, more)] = peaks;
    support::real_odoo::report(&format!(
        "the worker's own memory: {} MB at {rows} rows, {} MB at {more} rows",
        once / 1024,
        twice / 1024
    ));
    assert!(more > rows * 3 / 2, "{rows}, {more}");
    assert!(once < MOST && twice < MOST, "{once} kB, {twice} kB");
    assert!(twice < once + once / 4 + 8 * 1024, "{once} kB for {rows} rows, {twice} kB for {more}");
}

/// The largest answer that is read, times the threads that read, and what becomes of it there: the body, its columns,
/// their cells, and as much again in the channel and in the main thread.
#[test]
fn large_answers_take_no_more_than_the_limit_allows() {
    const LIMIT: u64 = 4 << 10;
    const THREADS: u64 = 2;
    let settings = "SET odoo_sync.max_response = '4MB'; SET odoo_sync.concurrency = 2";
    let peaks = [40, 120].map(|orders| {
        let sample = SampleOdoo::start_with(Series::V19, Size { documents: 12 });
        for number in 0..orders {
            let note = "0123456789".repeat(90_000);
            let values = json!({"name": format!("L{number}"), "state": "draft", "note": note});
            sample.create("sale.order", values);
        }
        peak_of(&sample, &format!("memory_large_{orders}"), settings)
    });
    let [(few, rows), (many, more)] = peaks;
    support::real_odoo::report(&format!(
        "the worker's own memory with records of 0.9 MB and answers of 4 MB at most: {} MB for {rows} rows, {} MB for {more}",
        few / 1024,
        many / 1024
    ));
    assert_eq!(more - rows, 80, "all of them were stored");
    let most = 20 * 1024 + LIMIT * (THREADS * 3 + THREADS + 3);
    assert!(few < most && many < most, "{few} kB, {many} kB, {most} kB");
}

/// The most memory of its own that a run's worker had, in kB, and the rows that it wrote.
fn peak(documents: usize) -> (u64, i64) {
    let sample = SampleOdoo::start_with(Series::V19, Size { documents });
    peak_of(&sample, &format!("memory_{documents}"), "")
}

fn peak_of(sample: &SampleOdoo, name: &str, settings: &str) -> (u64, i64) {
    let database = Cluster::shared().database(name);
    let mut session = database.session();
    session.connect(&Access::from(sample), "odoo");
    let mut caller = database.session();
    caller.run(settings);
    let run = Background::start(caller, "SELECT fetched FROM odoo_sync.run()");
    let worker = "SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE backend_type = 'odoo_sync' AND datname = current_database()";
    let pid =
        wait::until("the worker", Duration::from_secs(20), || Some(session.number(worker)).filter(|pid| *pid > 0));
    let mut peak = 0;
    wait::until("the end of the run", Duration::from_secs(120), || {
        peak = peak.max(own_memory(pid).unwrap_or(0));
        run.is_finished().then_some(())
    });
    let rows =
        run.rows().iter().map(|row| row[0].as_deref().unwrap_or_default().parse::<i64>().expect("a number")).sum();
    assert!(peak > 0, "the worker was looked at");
    (peak, rows)
}

/// What a process has for itself, in kB: not the server's shared memory, and not the programs' files. None when it has
/// ended.
fn own_memory(pid: i64) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
