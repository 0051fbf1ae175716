//! A copy of a real Odoo's demo database with a server of its own, for tests that change what is in it.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use postgres::{Client, NoTls};
use serde_json::{Value, json};

use crate::access::Access;
use crate::real_odoo::{RealOdoo, report};

/// Installs, copies, serves and drops.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/support/odoo.sh");

/// Waits for the end of its standard input, then stops the server and drops the copy.
const GUARD: &str = r#"cat
exec "$@""#;

/// A running copy. It is gone when it is dropped, and when the process ends.
pub struct OdooCopy {
    pub odoo: RealOdoo,
    uid: i64,
    pgport: u16,
    guard: Child,
}

impl OdooCopy {
    /// A fresh copy, for a purpose that is part of its name. Where the environment names no real Odoo of that series,
    /// or this machine cannot serve another, the test is skipped, which standard error tells; with
    /// `REQUIRE_REAL_ODOO=1` it fails instead.
    pub fn of(series: u32, purpose: &str) -> Option<OdooCopy> {
        RealOdoo::of(series)?;
        if !can_serve() {
            let why = "a copy of a real Odoo takes root and Debian";
            let is_required = std::env::var("REQUIRE_REAL_ODOO").is_ok_and(|value| value == "1");
            assert!(!is_required, "REQUIRE_REAL_ODOO=1, and {why}");
            report(&format!("SKIPPED: {purpose} over a copy of a real Odoo {series}: {why}"));
            return None;
        }
        let name = format!("{purpose}{series}_{}", std::process::id());
        let drop = [SCRIPT, "drop", &series.to_string(), &name].map(str::to_owned);
        // before the copy is made, so that nothing is left of one that fails halfway
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .args(drop)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let made = Command::new(SCRIPT)
            .args(["up", &series.to_string(), &name])
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{SCRIPT} does not start: {error}"));
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "no copy of Odoo {series}:\n{said}");
        let block = String::from_utf8_lossy(&made.stdout).into_owned();
        let block: HashMap<&str, &str> = block.lines().filter_map(|line| line.split_once('=')).collect();
        let value = |key: &str| block.get(key).unwrap_or_else(|| panic!("odoo.sh told no {key}")).to_string();
        let access = Access {
            url: value("ODOO_URL"),
            database: value("ODOO_DB"),
            login: value("ODOO_LOGIN"),
            secret: value("ODOO_SECRET"),
        };
        let uid = access.client().session().uid;
        Some(OdooCopy {
            odoo: RealOdoo { series, access, password: "admin".to_owned() },
            uid,
            pgport: value("ODOO_PGPORT").parse().expect("a port is a number"),
            guard,
        })
    }

    /// A session in Odoo's own database, which may write there.
    pub fn sql(&self) -> Client {
        let mut config = postgres::Config::new();
        config.host("127.0.0.1").port(self.pgport).user("odoo").dbname(&self.odoo.access.database);
        config.connect(NoTls).expect("the server that odoo.sh started answers")
    }

    /// Calls a method, as an external program does. `ids`, `vals`, `vals_list` and `domain` go by position, since the
    /// models of Odoo 14 do not agree on their names; the others by name. Panics with what Odoo says where it refuses.
    pub fn call(&self, model: &str, method: &str, arguments: Value) -> Value {
        let Value::Object(mut named) = arguments else {
            panic!("the arguments of {model}.{method} are an object, not {arguments}")
        };
        let by_position = ["ids", "vals", "vals_list", "domain"];
        let positional: Vec<Value> = by_position.iter().filter_map(|name| named.remove(*name)).collect();
        let RealOdoo { access, password, .. } = &self.odoo;
        let args = json!([access.database, self.uid, password, model, method, positional, named]);
        let request = json!({
            "jsonrpc": "2.0",
            "method": "call",
            "params": {"service": "object", "method": "execute_kw", "args": args},
        });
        let answer = ureq::post(format!("{}/jsonrpc", access.url))
            .content_type("application/json")
            .send(request.to_string())
            .and_then(|mut answer| answer.body_mut().read_to_string())
            .unwrap_or_else(|error| panic!("{model}.{method}: {error}"));
        let mut answer: Value =
            serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{model}.{method} answered {answer}: {error}"));
        if let Some(error) = answer.get("error") {
            panic!("{model}.{method}: {}", error["data"]["message"]);
        }
        answer["result"].take()
    }

    /// Makes a record, and gives its id.
    pub fn create(&self, model: &str, values: Value) -> i64 {
        self.create_all(model, vec![values])[0]
    }

    /// Makes records in one transaction, and gives their ids.
    pub fn create_all(&self, model: &str, values: Vec<Value>) -> Vec<i64> {
        let ids = self.call(model, "create", json!({"vals_list": values}));
        serde_json::from_value(ids).unwrap_or_else(|error| panic!("{model}.create gave no ids: {error}"))
    }

    /// Changes records.
    pub fn write(&self, model: &str, ids: &[i64], values: Value) {
        self.call(model, "write", json!({"ids": ids, "vals": values}));
    }

    /// Calls a method without arguments on records.
    pub fn act(&self, model: &str, method: &str, ids: &[i64]) {
        self.call(model, method, json!({"ids": ids}));
    }

    /// The ids that match a domain, ascending.
    pub fn search(&self, model: &str, domain: Value) -> Vec<i64> {
        let ids = self.call(model, "search", json!({"domain": domain, "order": "id"}));
        serde_json::from_value(ids).unwrap_or_else(|error| panic!("{model}.search gave no ids: {error}"))
    }
}

impl Drop for OdooCopy {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        match self.guard.wait() {
            Ok(status) if status.success() => {}
            other => eprintln!("{} may not have been dropped: {other:?}", self.odoo.access.database),
        }
    }
}

/// What `odoo.sh` needs.
fn can_serve() -> bool {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    is_root && Path::new("/etc/debian_version").exists()
}
