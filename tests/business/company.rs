//! The company that does business: one long-lived shell of Odoo's, which is told what to do over a socket.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
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
    include_str!("shell.py"),
];

/// How long Odoo may take for a batch.
const PATIENCE: Duration = Duration::from_secs(120);

/// A company's shell. It ends when it is dropped.
pub struct Company {
    shell: Child,
    log: PathBuf,
    stream: BufReader<TcpStream>,
}

impl Company {
    /// Starts a shell on a copy; the same seed does the same business.
    pub fn of(copy: &OdooCopy, seed: u64) -> Company {
        let (series, database) = (copy.odoo.series, &copy.odoo.access.database);
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        listener.set_nonblocking(true).expect("a listener need not block");
        let log = std::env::temp_dir().join(format!("odoo_sync-{database}.log"));
        let mut shell = Command::new(SCRIPT)
            .args(["shell", &series.to_string(), database])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap_or_else(|error| panic!("{}: {error}", log.display())))
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

    /// Does so many operations by chance, in one transaction of Odoo's or each in its own. All is committed when this returns.
    pub fn batch(&mut self, count: u64, at_once: bool) -> Vec<Outcome> {
        let request = json!({"count": count, "at_once": at_once});
        writeln!(self.stream.get_mut(), "{request}").unwrap_or_else(|error| self.lost(&error.to_string()));
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => self.lost("it hung up"),
            Ok(_) => {}
            Err(error) => self.lost(&error.to_string()),
        }
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("the shell answers {line:?}: {error}"));
        if let Some(error) = answer["error"].as_str() {
            panic!("an operation failed in a way that no user would see:\n{error}");
        }
        Outcome::all_of(&answer["outcomes"])
    }

    fn lost(&self, why: &str) -> ! {
        panic!("Odoo's shell does not answer ({why}):\n{}", said(&self.log))
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        // the end of the connection is the end of the program
        let closed = self.stream.get_ref().shutdown(std::net::Shutdown::Both);
        let ended = self.shell.wait();
        if let (Ok(()), Ok(status), Ok(())) = (closed, ended, fs::remove_file(&self.log))
            && status.success()
        {
            return;
        }
        eprintln!("Odoo's shell did not end well");
    }
}

/// The end of what the shell wrote to standard error.
fn said(log: &PathBuf) -> String {
    let text = fs::read_to_string(log).unwrap_or_else(|error| error.to_string());
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
