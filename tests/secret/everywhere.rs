//! Passwords and API keys, typed and named, through all that can go wrong: they turn up nowhere, in no form.

use std::fs;

use support::access::Access;
use support::background::Background;
use support::cluster::{Cluster, Database};
use support::gate::{Gate, is_page};
use support::sample_odoo::{Reaction, RecordedRequest, SampleOdoo, Series};
use support::session::{Session, literal, told};

use crate::forms::{self, PASSWORD};

const KEY: &str = "00112233445566778899aabbccddeeff0badcafe";

/// Everything that a server can be made to log, save the parameters of the statement in which a secret is typed.
const SETTINGS: &[(&str, &str)] = &[
    ("shared_preload_libraries", "'pg_cron,pg_stat_statements,auto_explain'"),
    ("cron.database_name", "'postgres'"),
    ("pg_stat_statements.track", "'all'"),
    ("log_min_messages", "debug5"),
    ("log_min_error_statement", "debug5"),
    ("log_error_verbosity", "verbose"),
    ("log_statement", "'all'"),
    ("log_min_duration_statement", "0"),
    ("log_parameter_max_length", "0"),
    ("log_parameter_max_length_on_error", "0"),
    ("log_connections", "on"),
    ("log_disconnections", "on"),
    ("auto_explain.log_min_duration", "0"),
    ("auto_explain.log_nested_statements", "on"),
    ("auto_explain.log_verbose", "on"),
    ("track_activity_query_size", "'1MB'"),
];

/// Where somebody can look, and each table of the extension's and of the mirrors'.
const PLACES: [&str; 9] = [
    "SELECT to_jsonb(a)::text FROM pg_stat_activity a",
    "SELECT to_jsonb(s)::text FROM pg_stat_statements s",
    "SELECT to_jsonb(j)::text FROM cron.job j",
    "SELECT to_jsonb(d)::text FROM cron.job_run_details d",
    "SELECT to_jsonb(s)::text FROM pg_foreign_server s",
    "SELECT to_jsonb(s)::text FROM pg_settings s",
    "SELECT to_jsonb(s)::text FROM pg_db_role_setting s",
    "SELECT to_jsonb(s)::text FROM odoo_sync.status() s",
    "SELECT description FROM pg_description",
];

/// What can be called, with arguments that are right.
const CALLS: [&str; 9] = [
    "run()",
    "run_due()",
    "check()",
    "verify()",
    "status()",
    "cancel()",
    "schedule()",
    "unschedule()",
    "adopt('odoo.sales', 'sales')",
];

/// Those that ask Odoo.
const ASKING: [&str; 3] = ["run('{sales,inventory}')", "check()", "verify('{sales}')"];

/// One way to have a secret, and all that anybody was told on the way.
struct Case<'c> {
    sample: &'c SampleOdoo,
    session: Session,
    database: Database<'c>,
    /// What `connect()` is given: the secret, or its place.
    given: String,
    forms: Vec<String>,
    told: String,
}

impl Case<'_> {
    /// Runs a statement, however it ends.
    fn call(&mut self, sql: &str) {
        match self.session.try_rows(sql) {
            Ok(rows) => self.told += &format!("{rows:?}\n"),
            Err(error) => self.told += &format!("{}\n{error:?}\n", told(&error)),
        }
        self.told += &format!("{:?}\n", self.session.notices());
    }

    /// Connects with what is given, apart from the statement, however that ends.
    fn connect(&mut self, url: &str, database: &str, login: &str, name: &str) {
        let access = Access {
            url: url.to_owned(),
            database: database.to_owned(),
            login: login.to_owned(),
            secret: self.given.clone(),
        };
        match self.session.try_connect(&access, name) {
            Ok(row) => self.told += &format!("{row:?}\n"),
            Err(error) => self.told += &format!("{}\n{error:?}\n", told(&error)),
        }
    }

    /// What can be called, over an Odoo that answers as it does now.
    fn call_all(&mut self, calls: &[&str]) {
        let (url, database, login) = (self.sample.url.clone(), self.sample.database.clone(), self.sample.login.clone());
        for call in calls {
            self.call(&format!("SELECT * FROM odoo_sync.{call}"));
        }
        self.connect(&url, &database, &login, "odoo");
    }

    /// What is wrong with the arguments themselves.
    fn call_wrongly(&mut self) {
        let url = self.sample.url.clone();
        let port = url.rsplit(':').next().expect("it has a port").to_owned();
        let given = self.given.clone();
        for (url, database, login, name) in [
            (url.as_str(), "sample", "nobody", "odoo"),
            (&url, "no_such", "admin", "odoo"),
            (&url, "sample", "admin", "odoo_sync"),
            (&url, "sample", "admin", ""),
            (&url, "", "admin", "odoo"),
            (&url, "sample", "", "odoo"),
            ("http://127.0.0.1:1", "sample", "admin", "odoo"),
            ("http://erp.example.com", "sample", "admin", "odoo"),
            ("ftp://erp.example.com", "sample", "admin", "odoo"),
            ("https://no-such-host.invalid", "sample", "admin", "odoo"),
            // TLS where there is none
            (&format!("https://127.0.0.1:{port}"), "sample", "admin", "odoo"),
            // the secret where it does not belong
            (&format!("https://{given}@erp.example.com"), "sample", "admin", "odoo"),
        ] {
            self.connect(url, database, login, name);
        }
        for call in [
            "run('{no_such}')",
            "run(ARRAY[NULL]::text[])",
            "run(connection => 'no_such')",
            "run(full => NULL)",
            "verify('{no_such}')",
            "check('no_such')",
            "status('')",
            "adopt('pg_class', 'sales')",
            "adopt('odoo.sales', 'no_such')",
            "schedule('no schedule')",
            "disconnect('no_such')",
            "disconnect(NULL)",
            "validate_options('{nothing=1}', 'pg_foreign_server'::regclass)",
        ] {
            self.call(&format!("SELECT * FROM odoo_sync.{call}"));
        }
    }

    fn assert_absent(&mut self, when: &str) {
        let tables = self.session.column(
            "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE nspname IN ('odoo_sync', 'odoo') AND relkind IN ('r', 'v')",
        );
        let places = tables.iter().map(|table| format!("SELECT to_jsonb(t)::text FROM {table} t"));
        for query in places.chain(PLACES.map(str::to_owned)) {
            for text in self.session.column(&query) {
                let found = forms::found_in(&text, &self.forms);
                assert_eq!(found, None, "{when}: {query} shows {text}");
            }
        }
        for line in self.told.lines() {
            let found = forms::found_in(line, &self.forms);
            assert_eq!(found, None, "{when}: a caller was told {line}");
        }
        for line in self.database.cluster.log().lines() {
            let found = forms::found_in(line, &self.forms);
            assert_eq!(found, None, "{when}: the log has {line}");
        }
    }
}

/// An answer that repeats all that it was asked, in one shape or another: to the login already, or only to what comes
/// after it.
fn echo(shape: usize, to: fn(&RecordedRequest) -> bool) -> impl Fn(&RecordedRequest) -> Reaction {
    move |request| {
        if !to(request) {
            return Reaction::Answer;
        }
        // what can hold the secret first: no message quotes much
        let asked = format!("{:?} {}", request.header("authorization"), request.body);
        let text = |status: u16, kind: &str, body: String| Reaction::Status(status, kind.to_owned(), body);
        match shape {
            0 => text(500, "text/plain", asked),
            1 => text(200, "text/html", format!("<html>{asked}</html>")),
            2 => text(503, "text/plain", asked),
            3 => text(200, "application/json", serde_json::json!({"result": asked}).to_string()),
            4 => text(200, "application/json", asked),
            5 => text(401, "application/json", serde_json::json!({"name": "odoo.exceptions.AccessDenied", "message": asked, "debug": asked, "arguments": [asked]}).to_string()),
            6 => Reaction::Error("builtins.ValueError".to_owned(), asked),
            7 => Reaction::Error("odoo.exceptions.AccessDenied".to_owned(), asked),
            8 => Reaction::Error("odoo.exceptions.UserError".to_owned(), asked),
            9 => Reaction::Drop,
            _ => Reaction::Truncate(10),
        }
    }
}

/// Whether a request has the secret in it, and is not refused for it by an earlier one.
fn is_login(request: &RecordedRequest) -> bool {
    request.header("authorization").is_some()
        || ["common.authenticate", "common.login"].contains(&request.method.as_deref().unwrap_or(""))
}

#[test]
fn it_is_nowhere() {
    let cluster = Cluster::start(SETTINGS);
    cluster.session("postgres", "postgres").run("CREATE EXTENSION pg_cron");
    let key = cluster.socket().join("the secret");
    for (number, (series, secret, is_typed)) in
        [(Series::V19, KEY, true), (Series::V14, PASSWORD, true), (Series::V19, PASSWORD, false)]
            .into_iter()
            .enumerate()
    {
        let sample = SampleOdoo::with_secret(series, secret);
        fs::write(&key, secret).expect("it can be written");
        let given = match is_typed {
            true => secret.to_owned(),
            false => format!("file:{}", key.display()),
        };
        let database = cluster.database(&format!("case{number}"));
        let mut session = database.session();
        session.run("CREATE EXTENSION pg_stat_statements; CREATE SCHEMA cron; CREATE TABLE cron.job (); CREATE TABLE cron.job_run_details ()");
        session.run("SET odoo_sync.max_retries = 0");
        if is_typed {
            // of that statement it would log the plan, which has the arguments in it
            session.run("SET auto_explain.log_min_duration = -1");
        }
        let access = Access::from(&sample).by(&given);
        session.connect(&access, "odoo");
        let mut case = Case {
            sample: &sample,
            session,
            database: database.clone(),
            given,
            forms: forms::of(secret),
            told: String::new(),
        };
        case.call_all(&CALLS);
        case.call_wrongly();
        case.assert_absent("in peace");

        let gate = Gate::before(&sample, is_page);
        let run = Background::start(database.session(), "SELECT odoo_sync.run(full => true)");
        gate.await_request();
        case.assert_absent("while a run is on");
        run.cancel();
        let ended = run.end().0.expect_err("it was cancelled");
        case.told += &told(&ended);
        gate.open();

        for shape in 0..11 {
            for (to, what) in [(is_login as fn(&_) -> bool, "login"), (is_page, "page")] {
                sample.on_request(echo(shape, to));
                case.told += &format!("the answer {shape} to a {what}:\n");
                case.call_all(&ASKING);
            }
        }
        case.assert_absent("with answers that repeat it");
        sample.on_request(|_| Reaction::Answer);
        // a login that is no longer right: the same secret over an Odoo that has another
        let other = SampleOdoo::with_secret(series, "0123456789012345678901234567890123456789");
        case.call(&format!("ALTER SERVER odoo OPTIONS (SET url {})", literal(&other.url)));
        case.call_all(&ASKING);
        case.assert_absent("when it is wrong");
        assert!(case.told.len() > 10_000, "much was told");
        assert!(cluster.log().contains("duration:"), "the log has everything");
    }
}
