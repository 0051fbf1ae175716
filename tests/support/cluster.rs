//! A throwaway PostgreSQL cluster, which the extension has been installed for.
//!
//! Each has a directory of its own, and its socket in it: no port is taken, and nothing else can reach it. A shell that
//! waits for the end of the test process stops it and removes the directory, so that nothing is left of it when a test
//! panics, the process is killed, or it sits in a static that is never dropped.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::installation;
use crate::session::Session;
use crate::wait;

/// Settings of every cluster: quick, without a port, with room for many workers at once.
const SETTINGS: &[(&str, &str)] = &[
    ("listen_addresses", "''"),
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("max_connections", "200"),
    ("max_worker_processes", "40"),
    ("lc_messages", "'C'"),
    ("timezone", "'UTC'"),
];

/// Waits for the end of its standard input, then stops the cluster and removes its directory.
const GUARD: &str = r#"cat
[ ! -e "$2/data/postmaster.pid" ] || "$1/pg_ctl" stop -s -D "$2/data" -m immediate
rm -rf "$2""#;

/// A running cluster. It is stopped and removed when it is dropped, and when the process ends.
pub struct Cluster {
    directory: PathBuf,
    bin: PathBuf,
    guard: Child,
}

/// One database of a cluster, with the extension in it.
#[derive(Clone)]
pub struct Database<'c> {
    pub cluster: &'c Cluster,
    pub name: String,
}

impl Cluster {
    /// The one that this test process shares.
    pub fn shared() -> &'static Cluster {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Cluster::start(&[]))
    }

    /// A new one, with more settings: names and values as in `postgresql.conf`.
    pub fn start(settings: &[(&str, &str)]) -> Cluster {
        Cluster::guarded().initialised(settings)
    }

    /// One that runs a copy of the server's programs, with these files among the scripts of its extensions: names and
    /// texts.
    pub fn with_scripts(scripts: &[(&str, &str)]) -> Cluster {
        let mut cluster = Cluster::guarded();
        let programs = cluster.directory.join("programs");
        cluster.bin = installation::copy(&cluster.bin, &programs, scripts);
        cluster.initialised(&[])
    }

    fn initialised(self, settings: &[(&str, &str)]) -> Cluster {
        let cluster = self;
        let data = cluster.data();
        cluster.succeed(
            "initdb",
            &["-D", &data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
        );
        let socket = format!("'{}'", cluster.directory.display());
        let own = [("unix_socket_directories", socket.as_str())];
        let lines = SETTINGS.iter().chain(&own).chain(settings).map(|(name, value)| format!("{name} = {value}\n"));
        let file = Path::new(&data).join("postgresql.conf");
        let text = fs::read_to_string(&file).expect("initdb wrote it") + &lines.collect::<String>();
        fs::write(&file, text).expect("it can be written");
        cluster.resume();
        cluster
    }

    /// A standby of this one, in its recovery.
    pub fn standby(&self) -> Cluster {
        let standby = Cluster::guarded();
        let (data, socket) = (standby.data(), self.directory.display().to_string());
        let backup = ["-D", &data, "-h", &socket, "-U", "postgres", "-R", "-X", "stream", "-c", "fast", "--no-sync"];
        standby.succeed("pg_basebackup", &backup);
        let file = Path::new(&data).join("postgresql.conf");
        let own = format!("unix_socket_directories = '{}'\n", standby.directory.display());
        let text = fs::read_to_string(&file).expect("the backup has it") + &own;
        fs::write(&file, text).expect("it can be written");
        standby.resume();
        standby
    }

    /// Waits until this standby has all that the other cluster has committed.
    pub fn await_replay(&self, primary: &Cluster) {
        let position = primary.session("postgres", "postgres").value("SELECT pg_current_wal_lsn()");
        let mut session = self.session("postgres", "postgres");
        let query = format!("SELECT pg_last_wal_replay_lsn() >= '{position}'");
        wait::until("the standby's replay", Duration::from_secs(20), || (session.value(&query) == "t").then_some(()));
    }

    /// A directory, and a shell that removes it with whatever runs in it.
    fn guarded() -> Cluster {
        let bin = installation::bin();
        let directory = directory();
        let guard = as_server_user(Command::new("sh").arg("-c").arg(GUARD).arg("guard").arg(&bin).arg(&directory))
            // a Ctrl-C at the terminal is for the tests, not for this
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a shell starts");
        Cluster { directory, bin, guard }
    }

    /// A database of that name, made anew with the extension in it.
    pub fn database(&self, name: &str) -> Database<'_> {
        let database = self.empty_database(name);
        database.session().run("CREATE EXTENSION odoo_sync");
        database
    }

    /// The same without the extension.
    pub fn empty_database(&self, name: &str) -> Database<'_> {
        self.session("postgres", "postgres").run(&format!("CREATE DATABASE {name}"));
        Database { cluster: self, name: name.to_owned() }
    }

    /// A session in a database, as a role.
    pub fn session(&self, database: &str, role: &str) -> Session {
        Session::open(&self.config(database, role))
    }

    /// The first session that can be had of a server that is just coming up again.
    pub fn await_session(&self, database: &str) -> Session {
        let config = self.config(database, "postgres");
        wait::until("the server", Duration::from_secs(60), || Session::try_open(&config).ok())
    }

    /// How to reach a database as a role.
    pub fn config(&self, database: &str, role: &str) -> postgres::Config {
        let mut config = postgres::Config::new();
        config.host_path(&self.directory).dbname(database).user(role).application_name("odoo_sync tests");
        config
    }

    /// The directory of the socket.
    pub fn socket(&self) -> &Path {
        &self.directory
    }

    /// All that the server has logged.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_file()).expect("the server has a log")).into_owned()
    }

    /// Stops the server: `fast`, or `immediate` as a crash would.
    pub fn stop(&self, mode: &str) {
        self.succeed("pg_ctl", &["stop", "-s", "-w", "-D", &self.data(), "-m", mode]);
    }

    /// The process ids of the server: the postmaster's and its children's.
    pub fn processes(&self) -> Vec<String> {
        let file = Path::new(&self.data()).join("postmaster.pid");
        let text = fs::read_to_string(file).expect("the server runs");
        let postmaster = text.lines().next().expect("its first line is its id");
        let children = format!("/proc/{postmaster}/task/{postmaster}/children");
        let children = fs::read_to_string(children).expect("the server runs");
        let children = children.split_whitespace().map(str::to_owned);
        std::iter::once(postmaster.to_owned()).chain(children).collect()
    }

    /// Whether the server runs.
    pub fn is_up(&self) -> bool {
        let mut command = Command::new(self.bin.join("pg_ctl"));
        let status = as_server_user(command.args(["status", "-s", "-D", &self.data()]))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        status.expect("pg_ctl starts").success()
    }

    /// Starts it again.
    pub fn resume(&self) {
        let log = self.log_file().display().to_string();
        self.succeed("pg_ctl", &["start", "-s", "-w", "-t", "60", "-D", &self.data(), "-l", &log]);
    }

    fn data(&self) -> String {
        self.directory.join("data").display().to_string()
    }

    fn log_file(&self) -> PathBuf {
        self.directory.join("log")
    }

    /// Runs one of the server's programs, which must succeed; what it wrote.
    fn succeed(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = as_server_user(Command::new(self.bin.join(program)).args(arguments))
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
        let log = fs::read_to_string(self.log_file()).unwrap_or_default();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} failed:\n{said}\n{log}");
        output.stdout
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        match self.guard.wait() {
            Ok(status) if status.success() => {}
            other => eprintln!("the cluster in {} may not have been removed: {other:?}", self.directory.display()),
        }
    }
}

impl Database<'_> {
    /// A session as the superuser.
    pub fn session(&self) -> Session {
        self.session_as("postgres")
    }

    /// A session as a role.
    pub fn session_as(&self, role: &str) -> Session {
        self.cluster.session(&self.name, role)
    }

    /// What `pg_dump` makes of it, with these options.
    pub fn dump(&self, options: &[&str]) -> String {
        let dump = self.cluster.succeed("pg_dump", &[&self.reached(), options].concat());
        String::from_utf8(dump).expect("the database is in UTF-8")
    }

    /// Runs a dump as `psql` does, which stops at the first error.
    pub fn restore(&self, dump: &str) {
        let file = self.cluster.directory.join(format!("{}.sql", self.name));
        fs::write(&file, dump).expect("it can be written");
        let file = file.display().to_string();
        let options = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", &file];
        self.cluster.succeed("psql", &[&self.reached(), &options[..]].concat());
    }

    /// How the server's programs reach it.
    fn reached(&self) -> [&str; 6] {
        let socket = self.cluster.directory.to_str().expect("its name is ASCII");
        ["-h", socket, "-U", "postgres", "-d", &self.name]
    }
}

/// A new directory of the server's user.
fn directory() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let directory = std::env::temp_dir().join(format!("odoo_sync-{}-{number}", std::process::id()));
    fs::create_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    if let Some((user, group)) = server_user() {
        chown(&directory, Some(user), Some(group)).expect("root can give it away");
    }
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).expect("it is ours");
    directory
}

/// PostgreSQL refuses to run as root, who therefore runs it as the user `postgres`.
fn server_user() -> Option<(u32, u32)> {
    let is_root = fs::metadata("/proc/self").expect("/proc is there").uid() == 0;
    let id = |option: &str| {
        let output = Command::new("id").args([option, "postgres"]).output().expect("id starts");
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        text.parse().unwrap_or_else(|_| panic!("there is no user postgres to run PostgreSQL as"))
    };
    is_root.then(|| (id("-u"), id("-g")))
}

/// Has a command run as the user whom the clusters' directories belong to.
pub fn as_server_user(command: &mut Command) -> &mut Command {
    command.current_dir("/");
    match server_user() {
        Some((user, group)) => command.uid(user).gid(group),
        None => command,
    }
}
