//! Arguments that are missing, empty, or name nothing that is there.

use support::cluster::Cluster;
use support::session::literal;

use crate::{
    INVALID_PARAMETER, Mistake, NO_CONNECTION, NULL_NOT_ALLOWED, UNDEFINED_OBJECT, assert_refused, connect, settled,
};

#[test]
fn null_or_nothing_for_each_argument() {
    let (_sample, access, mut session) = settled("nothing");
    let right = [&access.url, &access.database, &access.login, &access.secret].map(|text| literal(text));
    let names = ["url", "database", "login", "secret", "name"];
    let mut mistakes: Vec<Mistake> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        for (value, sqlstate) in [("NULL", NULL_NOT_ALLOWED), ("''", INVALID_PARAMETER), ("'  '", INVALID_PARAMETER)] {
            let mut arguments: Vec<&str> = right.iter().map(String::as_str).chain(["'odoo'"]).collect();
            arguments[at] = value;
            mistakes.push((format!("SELECT odoo_sync.connect({})", arguments.join(", ")), sqlstate, *name));
        }
    }
    for (call, argument) in [
        ("disconnect({})", "name"),
        ("check({})", "connection"),
        ("run(full => {})", "full"),
        ("run(wait => {})", "wait"),
        ("run(force => {})", "force"),
        ("run(ARRAY['inventory', {}])", "type"),
        ("schedule({})", "cron"),
    ] {
        mistakes.push((format!("SELECT odoo_sync.{}", call.replace("{}", "NULL")), NULL_NOT_ALLOWED, argument));
    }
    for (call, argument) in [
        ("disconnect('')", "name"),
        ("check('')", "connection"),
        ("run(connection => '')", "connection"),
        ("run(ARRAY['inventory', ''])", "type"),
        ("run('{}')", "types"),
        ("run_due('')", "connection"),
        ("cancel('')", "connection"),
        ("status('')", "connection"),
        ("schedule('')", "cron"),
        ("schedule(connection => '')", "connection"),
        ("unschedule('')", "connection"),
    ] {
        mistakes.push((format!("SELECT odoo_sync.{call}"), INVALID_PARAMETER, argument));
    }
    assert_refused(&mut session, &mistakes);
}

#[test]
fn what_is_not_there() {
    let (_sample, _access, mut session) = settled("unknown");
    let mut mistakes: Vec<Mistake> = Vec::new();
    for call in [
        "disconnect('nowhere')",
        "check('nowhere')",
        "run(connection => 'nowhere')",
        "run_due('nowhere')",
        "cancel('nowhere')",
        "status('nowhere')",
        "schedule(connection => 'nowhere')",
    ] {
        mistakes.push((format!("SELECT odoo_sync.{call}"), UNDEFINED_OBJECT, "nowhere"));
    }
    for call in ["run('{invoicez}')", "run('{inventory,invoicez}')", "run('{Invoices}')"] {
        let name = if call.contains("invoicez") { "invoicez" } else { "Invoices" };
        mistakes.push((format!("SELECT odoo_sync.{call}"), UNDEFINED_OBJECT, name));
    }
    mistakes.push((
        "SET odoo_sync.types = 'inventory,stuff'; SELECT odoo_sync.run()".to_owned(),
        UNDEFINED_OBJECT,
        "stuff",
    ));
    mistakes.push(("SET odoo_sync.types = 'stuff'; SELECT odoo_sync.run_due()".to_owned(), UNDEFINED_OBJECT, "stuff"));
    assert_refused(&mut session, &mistakes);
}

#[test]
fn without_any_connection() {
    let mut session = Cluster::shared().database("no_connection").session();
    assert_refused(
        &mut session,
        &[
            ("SELECT odoo_sync.run()".to_owned(), NO_CONNECTION, "no connection"),
            ("SELECT odoo_sync.check()".to_owned(), UNDEFINED_OBJECT, "odoo"),
            ("SELECT odoo_sync.run(connection => 'odoo')".to_owned(), UNDEFINED_OBJECT, "odoo"),
        ],
    );
    assert!(session.rows("SELECT * FROM odoo_sync.run_due()").is_empty());
    assert!(session.rows("SELECT * FROM odoo_sync.status()").is_empty());
    assert_eq!(session.value("SELECT odoo_sync.cancel()"), "0");
}

#[test]
fn names_that_cannot_be_a_schema() {
    let (_sample, access, mut session) = settled("names");
    session.run("CREATE FOREIGN DATA WRAPPER other; CREATE SERVER elsewhere FOREIGN DATA WRAPPER other");
    let named = |name: &str| {
        let connect = connect(&access);
        format!("{}, {})", connect.strip_suffix(')').expect("it is a call"), literal(name))
    };
    let long = "n".repeat(64);
    assert_refused(
        &mut session,
        &[
            (named("pg_mirrors"), INVALID_PARAMETER, "pg_mirrors"),
            (named("odoo_sync"), INVALID_PARAMETER, "odoo_sync"),
            (named("information_schema"), INVALID_PARAMETER, "information_schema"),
            (named(&long), INVALID_PARAMETER, "63"),
            (named("elsewhere"), "42710", "elsewhere"),
        ],
    );
}
