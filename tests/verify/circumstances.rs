//! What Odoo lacks or denies, what is not here, a standby, a cancel, mistakes.

use super::*;
use std::time::Instant;
use support::background::Background;
use support::gate::Gate;
use support::sample_odoo::Reaction;
use support::session::all_of;

#[test]
fn what_odoo_lacks_or_denies_is_told_in_its_row_and_the_others_are_compared() {
    for series in BOTH {
        let (sample, mut session) = mirrored("denied", series);
        sample.drop_model("stock.quant");
        sample.drop_model("stock.warehouse");
        session.run("TRUNCATE odoo.warehouses");
        sample.deny_model("sale.order");
        let product = sample.records("product.product")[2]["id"].as_i64().expect("an id");
        sample.break_record("product.product", product, "builtins.ZeroDivisionError", "float division by zero");
        let rows = session.rows(&format!("SELECT {COLUMNS} FROM odoo_sync.verify()"));
        assert_eq!(rows.len(), 18, "{rows:?}");
        let row = |table: &str| -> Vec<String> {
            let row = rows.iter().find(|row| row[0].as_deref() == Some(table)).expect("it is there");
            row[1..].iter().map(|text| text.clone().unwrap_or_default()).collect()
        };
        let quants = session.value("SELECT count(*) FROM odoo.inventory");
        let not_installed = |model: &str| format!("Odoo has no model {model}: its module is not installed");
        assert_eq!(row("inventory"), ["0", &quants, "0", &quants, "0", "f", &not_installed("stock.quant")]);
        assert_eq!(row("warehouses"), ["0", "0", "0", "0", "0", "t", &not_installed("stock.warehouse")]);
        assert_eq!(row("sales")[..6], ["", "", "", "", "", "f"]);
        assert!(row("sales")[6].contains("sale.order"), "{:?}", row("sales"));
        let well = |table: &str| row(table)[5] == "t";
        assert!(well("invoices") && well("partners") && well("purchase_lines"), "{rows:?}");
        assert!(!well("products"), "{:?}", row("products"));
    }
}

#[test]
fn a_column_or_table_that_is_not_there_is_told() {
    let (_sample, mut session) = mirrored("lacking", Series::V19);
    session.run("ALTER TABLE odoo.sales DROP COLUMN amount_total; DROP TABLE odoo.journals");
    session.run("ALTER TABLE odoo.purchases DROP CONSTRAINT purchases_pkey");
    let lines = session.value("SELECT count(*) FROM odoo.purchases");
    assert_ne!(lines, "0");
    let rows = session.rows(&format!("SELECT {COLUMNS} FROM odoo_sync.verify() WHERE NOT ok"));
    let told: Vec<&str> = rows.iter().filter_map(|row| row[7].as_deref()).collect();
    assert_eq!(told.len(), 3, "{rows:?}");
    assert_eq!(told[0], "there is no such table yet; odoo_sync.run() makes it");
    assert_eq!(rows[0][1], rows[0][3], "all are missing: {rows:?}");
    assert_eq!(rows[0][2], None, "{rows:?}");
    assert!(told[1].contains("odoo.purchases already exists and is no mirror"), "{told:?}");
    assert_eq!(told[2], "column amount_total is missing; the next run adds it");
}

/// A record that could not be stored is missing, whatever the run knows about it; a marked row is not there.
#[test]
fn failures_are_missing_and_marked_rows_are_not_there() {
    let (sample, mut session) = mirrored("failures", Series::V19);
    let (kept, gone) =
        (session.number("SELECT max(id) FROM odoo.sale_lines"), session.number("SELECT min(id) FROM odoo.sale_lines"));
    session.run("UPDATE odoo_sync.types SET deletes = 'mark'");
    sample.unlink("sale.order.line", &[gone]);
    session.run("SELECT odoo_sync.run(full => true)");
    assert_eq!(session.number("SELECT count(*) FROM odoo.sale_lines WHERE _deleted_at IS NOT NULL"), 1);
    assert_eq!(differing(&mut session), [""; 0]);

    session.run(&format!(
        "DELETE FROM odoo.sale_lines WHERE id = {kept}; ALTER TABLE odoo.sale_lines ADD CHECK (id <> {kept})"
    ));
    let status = session.value("SELECT status FROM odoo_sync.run(ARRAY['sales'], full => true)");
    assert_eq!(status, "partial");
    assert_eq!(differing(&mut session), ["sale_lines 1 0 0"]);
}

#[test]
fn it_works_in_a_read_only_transaction_and_on_a_standby() {
    let primary = Cluster::start(&[]);
    let sample = SampleOdoo::start(Series::V19);
    let mut session = primary.database("shipped").session();
    session.connect(&Access::from(&sample), "odoo");
    session.run("SELECT odoo_sync.run()");
    session.run("BEGIN READ ONLY");
    assert_well(&mut session, "odoo");
    session.run("COMMIT");

    let standby = primary.standby();
    standby.await_replay(&primary);
    let mut there = standby.session("shipped", "postgres");
    assert_eq!(there.value("SELECT pg_is_in_recovery()"), "t");
    assert_well(&mut there, "odoo");
    assert_eq!(
        there.number("SELECT count(*) FROM odoo_sync.status() WHERE state = 'ok'"),
        6,
        "status() works there too"
    );
    assert_eq!(there.number("SELECT count(*) FROM odoo_sync.check() WHERE NOT ok"), 0, "and so does check()");
    session.run("DELETE FROM odoo.partners WHERE id = (SELECT max(id) FROM odoo.partners)");
    standby.await_replay(&primary);
    assert_eq!(differing(&mut there), ["partners 1 0 0"]);
}

#[test]
fn a_cancel_ends_it_at_once_while_odoo_is_silent() {
    let (sample, session) = mirrored("cancelled", Series::V19);
    let gate = Gate::before(&sample, |request| request.model.as_deref() == Some("account.move"));
    let statement = Background::start(session, "SELECT * FROM odoo_sync.verify()");
    gate.await_request();
    let start = Instant::now();
    statement.cancel();
    let (result, mut session) = statement.end();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let error = result.expect_err("it was cancelled");
    assert_eq!(error.code().map(postgres::error::SqlState::code), Some("57014"));
    gate.open();
    assert_eq!(differing(&mut session), [""; 0], "the session goes on");
}

#[test]
fn an_odoo_that_is_out_of_reach_is_an_error() {
    let (sample, mut session) = mirrored("unreachable", Series::V19);
    session.run("SET odoo_sync.max_retries = 0");
    sample.on_request(|request| match request.model.as_deref() {
        Some("sale.order") => Reaction::Drop,
        _ => Reaction::Answer,
    });
    let error = session.error("SELECT * FROM odoo_sync.verify()");
    assert!(error.message().starts_with("connection odoo, sales.sales: "), "{}", all_of(&error));
    assert_eq!(error.code().code(), "08006", "{}", all_of(&error));
    drop(sample);
    let error = session.error("SELECT * FROM odoo_sync.verify()");
    assert!(error.message().starts_with("connection odoo: "), "{}", all_of(&error));
}

#[test]
fn bad_arguments_get_one_clear_error() {
    let (_sample, mut session) = mirrored("arguments", Series::V19);
    for (arguments, sqlstate, says) in [
        ("ARRAY['invoice']", "42704", "there is no type named \"invoice\""),
        ("ARRAY['']", "22023", "must not be empty"),
        ("ARRAY[NULL]::text[]", "22004", "must not be NULL"),
        ("ARRAY[]::text[]", "22023", "must not be an empty array"),
        ("connection => 'nobody'", "42704", "there is no connection named \"nobody\""),
        ("connection => ''", "22023", "connection must not be empty"),
        ("connection => NULL", "22004", "connection must not be NULL"),
    ] {
        let error = session.error(&format!("SELECT * FROM odoo_sync.verify({arguments})"));
        let told = all_of(&error);
        assert_eq!(error.code().code(), sqlstate, "{arguments}: {told}");
        assert!(error.message().contains(says), "{arguments}: {told}");
        assert!(error.hint().is_some(), "{arguments}: {told}");
    }
    session.run("SET odoo_sync.types = 'sales, nothing'");
    let error = session.error("SELECT * FROM odoo_sync.verify()");
    assert!(error.message().contains("odoo_sync.types: there is no type named \"nothing\""), "{}", all_of(&error));
    session.run("SET odoo_sync.types = 'sales'");
    assert_eq!(session.column("SELECT table_name FROM odoo_sync.verify()"), ["sales", "sale_lines"]);
}

/// Between the count, which is more than a page, and the ids.
#[test]
fn records_that_vanish_while_they_are_compared_are_told_as_extra_rows() {
    for series in BOTH {
        let (sample, mut session) = mirrored("vanishing", series);
        session.run("UPDATE odoo_sync.types SET batch_size = 1 WHERE type = 'products'");
        let ids: Vec<i64> =
            sample.records("product.product").iter().map(|record| record["id"].as_i64().expect("an id")).collect();
        let gate = Gate::before(&sample, |request| {
            request.method.as_deref() == Some("search") && request.model.as_deref() == Some("product.product")
        });
        let verify =
            Background::start(session, "SELECT odoo_count, local_count, extra, ok FROM odoo_sync.verify('{products}')");
        gate.await_request();
        sample.unlink("product.product", &ids);
        gate.open();
        let count = Some(ids.len().to_string());
        assert_eq!(verify.rows(), [[Some("0".to_owned()), count.clone(), count, Some("f".to_owned())]]);
    }
}
