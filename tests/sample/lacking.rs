//! What Odoo lacks, refuses or cannot give.

use support::compare::{SampleTruth, compare};
use support::sample_odoo::Series;
use support::session::literal;

use crate::{BOTH, assert_equal, connected, of, posted_invoices, run};

#[test]
fn a_type_whose_model_is_missing_is_skipped_and_the_others_run() {
    for series in BOTH {
        let (sample, mut session) = connected("missing", series);
        sample.drop_model("stock.quant");
        sample.drop_model("sale.order.line");
        let rows = run(&mut session);
        let inventory = of(&rows, "inventory");
        assert_eq!(inventory[0], "skipped");
        assert!(inventory[5].contains("no model stock.quant"), "{inventory:?}");
        // one of its two tables can be had
        let sales = of(&rows, "sales");
        assert_eq!(sales[0], "ok");
        assert!(sales[5].contains("no model sale.order.line"), "{sales:?}");
        for name in ["reference", "products", "invoices", "purchases"] {
            assert_eq!(of(&rows, name)[0], "ok", "{rows:?}");
        }
        assert_equal(&mut session, &sample);
        let checked = session.rows("SELECT subject, ok, detail FROM odoo_sync.check() WHERE NOT ok ORDER BY subject");
        assert_eq!(checked.len(), 2, "{checked:?}");
        assert!(checked[0][2].as_deref().is_some_and(|detail| detail.contains("stock.quant")), "{checked:?}");
    }
}

/// A table whose model Odoo never had is no reason to read the type's others in full each time, nor to say so.
#[test]
fn the_mode_of_a_type_is_that_of_the_tables_whose_models_odoo_has() {
    for series in BOTH {
        let (sample, mut session) = connected("mode", series);
        sample.drop_model("stock.quant");
        sample.drop_model("stock.warehouse");
        let mode = "SELECT mode FROM odoo_sync.run('{reference}')";
        assert_eq!(session.value(mode), "full");
        assert_eq!(session.value(mode), "incremental");
        let skipped = "SELECT status || ' ' || mode FROM odoo_sync.run('{inventory}')";
        assert_eq!(session.value(skipped), "skipped incremental");
        let recorded = "SELECT type, mode FROM odoo_sync.history ORDER BY run_id";
        let row = |name: &str, mode: &str| vec![Some(name.to_owned()), Some(mode.to_owned())];
        assert_eq!(
            session.rows(recorded),
            [row("reference", "full"), row("reference", "incremental"), row("inventory", "incremental")]
        );
        let asked = "SELECT mode FROM odoo_sync.run('{reference}', full => true)";
        assert_eq!(session.value(asked), "full");
    }
}

#[test]
fn a_field_that_the_server_lacks_is_left_out_and_named() {
    for series in BOTH {
        let (sample, mut session) = connected("lacking", series);
        sample.drop_field("account.move", "invoice_origin");
        sample.drop_field("res.partner", "industry_id");
        let rows = run(&mut session);
        assert!(rows.iter().all(|row| row[1].as_deref() == Some("ok")), "{rows:?}");
        assert_equal(&mut session, &sample);
        for (subject, field) in [("invoices.invoices", "invoice_origin"), ("reference.partners", "industry_id")] {
            let row = session
                .rows(&format!("SELECT ok, detail FROM odoo_sync.check() WHERE subject = {}", literal(subject)))
                .remove(0);
            assert_eq!(row[0].as_deref(), Some("t"), "{row:?}");
            assert!(row[1].as_deref().is_some_and(|detail| detail.contains(field)), "{row:?}");
        }
    }
}

#[test]
fn a_model_that_the_user_may_not_read_fails_its_type_and_no_other() {
    for series in BOTH {
        let (sample, mut session) = connected("denied", series);
        sample.deny_model("purchase.order.line");
        let error = session.error("SELECT odoo_sync.run()");
        assert_eq!(error.code().code(), "42501", "{error:?}");
        assert_eq!(error.message(), "1 of 6 types failed: purchases");
        let detail: Vec<&str> = error.detail().unwrap_or_default().lines().collect();
        for name in ["reference: ok", "products: ok", "invoices: ok", "sales: ok", "inventory: ok", "purchases: failed"]
        {
            assert!(detail.iter().any(|line| line.starts_with(name)), "{name} in {detail:?}");
        }
        assert!(detail.iter().any(|line| line.contains("purchase.order.line")), "{detail:?}");
        assert!(error.hint().is_some(), "{error:?}");
        // what could be read is there, of the failed type too
        for (table, model) in
            [("partners", "res.partner"), ("inventory", "stock.quant"), ("purchases", "purchase.order")]
        {
            let expected = sample.records(model).len() as i64;
            assert_eq!(session.number(&format!("SELECT count(*) FROM odoo.{table}")), expected, "{table}");
        }
        let states = session.rows("SELECT type, state, message FROM odoo_sync.status() WHERE state <> 'ok'");
        assert_eq!(states.len(), 1, "{states:?}");
        assert_eq!(states[0][..2], [Some("purchases".to_owned()), Some("failed".to_owned())]);
        assert!(states[0][2].as_deref().is_some_and(|message| message.contains("purchase.order.line")), "{states:?}");
        sample.allow_model("purchase.order.line");
        run(&mut session);
        assert_equal(&mut session, &sample);
    }
}

#[test]
fn a_record_that_cannot_be_read_is_set_aside_and_the_rest_is_stored() {
    for series in BOTH {
        let (sample, mut session) = connected("broken", series);
        let broken = posted_invoices(&sample)[3];
        sample.break_record("account.move", broken, "builtins.ZeroDivisionError", "division by zero");
        let rows = run(&mut session);
        let invoices = of(&rows, "invoices");
        assert_eq!((invoices[0], invoices[4]), ("partial", "1"), "{invoices:?}");
        let failures = session.rows("SELECT type, table_name, odoo_id, attempts, error FROM odoo_sync.failures");
        assert_eq!(failures.len(), 1, "{failures:?}");
        assert_eq!(
            failures[0][..4],
            ["invoices", "invoices", &broken.to_string(), "1"].map(|text| Some(text.to_owned()))
        );
        assert!(failures[0][4].as_deref().is_some_and(|error| error.contains("division by zero")), "{failures:?}");
        let report = compare(&mut session, "odoo", &mut SampleTruth::new(&sample));
        assert_eq!(report.difference_count(), 1, "that record alone is missing");

        run(&mut session);
        assert_eq!(session.value("SELECT attempts FROM odoo_sync.failures"), "2");
        sample.mend_record("account.move", broken);
        let rows = run(&mut session);
        assert_eq!(of(&rows, "invoices")[0], "ok");
        assert_eq!(session.number("SELECT count(*) FROM odoo_sync.failures"), 0);
        assert_equal(&mut session, &sample);
    }
}

#[test]
fn a_table_of_somebody_elses_is_left_alone() {
    let (_sample, mut session) = connected("foreign", Series::V19);
    session
        .run("CREATE SCHEMA odoo; CREATE TABLE odoo.invoices (number text); INSERT INTO odoo.invoices VALUES ('mine')");
    let error = session.error("SELECT odoo_sync.run()");
    assert_eq!(error.code().code(), "42809", "{error:?}");
    let detail = error.detail().unwrap_or_default();
    assert!(detail.contains("odoo.invoices already exists"), "{detail}");
    assert_eq!(session.rows("TABLE odoo.invoices"), [[Some("mine".to_owned())]]);
    assert!(session.number("SELECT count(*) FROM odoo.invoice_lines") > 0, "the type's other table is filled");
}

/// One that looks like a mirror, with an id that is no bigint or a time of its own: a run says that it can be adopted,
/// and after that it is one.
#[test]
fn a_table_that_looks_like_a_mirror_can_be_adopted() {
    let (sample, mut session) = connected("alike", Series::V19);
    session.run(
        "CREATE SCHEMA odoo;
         CREATE TABLE odoo.sales (id integer PRIMARY KEY, amount_total float8, _synced_at timestamptz);
         CREATE TABLE odoo.invoices (id bigint PRIMARY KEY, partner_id int, _synced_at date)",
    );
    let error = session.error("SELECT odoo_sync.run()");
    assert_eq!(error.code().code(), "42809", "{error:?}");
    let detail = error.detail().unwrap_or_default();
    for name in ["sales", "invoices"] {
        let told = format!("odoo.{name} already exists and is no mirror");
        assert!(detail.contains(&told), "{detail}");
        session.run(&format!("SELECT odoo_sync.adopt('odoo.{name}', '{name}')"));
    }
    // what it had of that name is there still
    session.run("SELECT odoo_sync.run(); ALTER TABLE odoo.invoices DROP COLUMN _synced_at_1");
    assert_equal(&mut session, &sample);
}

/// What cannot be adopted is not said to be.
#[test]
fn a_table_that_cannot_be_adopted_is_to_be_moved() {
    let (_sample, mut session) = connected("in_the_way", Series::V19);
    session.run(
        "CREATE SCHEMA odoo; CREATE VIEW odoo.sales AS SELECT 1 AS id;
         CREATE TABLE odoo.invoices (id bigint) PARTITION BY RANGE (id)",
    );
    let error = session.error("SELECT odoo_sync.run()");
    let detail = error.detail().unwrap_or_default();
    assert_eq!(detail.matches("Rename it").count(), 2, "{detail}");
    assert!(!detail.contains("odoo_sync.adopt()"), "{detail}");
}

/// A built-in row names fields of many versions; one's own names what one expects to see.
#[test]
fn a_field_of_ones_own_row_that_the_server_lacks_is_told() {
    let (_sample, mut session) = connected("own_row", Series::V19);
    session.run(
        "INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields)
         VALUES ('contacts', 'contacts', 'res.partner', 100, '{name,nonsense}')",
    );
    let told = session.value("SELECT message FROM odoo_sync.run('{contacts}')");
    let lacks = "contacts: this Odoo's res.partner has no nonsense, or not for this user.";
    assert!(told.contains(lacks), "{told}");
}
