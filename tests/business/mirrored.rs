//! The mirrors of a company, which incremental runs keep up with it.

use std::time::{Duration, Instant, UNIX_EPOCH};

use odoo::Client;
use support::cluster::Cluster;
use support::compare::{RealTruth, Report, compare};
use support::odoo_copy::OdooCopy;
use support::session::{Session, identifier};
use support::wait;

/// A database that has been filled from a copy of Odoo's.
pub struct Mirrored<'c> {
    copy: &'c OdooCopy,
    client: Client,
    pub session: Session,
    /// The time spent in runs, and in comparisons.
    pub running: Duration,
    pub comparing: Duration,
}

impl Mirrored<'_> {
    /// Fills a new database, and sees that it equals Odoo's.
    pub fn of<'c>(copy: &'c OdooCopy, purpose: &str) -> Mirrored<'c> {
        let mut session = Cluster::shared().database(&format!("{purpose}{}", copy.odoo.series)).session();
        session.connect(&copy.odoo.access, "odoo");
        // nothing but what was written since the last run is looked at, or a change that it missed would come along
        // with the next one; and the day's full run is far away
        let hour = session.value("SELECT to_char(now() AT TIME ZONE 'UTC' + interval '12 hours', 'HH24:00')");
        session.run(&format!(
            "SET odoo_sync.lookback = 0; SET odoo_sync.timezone = 'UTC'; SET odoo_sync.full_at = '{hour}'"
        ));
        let mut mirrored = Mirrored {
            copy,
            client: copy.odoo.access.client(),
            session,
            running: Duration::ZERO,
            comparing: Duration::ZERO,
        };
        mirrored.run("full", 5000);
        mirrored.compare().assert_equal();
        mirrored
    }

    /// An incremental run in pages of that size; the number of cells in which the mirrors then equal Odoo, or what
    /// differs.
    pub fn follow(&mut self, page: u32) -> Result<usize, String> {
        next_second();
        self.run("incremental", page);
        self.drop_stale_columns();
        let report = self.compare();
        if report.difference_count() == 0 { Ok(report.cells) } else { Err(report.differences()) }
    }

    /// A full run, after which the mirrors must equal Odoo.
    pub fn heal(&mut self) {
        self.run("full", 5000);
        self.compare().assert_equal();
    }

    fn run(&mut self, mode: &str, page: u32) {
        let began = Instant::now();
        let full = mode == "full";
        let run = format!(
            "SET odoo_sync.batch_size = {page}; SELECT type, status, mode, failed, message FROM odoo_sync.run(full => {full})"
        );
        let rows = self.session.rows(&run);
        self.running += began.elapsed();
        for row in rows {
            let [_, status, ran, failed, ..] = row.as_slice() else { panic!("{row:?}") };
            assert_eq!(
                [status, ran, failed].map(|text| text.as_deref()),
                [Some("ok"), Some(mode), Some("0")],
                "{row:?}"
            );
        }
    }

    fn compare(&mut self) -> Report {
        // custom fields come and go, which a truth does not look for twice
        let began = Instant::now();
        let report = compare(&mut self.session, "odoo", &mut RealTruth::new(&self.copy.odoo, &self.copy.odoo.access));
        self.comparing += began.elapsed();
        report
    }

    /// A custom field that Odoo no longer has keeps its column, without values; its owner may then drop it.
    fn drop_stale_columns(&mut self) {
        let custom = "SELECT m.model, c.table_name, c.column_name FROM information_schema.columns c
                      JOIN (SELECT DISTINCT model, table_name FROM odoo_sync.mirrors) m USING (table_name)
                      WHERE c.table_schema = 'odoo' AND c.column_name LIKE 'x\\_%'";
        for row in self.session.rows(custom) {
            let [model, table, column] =
                <[String; 3]>::try_from(row.into_iter().flatten().collect::<Vec<_>>()).expect("none of them is NULL");
            let fields = self.client.fields(&model).unwrap_or_else(|error| panic!("{model}: {error}"));
            if fields.iter().all(|field| field.name != column) {
                let (table, name) = (identifier(&table), identifier(&column));
                let left = self.session.number(&format!("SELECT count({name}) FROM odoo.{table}"));
                assert_eq!(left, 0, "{table}.{column}, which Odoo no longer has, still has values");
                self.session.run(&format!("ALTER TABLE odoo.{table} DROP COLUMN {name}"));
            }
        }
    }
}

/// Waits until the second is over. A window begins with the whole second in which the run before began: what was
/// written in the same one, just before that run, would come along with the next run too, and so would what that run
/// failed to see.
fn next_second() {
    let second = || UNIX_EPOCH.elapsed().expect("it is after 1970").as_secs();
    let began = second();
    wait::until("the next second", Duration::from_secs(2), || (second() > began).then_some(()));
}
