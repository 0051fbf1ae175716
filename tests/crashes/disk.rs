//! A disk that is full.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use postgres::error::{DbError, Severity};
use support::access::Access;
use support::cluster::Cluster;
use support::sample_odoo::{SampleOdoo, Series, Size};
use support::session::{Session, of_server};
use support::wait;

use crate::{PATIENCE, assert_next_run_equal};

/// Waits for the end of its standard input, then unmounts the disk, even where a server still writes to it.
const GUARD: &str = r#"cat; umount -l "$1"; rmdir "$1""#;

/// A small disk in memory, which goes when it is dropped, and when the process ends.
struct Disk {
    path: PathBuf,
    guard: Child,
}

impl Disk {
    /// One of so many megabytes for that cluster's server; None where this process may not mount one.
    fn mounted(name: &str, megabytes: u32, cluster: &Cluster) -> Option<Disk> {
        let path = std::env::temp_dir().join(format!("odoo_sync-{}-{name}", std::process::id()));
        std::fs::create_dir(&path).expect("the name is ours");
        let server = std::fs::metadata(cluster.socket()).expect("it is there");
        let options = format!("size={megabytes}m,mode=700,uid={},gid={}", server.uid(), server.gid());
        let mounted = command("mount", &["-t", "tmpfs", "-o", &options, "tmpfs"], &path);
        if !mounted {
            std::fs::remove_dir(&path).expect("it is empty");
            support::real_odoo::report(&format!(
                "SKIPPED: {name}, for this process may not mount a small disk, as root may"
            ));
            return None;
        }
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a shell starts");
        Some(Disk { path, guard })
    }

    fn grow(&self, megabytes: u32) {
        let options = format!("remount,size={megabytes}m");
        assert!(command("mount", &["-o", &options], &self.path));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let status = self.guard.wait();
        if !status.as_ref().is_ok_and(|status| status.success()) {
            let line = format!("{} may still be mounted: {status:?}\n", self.path.display());
            let _cannot_be_told_either = std::io::stderr().write_all(line.as_bytes());
        }
    }
}

fn command(program: &str, arguments: &[&str], path: &Path) -> bool {
    let output = Command::new(program).args(arguments).arg(path).output();
    output.is_ok_and(|output| output.status.success())
}

#[test]
fn a_disk_that_is_too_small_for_the_mirrors_fails_the_types_and_says_why() {
    let cluster = Cluster::start(&[]);
    let Some(disk) = Disk::mounted("mirrors", 1, &cluster) else {
        return;
    };
    let database = cluster.database("small");
    let sample = SampleOdoo::start_with(Series::V19, Size { documents: 600 });
    let mut session = database.session();
    session.connect(&Access::from(&sample), "odoo");
    cluster.session("postgres", "postgres").run(&format!("CREATE TABLESPACE small LOCATION '{}'", disk.path.display()));
    session.run("ALTER DATABASE small SET default_tablespace = 'small'");
    let mut session = database.session();
    let error = session.error("SET odoo_sync.batch_size = 50; SELECT odoo_sync.run()");
    assert_eq!(error.code().code(), "53100", "{error:?}");
    let detail = error.detail().unwrap_or_default();
    assert!(detail.contains("No space left on device"), "{detail}");
    let told =
        "SELECT count(*) FROM odoo_sync.history WHERE status = 'failed' AND message LIKE '%No space left on device%'";
    assert!(session.number(told) > 0);
    let rows = "SELECT count(*) FROM odoo.partners";
    assert!(session.number(rows) > 0, "what was stored stays");
    let left = "SELECT count(*) FROM odoo_sync.history WHERE status = 'running'";
    assert_eq!(session.number(left), 0);

    disk.grow(200);
    assert_next_run_equal(&mut session, &sample);
}

#[test]
fn a_server_that_stops_for_want_of_room_for_its_log_loses_nothing() {
    let cluster = Cluster::start(&[("max_wal_size", "'1GB'")]);
    let Some(disk) = Disk::mounted("wal", 48, &cluster) else {
        return;
    };
    let database = cluster.database("full_disk");
    let sample = SampleOdoo::start_with(Series::V19, Size { documents: 600 });
    let mut session = database.session();
    session.connect(&Access::from(&sample), "odoo");
    drop(session);
    cluster.stop("fast");
    let log = cluster.socket().join("data/pg_wal");
    let moved = disk.path.join("pg_wal");
    let copied = command("cp", &["-a", &log.display().to_string()], &moved);
    assert!(copied, "the log can be copied");
    std::fs::remove_dir_all(&log).expect("it can be removed");
    std::os::unix::fs::symlink(&moved, &log).expect("a link can be made");
    cluster.resume();

    // full runs over rows that are made to differ fill it sooner or later
    let mut session = database.session();
    session.run("SELECT odoo_sync.run()");
    let error = (0..50).find_map(|_| {
        session
            .try_rows("UPDATE odoo.invoice_lines SET name = 'x'; UPDATE odoo.partners SET name = 'x'")
            .and_then(|_| session.try_rows("SELECT odoo_sync.run(full => true)"))
            .err()
    });
    let error = error.expect("the disk is small");
    // the caller's own statement may be the one that finds no room
    let stops =
        |error: &DbError| error.code().code().starts_with("57P") || error.parsed_severity() == Some(Severity::Panic);
    assert!(error.is_closed() || stops(&of_server(&error)), "{error:?}");
    disk.grow(400);
    let mut session = revived(&cluster);
    let left = "SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')
                     + (SELECT count(*) FROM odoo_sync.history WHERE status NOT IN ('ok', 'interrupted'))";
    assert_eq!(session.number(left), 0);
    session.run("SELECT odoo_sync.run(full => true)");
    assert_next_run_equal(&mut session, &sample);
}

/// A session once the server is there again, by itself or started anew.
fn revived(cluster: &Cluster) -> Session {
    let config = cluster.config("full_disk", "postgres");
    wait::until("the server", PATIENCE, || {
        if !cluster.is_up() {
            cluster.resume();
        }
        let session = Session::try_open(&config).ok()?;
        // it may still be on its way down
        std::thread::sleep(Duration::from_millis(300));
        (!session.client.is_closed()).then_some(session)
    })
}
