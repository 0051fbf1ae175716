//! Settings and options.

use support::session::{all_of, literal};

use crate::{EVERYTHING, INVALID_PARAMETER, assert_refused, settled};

#[test]
fn values_that_no_setting_takes() {
    let (_sample, _access, mut session) = settled("settings");
    let before = session.value(EVERYTHING);
    for (name, values) in [
        ("enabled", &["perhaps"][..]),
        ("interval", &["0", "-1", "soon", "1000000d"]),
        ("batch_size", &["0", "100001", "many"]),
        ("delay", &["-1", "2h", "x"]),
        ("concurrency", &["0", "17"]),
        ("timeout", &["0", "2h", "x"]),
        ("max_retries", &["-1", "21"]),
        ("lookback", &["-1", "1000d"]),
        ("full_at", &["24:00", "noon", "7:5", ""]),
        ("history_days", &["0", "x"]),
        ("allow_http", &["x"]),
    ] {
        for value in values {
            let error = session.error(&format!("SET odoo_sync.{name} = {}", literal(value)));
            let told = all_of(&error);
            assert_eq!(error.code().code(), INVALID_PARAMETER, "{told}");
            assert!(error.message().contains(&format!("odoo_sync.{name}")), "{told}");
        }
    }
    let error = session.error("SET odoo_sync.batchsize = 5");
    assert_eq!(error.code().code(), "42602", "a setting that is not there: {}", all_of(&error));
    assert_eq!(session.value(EVERYTHING), before);
    for (column, value) in
        [("batch_size", "0"), ("batch_size", "100001"), ("interval", "'0'"), ("interval", "'-1 min'")]
    {
        let error = session.error(&format!("UPDATE odoo_sync.types SET {column} = {value}"));
        assert_eq!(error.code().code(), "23514", "{}", all_of(&error));
    }
    // with their units
    session.run("SET odoo_sync.interval = '3h'; SET odoo_sync.delay = '1s'; SET odoo_sync.timeout = '2min'; SET odoo_sync.lookback = '1h'");
    let shown =
        ["interval", "delay", "timeout", "lookback"].map(|name| session.value(&format!("SHOW odoo_sync.{name}")));
    assert_eq!(shown, ["3h", "1s", "2min", "1h"]);
}

#[test]
fn options_of_servers_and_user_mappings() {
    let (_sample, _access, mut session) = settled("options");
    let invalid_option = "HV00D";
    assert_refused(
        &mut session,
        &[
            ("ALTER SERVER odoo OPTIONS (ADD password 'x')".to_owned(), invalid_option, "password"),
            (
                "ALTER USER MAPPING FOR CURRENT_USER SERVER odoo OPTIONS (ADD password 'x')".to_owned(),
                invalid_option,
                "password",
            ),
            ("ALTER FOREIGN DATA WRAPPER odoo_sync OPTIONS (ADD url 'x')".to_owned(), invalid_option, "url"),
            ("ALTER SERVER odoo OPTIONS (SET url 'nowhere')".to_owned(), INVALID_PARAMETER, "nowhere"),
            ("ALTER SERVER odoo OPTIONS (SET database '')".to_owned(), INVALID_PARAMETER, "database"),
            (
                "ALTER USER MAPPING FOR CURRENT_USER SERVER odoo OPTIONS (SET secret '')".to_owned(),
                INVALID_PARAMETER,
                "secret",
            ),
        ],
    );
}

#[test]
fn servers_without_an_address() {
    let (_sample, _access, mut session) = settled("addresses_lacking");
    let what = "a connection needs the option";
    assert_refused(
        &mut session,
        &[
            ("CREATE SERVER bare FOREIGN DATA WRAPPER odoo_sync".to_owned(), "HV00J", &format!("{what} url")),
            ("ALTER SERVER odoo OPTIONS (DROP url)".to_owned(), "HV00J", &format!("{what} url")),
            ("ALTER SERVER odoo OPTIONS (DROP database)".to_owned(), "HV00J", &format!("{what} database")),
        ],
    );
}

#[test]
fn tables_that_are_described_twice() {
    let (_sample, _access, mut session) = settled("described_twice");
    let insert = |r#type: &str, table: &str, since: u32| {
        format!(
            "INSERT INTO odoo_sync.mirrors (type, table_name, model, position, since, fields)
             VALUES ('{type}', '{table}', 'res.country', 1, {since}, '{{name}}')"
        )
    };
    assert_refused(
        &mut session,
        &[
            (insert("countries", "invoices", 0), "23505", "the table invoices is of type invoices already"),
            (
                insert("invoices", "invoice_lines", 17),
                "23P01",
                "the table invoice_lines has another description for some of the Odoo series 17 to",
            ),
        ],
    );
}

/// One that cannot be read would fail every type.
#[test]
fn rows_of_the_catalogue_and_settings_that_no_run_can_use() {
    let (_sample, _access, mut session) = settled("unusable_rows");
    let insert = |columns: &str, values: &str| {
        format!(
            "INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields{columns})
             VALUES ('countries', 'countries', 'res.country', 1, {values})"
        )
    };
    let lists = "mirrors_lists_check";
    for (statement, constraint) in [
        (insert("", "'{name,NULL}'"), lists),
        (insert("", "'{{name,code}}'"), lists),
        (insert(", indexes", "'{name}', '{NULL}'"), lists),
        (insert(", since", "'{name}', -5"), "mirrors_since_check"),
        ("UPDATE odoo_sync.types SET \"interval\" = '178000000 years'".to_owned(), "types_interval_check"),
        ("UPDATE odoo_sync.types SET lookback = '178000000 years'".to_owned(), "types_lookback_check"),
    ] {
        let error = session.error(&statement);
        assert_eq!(error.constraint(), Some(constraint), "{error:?}");
    }
}

/// Texts would be stored as the wrong characters.
#[test]
fn databases_that_are_not_utf8() {
    let cluster = support::cluster::Cluster::shared();
    cluster
        .session("postgres", "postgres")
        .run("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    let error = cluster.session("latin", "postgres").error("CREATE EXTENSION odoo_sync");
    let told = all_of(&error);
    assert_eq!(error.code().code(), "0A000", "{told}");
    assert!(error.message().contains("UTF8, and that of latin is LATIN1"), "{told}");
    assert!(error.hint().is_some(), "{told}");
}
