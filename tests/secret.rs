//! The secret appears nowhere but in the user mapping.

#[path = "secret/authorities.rs"]
mod authorities;
#[path = "secret/everywhere.rs"]
mod everywhere;
#[path = "secret/file.rs"]
mod file;
#[path = "secret/forms.rs"]
mod forms;
#[path = "secret/places.rs"]
mod places;
#[path = "secret/vault.rs"]
mod vault;

use support::access::Access;
use support::background::Background;
use support::cluster::Cluster;
use support::gate::{Gate, is_page};
use support::sample_odoo::{Reaction, SampleOdoo, Series};
use support::session::{Session, told};

/// The password that the sample takes is too common a word to be looked for; what is looked for are its key and this
/// wrong one.
const WRONG: &str = "c0ffeec0ffeec0ffeec0ffeec0ffeec0ffee1234";

/// Each table of the extension's, and what else one can look at.
const PLACES: [&str; 8] = [
    "SELECT to_jsonb(a)::text FROM pg_stat_activity a",
    "SELECT to_jsonb(s)::text FROM pg_stat_statements s",
    "SELECT to_jsonb(j)::text FROM cron.job j",
    "SELECT to_jsonb(d)::text FROM cron.job_run_details d",
    "SELECT to_jsonb(s)::text FROM pg_foreign_server s",
    "SELECT to_jsonb(s)::text FROM pg_settings s",
    "SELECT to_jsonb(s)::text FROM pg_db_role_setting s",
    "SELECT obj_description(oid) FROM pg_class",
];

#[test]
fn nobody_else_sees_it() {
    let cluster = Cluster::start(&[
        ("shared_preload_libraries", "'pg_cron,pg_stat_statements'"),
        ("cron.database_name", "'mirrors'"),
        ("cron.host", "''"),
        ("cron.use_background_workers", "on"),
        ("pg_stat_statements.track", "'all'"),
        ("log_min_messages", "debug5"),
        ("log_min_error_statement", "debug5"),
        // a statement's parameters are the caller's to log or not
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
        ("track_activity_query_size", "'1MB'"),
    ]);
    let database = cluster.database("mirrors");
    let mut session = database.session();
    session.run("CREATE EXTENSION pg_stat_statements; CREATE EXTENSION pg_cron");
    let sample = SampleOdoo::start(Series::V19);
    let access = Access::from(&sample);
    let secret = access.secret.clone();
    let mut told_so_far = String::new();

    session.connect(&access, "odoo");
    // replacing one writes it again
    session.connect(&access, "odoo");
    session.run(
        "SELECT odoo_sync.run(); SELECT odoo_sync.check(); SELECT odoo_sync.status(); SELECT odoo_sync.schedule()",
    );

    // while a run is on, as others see it
    let gate = Gate::before(&sample, is_page);
    let run = Background::start(database.session(), "SELECT odoo_sync.run(full => true)");
    gate.await_request();
    assert_absent(&mut session, &secret, "while a run is on");
    gate.open();
    run.rows();

    // errors of every kind, with an answer that repeats what it was sent
    let failing: [fn(&str) -> Reaction; 6] = [
        |_| Reaction::Drop,
        |_| Reaction::Truncate(10),
        |secret| Reaction::Status(200, "text/html".to_owned(), format!("<html>{secret}</html>")),
        |secret| Reaction::Status(500, "application/json".to_owned(), format!("{{\"you sent\": \"{secret}\"}}")),
        |secret| Reaction::Status(503, "text/plain".to_owned(), format!("busy: {secret}")),
        |_| Reaction::Error("builtins.ValueError".to_owned(), "no".to_owned()),
    ];
    session.run("SET odoo_sync.max_retries = 0");
    for reaction in failing {
        let echo = secret.clone();
        sample.on_request(move |_| reaction(&echo));
        told_so_far += &told(&session.try_rows("SELECT odoo_sync.run()").expect_err("nothing can be read"));
        told_so_far += &told(&session.try_connect(&access, "odoo").expect_err("nobody can log in"));
        told_so_far += &format!("{:?}", session.rows("SELECT * FROM odoo_sync.check()"));
    }
    sample.on_request(|_| Reaction::Answer);
    let broken = sample.records("res.partner")[0]["id"].as_i64().expect("an id is a number");
    sample.break_record("res.partner", broken, "builtins.ZeroDivisionError", "division by zero");
    sample.deny_model("stock.quant");
    told_so_far += &told(&session.try_rows("SELECT odoo_sync.run()").expect_err("a type fails"));
    for wrong in [
        access.by(WRONG),
        Access { login: "nobody".to_owned(), ..access.clone() },
        Access { database: "no_such".to_owned(), ..access.clone() },
        Access { url: format!("https://{secret}@erp.example.com"), ..access.clone() },
        Access { url: "http://127.0.0.1:1".to_owned(), ..access.clone() },
    ] {
        told_so_far += &told(&session.try_connect(&wrong, "odoo").expect_err("it is wrong"));
    }
    let name = "odoo_sync";
    told_so_far += &told(&session.try_connect(&access, name).expect_err("no connection has that name"));
    told_so_far += &format!("{:?}", session.notices());
    for secret in [secret.as_str(), WRONG] {
        assert!(!told_so_far.contains(secret), "what callers were told has it");
        assert_absent(&mut session, secret, "afterwards");
        let log = cluster.log();
        assert!(log.contains("DEBUG"), "the log has everything");
        if let Some(line) = log.lines().find(|line| line.contains(secret)) {
            panic!("the log has it: {line}");
        }
    }

    // it is where it belongs, and there nobody else can look
    let options = "SELECT coalesce(string_agg(umoptions::text, ' '), '') FROM pg_user_mappings";
    assert!(session.value(options).contains(&secret));
    session.run("CREATE ROLE auditor LOGIN; GRANT pg_read_all_settings, pg_read_all_stats, pg_monitor TO auditor; GRANT USAGE ON SCHEMA odoo_sync, cron TO auditor");
    session.run("GRANT SELECT ON ALL TABLES IN SCHEMA odoo_sync TO auditor; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA odoo_sync TO auditor");
    session.run("GRANT USAGE ON FOREIGN SERVER odoo TO auditor");
    let mut auditor = database.session_as("auditor");
    assert_eq!(auditor.value(options), "");
    assert_eq!(auditor.error("SELECT umoptions FROM pg_user_mapping").code().code(), "42501");
    assert_absent(&mut auditor, &secret, "for an auditor");
}

/// Looks into every table of the extension's and of the mirrors', and the places where statements turn up.
fn assert_absent(session: &mut Session, secret: &str, when: &str) {
    let tables = session.column(
        "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE nspname IN ('odoo_sync', 'odoo') AND relkind IN ('r', 'v') AND has_table_privilege(c.oid, 'SELECT')",
    );
    assert!(tables.len() > 5, "{tables:?}");
    let places = tables.iter().map(|table| format!("SELECT to_jsonb(t)::text FROM {table} t"));
    for query in places.chain(PLACES.map(str::to_owned)) {
        for text in session.column(&query) {
            assert!(!text.contains(secret), "{when}: {query} shows {text}");
        }
    }
    let status = format!("{:?}", session.rows("SELECT * FROM odoo_sync.status()"));
    assert!(!status.contains(secret), "{when}: status() shows it");
}

/// As PostgreSQL logs by itself: each statement that ends in an error.
#[test]
fn a_connect_that_fails_is_not_in_the_log() {
    let cluster = Cluster::start(&[]);
    let mut session = cluster.database("failed_connect").session();
    session.error("SELECT odoo_sync.connect('http://127.0.0.1:1', 'acme', 'admin', 'typed-in-here')");
    for typed in [
        "DO $$ BEGIN PERFORM odoo_sync.connect('http://127.0.0.1:1', 'acme', 'admin', 'typed-in-here'); END $$",
        "DO $$ BEGIN EXECUTE 'SELECT odoo_sync.connect(''http://127.0.0.1:1'', ''acme'', ''admin'', ''typed-in-here'')'; END $$",
    ] {
        session.error(typed);
    }
    session.run("SET log_parameter_max_length_on_error = -1");
    let bound = session
        .client
        .query("SELECT odoo_sync.connect('http://127.0.0.1:1', 'acme', 'admin', $1)", &[&"typed-in-here"]);
    assert!(bound.is_err());
    session.error("SELECT 1 / 0 AS after_it");
    let log = cluster.log();
    assert!(log.contains("after_it"), "other statements are");
    assert!(!log.contains("typed-in-here"), "{log}");
}
