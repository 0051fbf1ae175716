//! The mirrors equal a real Odoo's own tables: every mirror, every column, every row.

use std::collections::BTreeMap;

use support::access::Access;
use support::cluster::Cluster;
use support::compare::{RealTruth, compare};
use support::real_odoo::RealOdoo;
use support::session::{Session, identifier, literal};

#[test]
fn of_odoo_19_by_api_key() {
    let Some(odoo) = RealOdoo::of(19) else { return };
    let database = Cluster::shared().database("key19");
    let mut session = database.session();
    let row = session.connect(&odoo.access, "odoo");
    assert_eq!(row[3].as_deref(), Some("19.0"), "{row:?}");
    assert_eq!(row[4].as_deref(), Some("JSON-2"), "{row:?}");
    mirrors_equal(&mut session, &odoo, &odoo.access, "odoo");
    two_invoices_of_one_name(&mut session, &odoo);
}

#[test]
fn of_odoo_14() {
    let Some(odoo) = RealOdoo::of(14) else { return };
    let database = Cluster::shared().database("password14");
    let mut session = database.session();
    let row = session.connect(&odoo.access, "odoo");
    assert_eq!(row[3].as_deref(), Some("14.0"), "{row:?}");
    assert_eq!(row[4].as_deref(), Some("JSON-RPC"), "{row:?}");
    mirrors_equal(&mut session, &odoo, &odoo.access, "odoo");
}

/// By JSON-RPC, on a server that speaks JSON-2 too; in a schema whose name has to be quoted.
#[test]
fn of_odoo_19_by_password_under_another_name() {
    let Some(odoo) = RealOdoo::of(19) else { return };
    let database = Cluster::shared().database("password19");
    let mut session = database.session();
    let access = odoo.access.by(&odoo.password);
    let name = "Odoo \"Chicago\"";
    let row = session.connect(&access, name);
    assert_eq!(row[0].as_deref(), Some(name), "{row:?}");
    assert_eq!(row[4].as_deref(), Some("JSON-RPC"), "{row:?}");
    mirrors_equal(&mut session, &odoo, &access, name);
}

/// Small pages give the same as large ones, on both; and two connections keep apart.
#[test]
fn in_small_pages_side_by_side() {
    let (Some(new), Some(old)) = (RealOdoo::of(19), RealOdoo::of(14)) else {
        return;
    };
    let database = Cluster::shared().database("small_pages");
    let mut session = database.session();
    session.connect(&new.access, "new");
    session.connect(&old.access, "old");
    session.run("SET odoo_sync.batch_size = 7; SET odoo_sync.concurrency = 4");
    session.run("SELECT odoo_sync.run()");
    for (odoo, name) in [(&new, "new"), (&old, "old")] {
        compare(&mut session, name, &mut RealTruth::new(odoo, &odoo.access)).assert_equal();
    }
}

/// Runs twice: the first time everything comes in, the second nothing is even touched.
fn mirrors_equal(session: &mut Session, odoo: &RealOdoo, access: &Access, name: &str) {
    let mut truth = RealTruth::new(odoo, access);
    let first = session
        .rows("SELECT type, status, mode, fetched, inserted, updated, deleted, failed, message FROM odoo_sync.run()");
    let types: Vec<&str> = first.iter().filter_map(|row| row[0].as_deref()).collect();
    assert_eq!(types, ["reference", "products", "invoices", "purchases", "sales", "inventory"]);
    for row in &first {
        assert_eq!(row[1].as_deref(), Some("ok"), "{row:?}");
        assert_eq!(row[3], row[4], "all that was fetched was inserted: {row:?}");
        assert_eq!(row[5..9], [Some("0"), Some("0"), Some("0"), None].map(|text| text.map(str::to_owned)), "{row:?}");
    }
    let report = compare(session, name, &mut truth);
    report.assert_equal();
    archived_records_are_there(session, odoo, name);
    let fetched: i64 =
        first.iter().map(|row| row[3].as_deref().unwrap_or_default().parse::<i64>().expect("a number")).sum();
    assert_eq!(fetched, report.rows as i64, "the run tells as many as there are");

    let before = versions(session, name);
    let second = session.rows(
        "SELECT type, status, fetched, inserted, updated, deleted, failed, message FROM odoo_sync.run(full => true)",
    );
    for (row, first) in second.iter().zip(&first) {
        assert_eq!(row[1].as_deref(), Some("ok"), "{row:?}");
        assert_eq!(row[2], first[3], "everything was read again: {row:?}");
        assert_eq!(
            row[3..8],
            [Some("0"), Some("0"), Some("0"), Some("0"), None].map(|text| text.map(str::to_owned)),
            "{row:?}"
        );
    }
    assert_eq!(versions(session, name), before, "no row was written again");
    compare(session, name, &mut truth).assert_equal();
}

/// Archived records are there, as Odoo has them.
fn archived_records_are_there(session: &mut Session, odoo: &RealOdoo, schema: &str) {
    let mut truth = odoo.ground_truth();
    for (table, theirs) in [("currencies", "res_currency"), ("partners", "res_partner"), ("users", "res_users")] {
        let query = format!("SELECT count(*) FROM {theirs} WHERE NOT active");
        let expected: i64 = truth.query_one(&query, &[]).expect("Odoo's own table can be read").get(0);
        assert!(expected > 0, "the demo data has some in {theirs}");
        assert_eq!(
            session.number(&format!("SELECT count(*) FROM {}.{table} WHERE NOT active", identifier(schema))),
            expected,
            "{table}"
        );
    }
}

/// For each table the version of each of its rows, and how large it is.
fn versions(session: &mut Session, schema: &str) -> BTreeMap<String, String> {
    let tables = session.column(&format!(
        "SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = {})",
        literal(schema)
    ));
    let version = |table: String| {
        let sql = format!(
            "SELECT md5(string_agg(concat_ws(' ', id, xmin, ctid, _synced_at), ',' ORDER BY id)) || ' ' || pg_relation_size({}) FROM {table}",
            literal(&table)
        );
        (table, session.value(&sql))
    };
    tables.into_iter().map(version).collect()
}

/// Odoo's demo data has invoices of the same name in different companies.
fn two_invoices_of_one_name(session: &mut Session, odoo: &RealOdoo) {
    let twice = "GROUP BY name HAVING count(DISTINCT company_id) > 1 ORDER BY name";
    let mut truth = odoo.ground_truth();
    let rows = truth
        .query(&format!("SELECT name FROM account_move WHERE state = 'posted' AND move_type <> 'entry' {twice}"), &[])
        .expect("Odoo's own table can be read");
    let expected: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(!expected.is_empty(), "the demo data has such invoices");
    assert_eq!(session.column(&format!("SELECT name FROM odoo.invoices {twice}")), expected);
}
