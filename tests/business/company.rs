//! The company that does business: one long-lived shell of Odoo's, which is told what to do over a socket.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use support::odoo_copy::OdooCopy;
use support::wait;

use crate::deck::Outcome;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/support/odoo.sh");

/// What the shell runs: one program.
const PROGRAM: &[&str] = &[
    include_str!("company.py"),
    include_str!("purchases.py"),
    include_str!("sales.py"),
    include_str!("invoices.py"),
    include_str!("stock.py"),
    include_str!("products.py"),
    include_str!("reference.py"),
    include_str!("custom_fields.py"),
    include_str!("untraced.py"),
    include_str!("shell.py"),
];

/// How long Odoo may take for a batch.
const PATIENCE: Duration = Duration::from_secs(120);

/// A company's shell. It ends when it is dropped.
pub struct Company {
    shell: Child,
    /// What it writes to standard error.
    log: File,
    stream: BufReader<TcpStream>,
}

impl Company {
    /// Starts a shell on a copy; the same seed does the same business.
    pub fn of(copy: &OdooCopy, seed: u64) -> Company {
        let (series, database) = (copy.odoo.series, &copy.odoo.access.database);
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        listener.set_nonblocking(true).expect("a listener need not block");
        let (written, log) = log_file(database);
        let mut shell = Command::new(SCRIPT)
            .args(["shell", &series.to_string(), database])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(written)
            .spawn()
            .unwrap_or_else(|error| panic!("{SCRIPT} does not start: {error}"));
        let program = format!("SEED, PORT = {seed}, {port}\n{}", PROGRAM.concat());
        // the end of its input is what lets Odoo's shell begin
        let mut input = shell.stdin.take().expect("it was piped");
        input.write_all(program.as_bytes()).expect("the shell reads its program");
        drop(input);
        let stream = wait::until("Odoo's shell", PATIENCE, || {
            if let Some(status) = shell.try_wait().expect("it is our child") {
                panic!("Odoo's shell ended ({status}):\n{}", said(&log));
            }
            listener.accept().ok()
        });
        let stream = stream.0;
        stream.set_nonblocking(false).expect("a stream may block");
        stream.set_read_timeout(Some(PATIENCE)).expect("it is no zero");
        Company { shell, log, stream: BufReader::new(stream) }
    }

    /// Does so many operations by chance, in one transaction of Odoo's or each in its own. All is committed when this
    /// returns.
    pub fn batch(&mut self, count: u64, at_once: bool) -> Vec<Outcome> {
        Outcome::all_of(&self.ask(&json!({"count": count, "at_once": at_once})))
    }

    /// Calls a function of the program.
    pub fn call(&mut self, name: &str, arguments: Value) -> Value {
        self.ask(&json!({"call": name, "arguments": arguments}))
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.stream.get_mut(), "{request}").unwrap_or_else(|error| self.lost(&error.to_string()));
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => self.lost("it hung up"),
            Ok(_) => {}
            Err(error) => self.lost(&error.to_string()),
        }
        let mut answer: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("the shell answers {line:?}: {error}"));
        if let Some(error) = answer["error"].as_str() {
            panic!("an operation failed in a way that no user would see:\n{error}");
        }
        answer["answer"].take()
    }

    fn lost(&self, why: &str) -> ! {
        panic!("Odoo's shell does not answer ({why}):\n{}", said(&self.log))
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        // the end of the connection is the end of the program
        let closed = self.stream.get_ref().shutdown(Shutdown::Both);
        match (closed, self.shell.wait()) {
            (Ok(()), Ok(status)) if status.success() => {}
            other => eprintln!("Odoo's shell did not end well: {other:?}\n{}", said(&self.log)),
        }
    }
}

/// A file to write to and to read from, which is gone with those who have it open.
fn log_file(name: &str) -> (File, File) {
    let path = std::env::temp_dir().join(format!("odoo_sync-{name}.log"));
    let open = || -> std::io::Result<(File, File)> {
        let files = (File::create(&path)?, File::open(&path)?);
        fs::remove_file(&path)?;
        Ok(files)
    };
    open().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The end of what the shell wrote to standard error.
fn said(mut log: &File) -> String {
    let mut text = String::new();
    if let Err(error) = log.read_to_string(&mut text) {
        text = error.to_string();
    }
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
