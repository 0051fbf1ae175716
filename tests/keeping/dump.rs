//! `pg_dump`, and what a restore of it in another cluster has.

use serde_json::json;
use support::access::Access;
use support::cluster::{Cluster, Database};
use support::compare::{SampleTruth, compare};
use support::sample_odoo::{SampleOdoo, Series};
use support::session::Session;

/// What is known beside the mirrors, each with its name.
const STATE: [(&str, &str); 8] = [
    ("connections", "SELECT * FROM odoo_sync.connections ORDER BY name"),
    ("logins", "SELECT srvname, usename, umoptions FROM pg_user_mappings ORDER BY 1, 2"),
    ("settings", "SELECT * FROM odoo_sync.types ORDER BY connection, type"),
    ("catalogue", "SELECT * FROM odoo_sync.mirrors ORDER BY type, table_name, since"),
    ("windows", "SELECT * FROM odoo_sync.mirror_state ORDER BY connection, table_name"),
    ("history", "SELECT * FROM odoo_sync.history ORDER BY run_id, connection, type"),
    ("failures", "SELECT * FROM odoo_sync.failures ORDER BY table_name, odoo_id"),
    ("number", "SELECT last_value FROM odoo_sync.run_ids"),
];

/// A sample Odoo with one order line that cannot be read, and a database with all that somebody can have there.
fn lived_in(name: &str) -> (SampleOdoo, Database<'static>) {
    let sample = SampleOdoo::start(Series::V19);
    let database = Cluster::shared().database(name);
    let mut session = database.session();
    session.connect(&Access::from(&sample), "odoo");
    session.run(
        "INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields)
             VALUES ('people', 'people', 'res.users', 70, '{name, login}');
         UPDATE odoo_sync.mirrors SET indexes = '{name}' WHERE table_name = 'units';
         UPDATE odoo_sync.types SET \"interval\" = '15 min', deletes = 'mark' WHERE type = 'purchases'",
    );
    let broken = broken_line(&sample);
    sample.break_record("sale.order.line", broken, "builtins.ValueError", "no price");
    session.run("SELECT odoo_sync.run()");
    assert_eq!(session.number("SELECT count(*) FROM odoo_sync.failures"), 1);
    (sample, database)
}

fn broken_line(sample: &SampleOdoo) -> i64 {
    sample.records("sale.order.line")[3]["id"].as_i64().expect("an id is a number")
}

/// Changes some of Odoo's records, and makes all of them readable.
fn go_on(sample: &SampleOdoo) {
    sample.mend_record("sale.order.line", broken_line(sample));
    sample.create("res.partner", json!({"name": "Restored", "complete_name": "Restored"}));
    let ids: Vec<i64> =
        sample.records("purchase.order.line").iter().filter_map(|record| record["id"].as_i64()).collect();
    sample.write("purchase.order.line", &ids[..2], json!({"name": "Changed"}));
    sample.unlink("purchase.order.line", &ids[2..3]);
}

fn state(session: &mut Session) -> Vec<(&'static str, Vec<String>)> {
    let rows = |(name, query)| {
        let query = format!("SELECT to_jsonb(state)::text FROM ({query}) AS state");
        (name, session.column(&query))
    };
    STATE.map(rows).to_vec()
}

fn assert_equal(session: &mut Session, sample: &SampleOdoo) {
    session.run("DELETE FROM odoo.purchase_lines WHERE _deleted_at IS NOT NULL; ALTER TABLE odoo.purchase_lines DROP COLUMN _deleted_at; ALTER TABLE odoo.purchases DROP COLUMN _deleted_at");
    compare(session, "odoo", &mut SampleTruth::new(sample)).assert_equal();
}

#[test]
fn a_restore_in_another_cluster_has_everything_and_goes_on_incrementally() {
    let (sample, database) = lived_in("dumped");
    let mut session = database.session();
    session.run(
        "CREATE ROLE analyst; GRANT USAGE ON SCHEMA odoo_sync, odoo TO analyst;
         GRANT EXECUTE ON FUNCTION odoo_sync.status TO analyst; GRANT SELECT ON odoo_sync.history, odoo.sales TO analyst;
         CREATE VIEW odoo.unpaid AS SELECT name FROM odoo.invoices WHERE payment_state = 'not_paid';
         CREATE INDEX by_origin ON odoo.invoices (invoice_origin)",
    );
    let before = state(&mut session);
    assert!(before.iter().all(|(_, rows)| !rows.is_empty()), "{before:?}");

    let cluster = Cluster::start(&[]);
    let there = cluster.empty_database("restored");
    there.session().run("CREATE ROLE analyst");
    there.restore(&database.dump(&[]));
    let mut session = there.session();
    assert_eq!(state(&mut session), before);
    let allowed = "SELECT has_function_privilege('analyst', 'odoo_sync.status'::regproc, 'EXECUTE')
                          AND has_table_privilege('analyst', 'odoo_sync.history', 'SELECT')";
    assert_eq!(session.value(allowed), "t");

    go_on(&sample);
    let ended = "SELECT DISTINCT run_id, mode, status FROM odoo_sync.run()";
    let well = ["2", "incremental", "ok"].map(|text| Some(text.to_owned()));
    assert_eq!(session.rows(ended), [well]);
    let failures = "SELECT count(*) FROM odoo_sync.failures";
    assert_eq!(session.number(failures), 0);
    let marked = "SELECT count(*) FROM odoo.purchase_lines WHERE _deleted_at IS NOT NULL";
    assert_eq!(session.number(marked), 1);
    assert_equal(&mut session, &sample);
}

#[test]
fn a_restore_without_the_mirrors_fills_them_again() {
    let (sample, database) = lived_in("state_only");
    let there = Cluster::shared().empty_database("without_mirrors");
    there.restore(&database.dump(&["--exclude-schema=odoo"]));
    let mut session = there.session();
    go_on(&sample);
    let ended = "SELECT DISTINCT status FROM odoo_sync.run()";
    assert_eq!(session.column(ended), ["ok"]);
    assert_equal(&mut session, &sample);
}

#[test]
fn the_mirrors_alone_are_ordinary_tables() {
    let (_sample, database) = lived_in("mirrors_only");
    let there = Cluster::shared().empty_database("ordinary");
    there.restore(&database.dump(&["--schema=odoo", "--no-owner"]));
    let mut session = there.session();
    let counts = session.value(
        "SELECT string_agg(format('SELECT %L, count(*) FROM odoo.%1$I', relname), ' UNION ALL ' ORDER BY relname)
         FROM pg_class WHERE relnamespace = 'odoo'::regnamespace AND relkind = 'r'",
    );
    let rows = session.rows(&counts);
    assert_eq!(rows.len(), 19, "{rows:?}");
    assert_eq!(rows, database.session().rows(&counts));
    assert_eq!(session.value("SELECT count(*) FROM pg_extension WHERE extname = 'odoo_sync'"), "0");
    session.run("DELETE FROM odoo.sales; DROP TABLE odoo.invoices");
}
