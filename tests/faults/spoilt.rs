//! What these tests begin with: an Odoo behind a way that can fail, and a database that has mirrored it once.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use postgres::error::DbError;
use serde_json::json;
use support::certificates::Authority;
use support::cluster::{Cluster, Database};
use support::compare::{Ids, Past, SampleTruth, compare};
use support::faulty::{Answer, FaultyOdoo, Step};
use support::gate::is_page;
use support::sample_odoo::{RecordedRequest, SampleOdoo, Series, Size};
use support::session::{Session, literal, of_server};

/// An Odoo, and how it is reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// 14 by JSON-RPC, unencrypted.
    Plain14,
    /// 19 by JSON-2, over TLS by the connection's `ca_file`.
    Tls19,
}

pub const BOTH: [Way; 2] = [Way::Plain14, Way::Tls19];

pub struct Spoilt {
    pub sample: SampleOdoo,
    pub faulty: FaultyOdoo,
    pub authority: Authority,
    pub database: Database<'static>,
    pub session: Session,
    pub past: Past,
    /// The rows that there were when last looked.
    ids: Ids,
    changes: usize,
}

/// How a type's run ended, as its history has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub status: String,
    pub mode: String,
    pub retries: i64,
    pub failed: i64,
    pub message: String,
}

impl Spoilt {
    /// One that has not run yet; its requests may take a second and are sent again twice.
    pub fn empty(name: &str, way: Way) -> Spoilt {
        let series = match way {
            Way::Plain14 => Series::V14,
            Way::Tls19 => Series::V19,
        };
        let sample = SampleOdoo::start_with(series, Size { documents: 12 });
        let authority = Authority::new();
        let faulty = match way {
            Way::Plain14 => FaultyOdoo::before(&sample),
            Way::Tls19 => FaultyOdoo::over_tls(&sample, authority.server("127.0.0.1")),
        };
        let database = Cluster::shared().database(&format!("{name}_{way:?}").to_lowercase());
        let mut session = database.session();
        if way == Way::Tls19 {
            trust(&mut session, &database, &faulty, &authority);
        }
        session.connect(&faulty.access(), "odoo");
        session.run("SET odoo_sync.timeout = '1s'; SET odoo_sync.max_retries = 2");
        let mut spoilt =
            Spoilt { sample, faulty, authority, database, session, past: Past::default(), ids: Ids::new(), changes: 0 };
        spoilt.past.note(&mut spoilt.session, &spoilt.sample);
        spoilt
    }

    /// One whose mirrors are equal to Odoo.
    pub fn new(name: &str, way: Way) -> Spoilt {
        let mut spoilt = Spoilt::empty(name, way);
        spoilt.session.run("SELECT odoo_sync.run()");
        spoilt.assert_whole();
        spoilt.faulty.forget();
        spoilt
    }

    /// Changes some sales orders in Odoo, makes one and deletes one.
    pub fn change(&mut self) {
        self.changes += 1;
        let orders = self.orders();
        let said = json!({"client_order_ref": format!("change {}", self.changes)});
        self.sample.write("sale.order", &orders[1..4], said);
        let made = json!({"name": format!("S-{}", self.changes), "state": "draft"});
        self.sample.create("sale.order", made);
        self.sample.unlink("sale.order", &orders[..1]);
        self.past.note(&mut self.session, &self.sample);
    }

    /// The ids of all sales orders.
    pub fn orders(&self) -> Vec<i64> {
        let records = self.sample.records("sale.order");
        let id = |record: &serde_json::Map<_, serde_json::Value>| record["id"].as_i64();
        records.iter().filter_map(id).collect()
    }

    /// Spoils the first so many answers to such requests.
    pub fn spoil_first(&self, count: usize, of: fn(&RecordedRequest) -> bool, spoil: fn(&Answer) -> Vec<Step>) {
        self.faulty.forget();
        let seen = AtomicUsize::new(0);
        self.faulty.spoil(move |request, answer| {
            let is_one = of(request) && seen.fetch_add(1, Ordering::Relaxed) < count;
            is_one.then(|| spoil(answer))
        });
    }

    /// Runs the sales and the inventory; panics where that ends in an error.
    pub fn run(&mut self) {
        self.session.run("SELECT odoo_sync.run('{sales,inventory}')");
    }

    /// Runs with these arguments of `run()`.
    pub fn run_with(&mut self, arguments: &str) {
        self.session.run(&format!("SELECT odoo_sync.run({arguments})"));
    }

    /// The file of the authority that the connection trusts.
    pub fn ca_file(&self) -> String {
        ca_file(&self.database)
    }

    /// The sales and the inventory again, where it must end in an error.
    pub fn fail(&mut self) -> DbError {
        self.session.error("SELECT odoo_sync.run('{sales,inventory}')")
    }

    /// The same however it ends.
    pub fn try_run(&mut self) -> Result<(), Box<DbError>> {
        let outcome = self.session.try_rows("SELECT odoo_sync.run('{sales,inventory}')");
        outcome.map(drop).map_err(|error| Box::new(of_server(&error)))
    }

    /// What the history tells of the last run of a type.
    pub fn told(&mut self, name: &str) -> Told {
        let sql = format!(
            "SELECT status, mode, retries, failed, message FROM odoo_sync.history WHERE type = {} LIMIT 1",
            literal(name)
        );
        let row = self.session.rows(&sql).remove(0);
        let text = |at: usize| row[at].clone().unwrap_or_default();
        let number = |at: usize| text(at).parse().expect("it is a number");
        Told { status: text(0), mode: text(1), retries: number(2), failed: number(3), message: text(4) }
    }

    /// The failing records: type, table, id, attempts, error.
    pub fn failures(&mut self) -> Vec<Vec<String>> {
        let rows = self.session.rows(
            "SELECT type, table_name, odoo_id, attempts, error FROM odoo_sync.failures ORDER BY table_name, odoo_id",
        );
        let text = |row: Vec<Option<String>>| row.into_iter().flatten().collect();
        rows.into_iter().map(text).collect()
    }

    /// Panics where a mirror has a row that Odoo never had, or lost one that Odoo has.
    pub fn assert_whole(&mut self) {
        self.ids = self.past.assert_whole(&mut self.session, "odoo", &self.sample, &self.ids);
    }

    /// A run over a way that works makes the mirrors equal, and leaves no failure behind.
    pub fn assert_heals(&mut self) {
        self.faulty.heal();
        self.run();
        self.assert_equal();
    }

    pub fn assert_equal(&mut self) {
        self.assert_whole();
        let mut truth = SampleTruth::new(&self.sample);
        compare(&mut self.session, "odoo", &mut truth).assert_equal();
        assert_eq!(self.failures(), Vec::<Vec<String>>::new());
    }
}

/// Whether a request reads sales orders.
pub fn is_orders(request: &RecordedRequest) -> bool {
    is_page(request) && request.model.as_deref() == Some("sale.order")
}

/// Whether a request counts records and adds them up.
pub fn is_totals(request: &RecordedRequest) -> bool {
    let method = request.method.as_deref();
    matches!(method, Some("read_group" | "formatted_read_group")) && !request.body.contains(":array_agg")
}

fn ca_file(database: &Database) -> String {
    let directory = database.cluster.socket().display();
    format!("{directory}/{}.pem", database.name)
}

/// Makes the foreign server beforehand, so that `connect()` finds the authority that it is to trust.
pub fn trust(session: &mut Session, database: &Database, faulty: &FaultyOdoo, authority: &Authority) {
    let access = faulty.access();
    let path = ca_file(database);
    fs::write(&path, &authority.pem).expect("it can be written");
    session.run(&format!(
        "CREATE SERVER odoo FOREIGN DATA WRAPPER odoo_sync OPTIONS (url {}, database {}, ca_file {})",
        literal(&access.url),
        literal(&access.database),
        literal(&path)
    ));
}
