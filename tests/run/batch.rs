//! Statements that are sent as one string, which is one transaction: what SQL editors and `psql -c` do.

use std::process::Command;

use support::access::Access;
use support::background::Background;
use support::cluster::{Cluster, Database, as_server_user};
use support::compare::{SampleTruth, compare};
use support::gate::{Gate, is_page};
use support::installation;
use support::sample_odoo::{SampleOdoo, Series};
use support::session::{Session, literal};
use support::wait;

use crate::{PATIENCE, connected};

/// What stands at the top of the README, but for pg_cron.
fn first_block(access: &Access) -> String {
    format!(
        "CREATE EXTENSION odoo_sync;
         SELECT * FROM {};
         SELECT run_id, type, status, mode, message FROM odoo_sync.run();
         SELECT type, state FROM odoo_sync.status()",
        connect(access)
    )
}

fn connect(access: &Access) -> String {
    let arguments = [&access.url, &access.database, &access.login, &access.secret];
    let quoted: Vec<String> = arguments.iter().map(|text| literal(text)).collect();
    format!("odoo_sync.connect({})", quoted.join(", "))
}

/// Waits until nothing is queued or running any more; all types ended well then.
fn assert_all_ok(session: &mut Session) {
    let states = wait::until("the end of the queued run", PATIENCE, || {
        let states = session.column("SELECT state FROM odoo_sync.status()");
        let is_over = |state: &String| !["queued", "running"].contains(&state.as_str());
        states.iter().all(is_over).then_some(states)
    });
    assert!(states.iter().all(|state| state == "ok"), "{states:?}");
}

/// Waits until no worker is left; how many runs were recorded by then.
fn runs_once_all_is_over(session: &mut Session) -> i64 {
    let workers =
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'odoo_sync' AND datname = current_database()";
    wait::until("the end of the worker", PATIENCE, || (session.number(workers) == 0).then_some(()));
    let runs = "SELECT CASE WHEN to_regclass('odoo_sync.runs') IS NULL THEN 0
                ELSE (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM odoo_sync.runs', false, true, '')))[1]::text::bigint END";
    session.number(runs)
}

fn empty(name: &str) -> (SampleOdoo, Database<'static>) {
    (SampleOdoo::start(Series::V19), Cluster::shared().empty_database(name))
}

#[test]
fn the_first_block_of_the_readme_works_as_one_batch() {
    let (sample, database) = empty("batch");
    let mut session = database.session();
    let rows = session.rows(&first_block(&Access::from(&sample)));
    let types = session.number("SELECT count(DISTINCT type) FROM odoo_sync.mirrors") as usize;
    let (run, status) = rows[1..].split_at(types);
    for row in run {
        assert_eq!(row[2].as_deref(), Some("queued"), "{row:?}");
        assert_eq!(row[3], None, "how it is read is not known yet: {row:?}");
        let message = row[4].as_deref().unwrap_or_default();
        assert!(message.contains("commits"), "{message}");
        assert!(message.contains("odoo_sync.status()"), "{message}");
    }
    for row in status {
        assert_eq!(row[1].as_deref(), Some("queued"), "{row:?}");
    }
    assert_all_ok(&mut session);
    assert_eq!(
        session.column("SELECT DISTINCT run_id::text FROM odoo_sync.history"),
        [run[0][0].clone().unwrap_or_default()],
        "it has the id that the batch was told"
    );
    compare(&mut session, "odoo", &mut SampleTruth::new(&sample)).assert_equal();
}

#[test]
fn psql_sends_the_first_block_as_one_batch_too() {
    let (sample, database) = empty("batch_psql");
    let output = as_server_user(&mut Command::new(installation::bin().join("psql")))
        .args(["-X", "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-h"])
        .arg(database.cluster.socket())
        .args(["-d", &database.name, "-c", &first_block(&Access::from(&sample))])
        .output()
        .expect("psql starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let mut session = database.session();
    assert_all_ok(&mut session);
}

#[test]
fn a_batch_that_is_rolled_back_leaves_nothing_running() {
    let (sample, database) = empty("batch_rollback");
    let mut session = database.session();
    let block = first_block(&Access::from(&sample));
    session.run(&format!("BEGIN; {block}; ROLLBACK"));
    assert_eq!(runs_once_all_is_over(&mut session), 0);
    let error = session.error(&format!("{block}; SELECT 1 / 0"));
    assert_eq!(error.code().code(), "22012");
    assert_eq!(runs_once_all_is_over(&mut session), 0);
    let pages = sample.requests().iter().filter(|request| is_page(request)).count();
    assert_eq!(pages, 0, "nothing was read");
    // and then it works
    session.run(&block);
    assert_all_ok(&mut session);
}

#[test]
fn a_savepoint_that_is_rolled_back_takes_its_run_along() {
    let (sample, database) = empty("batch_savepoint");
    let mut session = database.session();
    let access = Access::from(&sample);
    session.run(&format!(
        "BEGIN; CREATE EXTENSION odoo_sync; SAVEPOINT before; SELECT {}; SELECT odoo_sync.run();
         ROLLBACK TO before; COMMIT",
        connect(&access)
    ));
    assert_eq!(runs_once_all_is_over(&mut session), 0);
    session.run(&format!(
        "BEGIN; SAVEPOINT kept; SELECT {}; SELECT odoo_sync.run('{{sales}}'); RELEASE kept; COMMIT",
        connect(&access)
    ));
    let ended = "SELECT state FROM odoo_sync.status() WHERE type = 'sales' AND state = 'ok'";
    wait::until("the run of the savepoint that was kept", PATIENCE, || {
        (session.column(ended).len() == 1).then_some(())
    });
}

#[test]
fn a_run_sees_what_its_own_batch_has_set() {
    let (sample, database) = connected("batch_set");
    let mut session = database.session();
    session.run("SELECT odoo_sync.run('{sales}')");
    let some = sample.records("sale.order")[0]["id"].as_i64().expect("a number");
    let rows = session.rows(&format!(
        "UPDATE odoo_sync.types SET domain = '[[\"id\", \"=\", {some}]]' WHERE type = 'sales';
         SELECT status FROM odoo_sync.run('{{sales}}', force => true)"
    ));
    assert_eq!(rows, [[Some("queued".to_owned())]]);
    wait::until("the narrowed table", PATIENCE, || {
        (session.number("SELECT count(*) FROM odoo.sales") == 1).then_some(())
    });
}

/// Also where the run is one of those that are due, and nobody could be waited for anyway.
#[test]
fn all_ways_to_run_are_queued() {
    let (sample, database) = empty("batch_ways");
    let mut session = database.session();
    let connect = connect(&Access::from(&sample));
    let rows = session.rows(&format!(
        "CREATE EXTENSION odoo_sync; SELECT name FROM {connect};
         SELECT DISTINCT status FROM odoo_sync.run_due();
         SELECT DISTINCT status FROM odoo_sync.run(wait => false)"
    ));
    assert_eq!(rows[1..], [[Some("queued".to_owned())], [Some("queued".to_owned())]]);
    // of the two, one runs and the other is skipped, as ever
    runs_once_all_is_over(&mut session);
    let ended =
        "SELECT DISTINCT status, CASE WHEN status = 'failed' THEN message END FROM odoo_sync.history ORDER BY 1";
    let row = |status: &str| vec![Some(status.to_owned()), None];
    assert_eq!(session.rows(ended), [row("ok"), row("skipped")]);
}

#[test]
fn a_queued_run_can_be_cancelled_and_says_what_became_of_it() {
    let (sample, database) = empty("batch_cancel");
    let mut session = database.session();
    session.run(&format!("CREATE EXTENSION odoo_sync; SELECT {}", connect(&Access::from(&sample))));
    let cancelled = session.rows(
        "BEGIN; UPDATE odoo_sync.types SET enabled = true WHERE type = 'sales';
         SELECT status FROM odoo_sync.run('{sales}'); SELECT odoo_sync.cancel()",
    );
    assert_eq!(cancelled[1][0].as_deref(), Some("1"), "{cancelled:?}");
    let workers =
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'odoo_sync' AND datname = current_database()";
    let mut other = database.session();
    wait::until("the end of the worker", PATIENCE, || (other.number(workers) == 0).then_some(()));
    session.run("COMMIT");
    let sales = "SELECT state FROM odoo_sync.status() WHERE type = 'sales'";
    assert_eq!(session.value(sales), "interrupted");
    assert_eq!(session.value("SELECT status FROM odoo_sync.history"), "interrupted");
    session.run("SELECT odoo_sync.run('{sales}')");
    assert_eq!(session.value(sales), "ok");
    let told = "SELECT status || ': ' || message FROM odoo_sync.runs ORDER BY run_id LIMIT 1";
    assert!(session.value(told).starts_with("interrupted: "), "{}", session.value(told));
}

/// A transaction that stays open holds up neither other runs nor the cleaning up of rows that were deleted.
#[test]
fn what_is_queued_waits_for_its_own_transaction_alone() {
    let (_sample, database) = connected("batch_open");
    let mut open = database.session();
    open.run(
        "BEGIN; UPDATE odoo_sync.types SET enabled = true WHERE type = 'sales';
         SELECT odoo_sync.run('{sales}')",
    );
    let mut session = database.session();
    let held = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'odoo_sync' AND datname = current_database()
                AND (backend_xmin IS NOT NULL OR xact_start IS NOT NULL)";
    wait::until("a worker without a snapshot", PATIENCE, || (session.number(held) == 0).then_some(()));
    let rows = session.rows("SELECT status FROM odoo_sync.run('{sales}')");
    assert_eq!(rows, [[Some("ok".to_owned())]]);
    open.run("COMMIT");
    let twice = "SELECT count(*) FROM odoo_sync.history WHERE type = 'sales' AND status = 'ok'";
    wait::until("the run that was queued", PATIENCE, || (session.number(twice) == 2).then_some(()));
}

/// While one run is under way, another that is queued does not hide it.
#[test]
fn what_is_queued_does_not_hide_what_is_running() {
    let (sample, database) = connected("batch_hidden");
    let gate = Gate::before(&sample, is_page);
    let run = Background::start(database.session(), "SELECT odoo_sync.run('{sales}')");
    gate.await_request();
    let mut session = database.session();
    let rows = session.rows(
        "BEGIN; UPDATE odoo_sync.types SET enabled = true WHERE type = 'sales';
         SELECT status FROM odoo_sync.run('{sales}');
         SELECT state FROM odoo_sync.status() WHERE type = 'sales'; ROLLBACK",
    );
    assert_eq!(rows, [[Some("queued".to_owned())], [Some("running".to_owned())]]);
    gate.open();
    run.rows();
}
