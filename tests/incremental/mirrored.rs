//! What all of these tests begin with: an Odoo, and a database that has mirrored it once.

use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

use postgres::error::DbError;
use serde_json::{Map, Value, json};
use support::access::Access;
use support::cluster::{Cluster, Database};
use support::compare::{SampleTruth, compare};
use support::sample_odoo::{RecordedRequest, SampleOdoo, Series, Size};
use support::session::{Session, TextRow, all_of, of_server};

pub const BOTH: [Series; 2] = [Series::V14, Series::V19];

pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3600);

/// When the samples' clocks stand still at first, 2027-03-01 12:00:00 UTC: long after all that is in them was written.
const NOON: Duration = Duration::from_secs(1_803_902_400);

/// That noon and so many seconds, as Odoo writes it.
pub fn noon_and(seconds: i64) -> String {
    let of_day = 12 * 3600 + seconds;
    format!("2027-03-01 {:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// How a type's run ended, as `run()` tells it.
#[derive(Debug)]
pub struct Outcome {
    pub r#type: String,
    pub status: String,
    pub mode: String,
    pub fetched: i64,
    pub inserted: i64,
    pub updated: i64,
    pub deleted: i64,
    pub failed: i64,
    pub message: String,
}

impl Outcome {
    fn of(row: &TextRow) -> Outcome {
        let text = |at: usize| row[at].clone().unwrap_or_default();
        let number = |at: usize| text(at).parse().unwrap_or_else(|_| panic!("{row:?} has no number at {at}"));
        Outcome {
            r#type: text(0),
            status: text(1),
            mode: text(2),
            fetched: number(3),
            inserted: number(4),
            updated: number(5),
            deleted: number(6),
            failed: number(7),
            message: text(8),
        }
    }

    /// Inserted, updated, deleted and failed.
    pub fn counts(&self) -> [i64; 4] {
        [self.inserted, self.updated, self.deleted, self.failed]
    }

    /// Panics unless so many records failed, and it says where they are.
    pub fn assert_partial(&self, failed: i64) {
        assert_eq!((self.status.as_str(), self.failed), ("partial", failed), "{self:?}");
        assert!(self.message.contains("odoo_sync.failures"), "{self:?}");
    }

    /// Panics unless it ended well, in that mode, without anything to remark but the NUL characters that the sample has
    /// in a text.
    pub fn assert_ok(&self, mode: &str) {
        self.assert_clean();
        assert_eq!(self.mode, mode, "{self:?}");
    }

    /// The same in any mode.
    pub fn assert_clean(&self) {
        let mut remarks = self.message.lines();
        let is_quiet = remarks.all(|line| line.contains("NUL characters"));
        assert_eq!((self.status.as_str(), self.failed), ("ok", 0), "{self:?}");
        assert!(is_quiet, "{self:?}");
    }
}

/// Runs with these arguments of `run()`; panics where that ends in an error.
pub fn run(session: &mut Session, arguments: &str) -> Vec<Outcome> {
    try_run(session, arguments).unwrap_or_else(|error| panic!("run({arguments}): {}", all_of(&error)))
}

/// The same where it may end in an error.
pub fn try_run(session: &mut Session, arguments: &str) -> Result<Vec<Outcome>, Box<DbError>> {
    outcomes(session, &format!("odoo_sync.run({arguments})"))
}

/// The rows of `run()` or `run_due()`.
pub fn outcomes(session: &mut Session, call: &str) -> Result<Vec<Outcome>, Box<DbError>> {
    let sql = format!("SELECT type, status, mode, fetched, inserted, updated, deleted, failed, message FROM {call}");
    let rows = session.try_rows(&sql).map_err(|error| Box::new(of_server(&error)))?;
    Ok(rows.iter().map(Outcome::of).collect())
}

/// A sample Odoo and a database whose mirrors equal it.
pub struct Mirrored {
    pub sample: SampleOdoo,
    pub session: Session,
    pub database: Database<'static>,
    pub series: Series,
}

impl Mirrored {
    /// One whose mirrors have been filled, an hour ago by its clock. The name is the database's.
    pub fn new(name: &str, series: Series) -> Mirrored {
        Mirrored::with(name, series, Size::default())
    }

    /// The same with so many documents.
    pub fn with(name: &str, series: Series, size: Size) -> Mirrored {
        let mut mirrored = Mirrored::empty(name, series, size);
        mirrored.run("").iter().for_each(|outcome| outcome.assert_ok("full"));
        mirrored.later(HOUR);
        mirrored
    }

    /// One that has only its sales, filled at noon.
    pub fn of_sales(name: &str, series: Series) -> Mirrored {
        let mut mirrored = Mirrored::empty(name, series, Size { documents: 12 });
        assert_eq!(run(&mut mirrored.session, "'{sales}'")[0].mode, "full");
        mirrored.later(HOUR);
        mirrored
    }

    /// One that has not run yet.
    pub fn empty(name: &str, series: Series, size: Size) -> Mirrored {
        let sample = SampleOdoo::start_with(series, size);
        sample.set_clock(UNIX_EPOCH + NOON);
        let database = Cluster::shared().database(&format!("{name}_{series:?}").to_lowercase());
        let mut session = database.session();
        session.connect(&Access::from(&sample), "odoo");
        Mirrored { sample, session, database, series }
    }

    /// Lets so much time pass in Odoo, and forgets what was asked of it so far.
    pub fn later(&mut self, time: Duration) {
        self.sample.advance(time);
        self.sample.forget_requests();
    }

    pub fn run(&mut self, arguments: &str) -> Vec<Outcome> {
        run(&mut self.session, arguments)
    }

    /// Runs one type.
    pub fn run_type(&mut self, name: &str) -> Outcome {
        self.run(&format!("'{{{name}}}'")).remove(0)
    }

    /// Runs one type that must end in an error, and gives that.
    pub fn fail_type(&mut self, name: &str) -> DbError {
        match try_run(&mut self.session, &format!("'{{{name}}}'")) {
            Ok(outcomes) => panic!("it ended well, with {outcomes:?}"),
            Err(error) => *error,
        }
    }

    /// Compares all mirrors with Odoo.
    pub fn assert_equal(&mut self) {
        compare(&mut self.session, "odoo", &mut SampleTruth::new(&self.sample)).assert_equal();
    }

    /// Makes a partner, and gives its id.
    pub fn partner(&self, name: &str) -> i64 {
        let mut values = json!({"name": name});
        if self.series == Series::V19 {
            values["complete_name"] = json!(name);
        }
        self.sample.create("res.partner", values)
    }

    /// The ids of all records of a model.
    pub fn ids(&self, model: &str) -> Vec<i64> {
        self.sample.records(model).iter().map(id).collect()
    }

    /// The records that the invoices' mirror has, by id.
    pub fn invoices(&self) -> Vec<Map<String, Value>> {
        let mut records = self.sample.records("account.move");
        records.retain(|record| record["state"] == "posted" && record["move_type"] != "entry");
        records
    }

    /// Some of them that are in one journal.
    pub fn invoices_of_a_journal<const N: usize>(&self) -> [i64; N] {
        let invoices = self.invoices();
        let journals: BTreeSet<i64> = invoices.iter().filter_map(|invoice| invoice["journal_id"].as_i64()).collect();
        let of = |journal: i64| {
            invoices
                .iter()
                .filter(move |invoice| invoice["journal_id"] == journal)
                .map(id)
                .take(N)
                .collect::<Vec<i64>>()
        };
        let found = journals.into_iter().find_map(|journal| <[i64; N]>::try_from(of(journal)).ok());
        found.unwrap_or_else(|| panic!("no journal has {N} invoices"))
    }

    /// One field of a record.
    pub fn field(&self, model: &str, id: i64, field: &str) -> Value {
        let records = self.sample.records(model);
        let record =
            records.iter().find(|record| record["id"] == id).unwrap_or_else(|| panic!("there is no {model}({id})"));
        record[field].clone()
    }

    /// The ids of a table that match.
    pub fn rows(&mut self, table: &str, condition: &str) -> Vec<i64> {
        let ids = self.session.column(&format!("SELECT id FROM odoo.{table} WHERE {condition} ORDER BY id"));
        ids.iter().map(|id| id.parse().expect("an id is a number")).collect()
    }

    /// One column of a row, as text; "" for NULL.
    pub fn cell(&mut self, table: &str, column: &str, id: i64) -> String {
        self.session.value(&format!("SELECT {column} FROM odoo.{table} WHERE id = {id}"))
    }

    /// The versions of rows: equal before and after where none of them was written.
    pub fn versions(&mut self, table: &str, condition: &str) -> String {
        let sql = format!(
            "SELECT string_agg(concat_ws(' ', id, xmin, ctid), ',' ORDER BY id) FROM odoo.{table} WHERE {condition}"
        );
        self.session.value(&sql)
    }

    /// The whole failures, oldest record first: type, table, id, attempts, error.
    pub fn failures(&mut self) -> Vec<TextRow> {
        self.session.rows(
            "SELECT type, table_name, odoo_id, attempts, error FROM odoo_sync.failures ORDER BY table_name, odoo_id",
        )
    }

    /// Panics unless that record alone is among the failures, with such an error, after so many attempts.
    pub fn assert_only_failure(&mut self, table: &str, record: i64, error: &str, attempts: usize) {
        let failures = self.failures();
        let [failure] = failures.as_slice() else { panic!("one failure is expected: {failures:?}") };
        let told: Vec<&str> = failure.iter().map(|text| text.as_deref().unwrap_or_default()).collect();
        assert_eq!(told[1..4], [table, &record.to_string(), &attempts.to_string()], "{told:?}");
        assert!(told[4].contains(error), "{error:?} in {told:?}");
    }

    /// The state of a type, as `status()` tells it.
    pub fn state(&mut self, name: &str) -> String {
        self.session.value(&format!("SELECT state FROM odoo_sync.status() WHERE type = '{name}'"))
    }

    /// What Odoo was asked since the login of the last run.
    pub fn asked(&self) -> Vec<RecordedRequest> {
        let requests = self.sample.requests();
        requests.into_iter().skip_while(|request| request.method.as_deref() != Some("fields_get")).collect()
    }
}

pub fn id(record: &Map<String, Value>) -> i64 {
    record["id"].as_i64().expect("an id is a number")
}
