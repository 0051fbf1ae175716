//! pg_cron for real: jobs run, and tell how that ended; from its own database and from others of the cluster.

use std::sync::OnceLock;
use std::time::Duration;

use support::access::Access;
use support::cluster::Cluster;
use support::sample_odoo::{SampleOdoo, Series};
use support::session::{Session, all_of, literal};
use support::wait;

/// A job of each minute has run within two.
const TWO_MINUTES: Duration = Duration::from_secs(125);
/// The database of pg_cron.
const HOME: &str = "home";
/// A schedule that does not come up while these tests run.
const RARELY: &str = "0 0 29 2 *";

const SETTINGS: &[(&str, &str)] = &[
    ("shared_preload_libraries", "'pg_cron'"),
    ("cron.database_name", "'home'"),
    // so that jobs need no way into the cluster from outside
    ("cron.use_background_workers", "on"),
];

/// The cluster with pg_cron, which its database `home` has along with the extension.
fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let cluster = Cluster::start(SETTINGS);
        cluster.database(HOME).session().run("CREATE EXTENSION pg_cron");
        cluster
    })
}

/// A session in a new database with a connection to a sample.
fn connected(database: &str, connection: &str, sample: &SampleOdoo) -> Session {
    let mut session = cluster().database(database).session();
    session.connect(&Access::from(sample), connection);
    session
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

/// The jobs of a database: number, name, schedule, command, role, whether they are active.
fn jobs(database: &str) -> Vec<Vec<Option<String>>> {
    cluster().session(HOME, "postgres").rows(&format!(
        "SELECT jobid, jobname, schedule, command, username, active FROM cron.job
         WHERE database = {} ORDER BY jobid",
        literal(database)
    ))
}

/// One wait for all jobs: those of a minute take up to a minute to come up.
#[test]
fn jobs_run_and_tell_how_that_ended() {
    let sample = SampleOdoo::start(Series::V19);
    let mut home = cluster().session(HOME, "postgres");
    home.connect(&Access::from(&sample), "odoo");
    let mut away = connected("away", "Erp \"1\"", &sample);
    let mut failing = connected("failing", "wrong", &sample);

    let id = home.value("SELECT odoo_sync.schedule('* * * * *')");
    let away_id = away.value("SELECT odoo_sync.schedule('* * * * *', 'Erp \"1\"')");
    let failing_id = failing.value("SELECT odoo_sync.schedule('* * * * *', connection => 'wrong')");
    failing.run(
        "ALTER USER MAPPING FOR CURRENT_USER SERVER wrong
         OPTIONS (SET secret '0000000000000000000000000000000000000000')",
    );

    let ended = format!(
        "SELECT count(DISTINCT jobid) FROM cron.job_run_details
         WHERE jobid IN ({id}, {away_id}, {failing_id}) AND end_time IS NOT NULL"
    );
    wait::until("a run of each job", TWO_MINUTES, || (home.number(&ended) == 3).then_some(()));
    let mut first_run = |id: &str| {
        home.rows(&format!(
            "SELECT status, database, username, return_message FROM cron.job_run_details
             WHERE jobid = {id} ORDER BY runid LIMIT 1"
        ))
        .remove(0)
    };
    assert_eq!(first_run(&id)[..3], texts(["succeeded", HOME, "postgres"]));
    assert_eq!(first_run(&away_id)[..3], texts(["succeeded", "away", "postgres"]));
    let failed = first_run(&failing_id);
    assert_eq!(failed[..3], texts(["failed", "failing", "postgres"]));
    let told = failed[3].as_deref().unwrap_or_default();
    assert!(told.contains("6 of 6 types failed"), "{told}");

    // and the extension's own history has them
    for (session, schema) in [(&mut home, "odoo"), (&mut away, "\"Erp \"\"1\"\"\"")] {
        let history = session.rows("SELECT DISTINCT status, mode, role FROM odoo_sync.history");
        assert_eq!(history, [texts(["ok", "full", "postgres"])]);
        let partners = session.number(&format!("SELECT count(*) FROM {schema}.partners"));
        assert_eq!(partners, sample.records("res.partner").len() as i64);
    }
    let history = failing.rows("SELECT DISTINCT status FROM odoo_sync.history");
    assert_eq!(history, [texts(["failed"])]);
    let message = failing.value("SELECT DISTINCT message FROM odoo_sync.history");
    assert!(message.contains("connection wrong") && message.contains("key"), "{message}");

    for (session, connection) in [(&mut home, "NULL"), (&mut away, "'Erp \"1\"'"), (&mut failing, "'wrong'")] {
        assert_eq!(session.value(&format!("SELECT odoo_sync.unschedule({connection})")), "t");
    }
}

#[test]
fn a_schedule_is_made_changed_and_taken_away() {
    let sample = SampleOdoo::start(Series::V19);
    let mut session = connected("changed", "odoo", &sample);
    let id = session.value("SELECT odoo_sync.schedule(connection => 'odoo')");
    let job = |cron: &str| {
        let command = "SELECT odoo_sync.run_due('odoo')";
        texts([&id, "odoo-auto-sync-odoo", cron, command, "postgres", "t"])
    };
    assert_eq!(jobs("changed"), [job("0 */2 * * *")]);
    let again = session.value(&format!("SELECT odoo_sync.schedule('{RARELY}', 'odoo')"));
    assert_eq!(again, id, "it is the same job");
    assert_eq!(jobs("changed"), [job(RARELY)]);

    assert_eq!(session.value("SELECT odoo_sync.unschedule()"), "f", "there is none of that name");
    assert_eq!(session.value("SELECT odoo_sync.unschedule('odoo')"), "t");
    assert_eq!(session.value("SELECT odoo_sync.unschedule('odoo')"), "f");
    assert!(jobs("changed").is_empty());
}

/// pg_cron's names are a role's, over all databases of the cluster.
#[test]
fn a_job_of_another_database_is_not_taken_over() {
    let sample = SampleOdoo::start(Series::V19);
    let schedule = format!("SELECT odoo_sync.schedule('{RARELY}', 'same')");
    let mut first = connected("first", "same", &sample);
    let mut second = connected("second", "same", &sample);
    first.run(&schedule);
    let before = jobs("first");
    assert_eq!(before.len(), 1, "{before:?}");
    // either there is a job for this database too, or an error says that there is not
    match second.try_rows(&schedule) {
        Ok(_) => assert_eq!(jobs("second").len(), 1, "schedule() made no job and said nothing"),
        Err(error) => {
            let told = support::session::told(&error);
            assert!(told.contains("HINT") && told.contains("first"), "{told}");
        }
    }
    assert_eq!(jobs("first"), before);
    second.run("SELECT odoo_sync.unschedule('same')");
    assert_eq!(jobs("first"), before);
    assert_eq!(first.value("SELECT odoo_sync.unschedule('same')"), "t");
}

#[test]
fn a_schedule_that_is_none_is_refused() {
    let mut home = cluster().session(HOME, "postgres");
    let mut elsewhere = cluster().database("elsewhere").session();
    for nonsense in ["soon", "* * * *", "61 * * * *"] {
        for session in [&mut elsewhere, &mut home] {
            let error = session.error(&format!("SELECT odoo_sync.schedule('{nonsense}')"));
            let told = all_of(&error);
            assert_eq!(error.code().code(), "22023", "{told}");
            assert!(error.message().contains(nonsense), "{told}");
            assert!(error.hint().is_some_and(|hint| hint.contains("0 */2 * * *")), "{told}");
        }
    }
    assert!(jobs("elsewhere").is_empty());
}

#[test]
fn without_pg_cron_it_says_how_to_get_it() {
    let mut session = Cluster::shared().database("without_cron").session();
    for call in ["schedule()", "schedule('* * * * *')", "unschedule()"] {
        let error = session.error(&format!("SELECT odoo_sync.{call}"));
        let told = all_of(&error);
        assert_eq!(error.code().code(), "55000", "{told}");
        assert!(error.message().contains("pg_cron is not loaded"), "{told}");
        for part in ["postgresql-NN-cron", "shared_preload_libraries", "CREATE EXTENSION pg_cron", "run_due()"] {
            assert!(error.hint().is_some_and(|hint| hint.contains(part)), "{part} in {told}");
        }
    }
}

#[test]
fn where_it_is_loaded_only_it_says_where_to_install_it() {
    let cluster = Cluster::start(SETTINGS);
    for name in [HOME, "elsewhere"] {
        let error = cluster.database(name).session().error("SELECT odoo_sync.schedule()");
        let told = all_of(&error);
        assert_eq!(error.code().code(), "55000", "{told}");
        let hint = error.hint().unwrap_or_default();
        assert!(hint.contains(HOME) && hint.contains("CREATE EXTENSION pg_cron"), "{told}");
    }
}

/// It would fail for ever.
#[test]
fn a_job_goes_with_its_connection() {
    let sample = SampleOdoo::start(Series::V19);
    let mut session = connected("forgotten", "stays", &sample);
    session.connect(&Access::from(&sample), "leaves");
    session.run(&format!("SELECT odoo_sync.schedule('{RARELY}', 'stays'), odoo_sync.schedule('{RARELY}', 'leaves')"));
    session.run("SELECT odoo_sync.disconnect('leaves')");
    let names: Vec<_> = jobs("forgotten").into_iter().map(|job| job[1].clone().unwrap_or_default()).collect();
    assert_eq!(names, ["odoo-auto-sync-stays"]);
}

/// The connection that is scheduled need not be committed yet, wherever pg_cron lives.
#[test]
fn a_batch_that_connects_runs_and_schedules_works() {
    let sample = SampleOdoo::start(Series::V19);
    let mut session = cluster().empty_database("batch").session();
    let access = Access::from(&sample);
    let rows = session.rows(&format!(
        "CREATE EXTENSION odoo_sync;
         SELECT name FROM odoo_sync.connect({}, {}, {}, {});
         SELECT DISTINCT status FROM odoo_sync.run();
         SELECT odoo_sync.schedule({});
         SELECT DISTINCT state FROM odoo_sync.status()",
        literal(&access.url),
        literal(&access.database),
        literal(&access.login),
        literal(&access.secret),
        literal(RARELY)
    ));
    assert_eq!(rows[0], texts(["odoo"]));
    assert_eq!(rows[1], texts(["queued"]));
    assert_eq!(rows[3], texts(["queued"]));
    wait::until("the end of the run", TWO_MINUTES, || {
        let states = session.column("SELECT DISTINCT state FROM odoo_sync.status()");
        (states == ["ok"]).then_some(())
    });
    let jobs = jobs("batch");
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    assert_eq!(jobs[0][3].as_deref(), Some("SELECT odoo_sync.run_due()"));
}
