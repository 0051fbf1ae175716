//! The real Odoo servers that the environment names.

use std::env;
use std::io::Write;

use postgres::{Client, NoTls};

use crate::access::Access;

/// A real Odoo, and its own database behind it: the ground truth.
pub struct RealOdoo {
    pub series: u32,
    pub access: Access,
    /// The same user's password, where the secret is an API key.
    pub password: String,
}

impl RealOdoo {
    /// The Odoo of `ODOO19_URL`, `ODOO19_DB`, `ODOO19_LOGIN` and `ODOO19_SECRET` (`ODOO14_…`). Without them the test is
    /// skipped, which standard error tells; with `REQUIRE_REAL_ODOO=1` it fails instead.
    pub fn of(series: u32) -> Option<RealOdoo> {
        let variable = |part: &str| env::var(format!("ODOO{series}_{part}")).ok().filter(|value| !value.is_empty());
        let [url, database, login, secret] = ["URL", "DB", "LOGIN", "SECRET"].map(variable);
        match (url, database, login, secret) {
            (Some(url), Some(database), Some(login), Some(secret)) => Some(RealOdoo {
                series,
                access: Access { url, database, login, secret },
                password: variable("PASSWORD").unwrap_or_else(|| "admin".to_owned()),
            }),
            _ => {
                let missing = format!("not all of ODOO{series}_URL, _DB, _LOGIN and _SECRET are set");
                let is_required = env::var("REQUIRE_REAL_ODOO").is_ok_and(|value| value == "1");
                assert!(!is_required, "REQUIRE_REAL_ODOO=1, and {missing}");
                let test = std::thread::current().name().unwrap_or("a test").to_owned();
                report(&format!("SKIPPED: {test} over a real Odoo {series}: {missing}"));
                None
            }
        }
    }

    /// A session in Odoo's own database, which must only be read: at `ODOO19_PGPORT` (or `REAL_ODOO_PGPORT`, or 5433)
    /// of this machine.
    pub fn ground_truth(&self) -> Client {
        let port = env::var(format!("ODOO{}_PGPORT", self.series)).or_else(|_| env::var("REAL_ODOO_PGPORT"));
        let port = port.unwrap_or_else(|_| "5433".to_owned());
        let port = port.parse().unwrap_or_else(|_| panic!("{port} is no port"));
        let mut config = postgres::Config::new();
        config
            .host("127.0.0.1")
            .port(port)
            .user("odoo")
            .dbname(&self.access.database)
            .options("-c default_transaction_read_only=on");
        config.connect(NoTls).unwrap_or_else(|error| {
            panic!(
                "Odoo's own database {} cannot be reached on port {port} ({error}): ODOO{}_PGPORT names another",
                self.access.database, self.series
            )
        })
    }
}

/// Writes a line to standard error, also from a test that passes, whose `eprintln!` nobody would see.
pub fn report(line: &str) {
    // in one piece, since other tests write too
    let line = format!("{line}\n");
    let written = std::io::stderr().write_all(line.as_bytes());
    written.expect("standard error is open");
}
