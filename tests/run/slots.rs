//! Fewer worker slots than runs.

use support::access::Access;
use support::background::Background;
use support::cluster::Cluster;
use support::gate::{Gate, is_page};
use support::sample_odoo::{SampleOdoo, Series};

#[test]
fn where_no_worker_slot_is_left_the_setting_is_named_and_connections_take_turns() {
    // the server's own launcher takes one
    let cluster = Cluster::start(&[("max_worker_processes", "2")]);
    let database = cluster.database("slots");
    let [first, second] = [SampleOdoo::start(Series::V19), SampleOdoo::start(Series::V14)];
    let mut session = database.session();
    session.connect(&Access::from(&first), "first");
    session.connect(&Access::from(&second), "second");

    let gate = Gate::before(&first, is_page);
    let run =
        Background::start(database.session(), "SELECT status FROM odoo_sync.run('{sales}', connection => 'first')");
    gate.await_request();
    for wait in ["true", "false"] {
        let call = format!("SELECT odoo_sync.run('{{sales}}', connection => 'second', wait => {wait})");
        let error = session.error(&call);
        assert_eq!(error.code().code(), "53400", "{error:?}");
        assert_eq!(error.message(), "connection second: no background worker slot is free for the run");
        assert!(error.hint().is_some_and(|hint| hint.contains("max_worker_processes")), "{error:?}");
    }
    gate.open();
    run.rows();

    let rows = session.rows("SELECT connection, status, run_id FROM odoo_sync.run('{sales}')");
    let told: Vec<_> = rows.iter().map(|row| (row[0].as_deref(), row[1].as_deref())).collect();
    assert_eq!(told, [(Some("first"), Some("ok")), (Some("second"), Some("ok"))]);
    assert_eq!(rows[0][2], rows[1][2], "it is one run");

    let gate = Gate::before(&first, is_page);
    let error = session.error("SELECT odoo_sync.run('{sales}', wait => false, full => true)");
    assert_eq!(error.detail(), Some("The runs of these connections have begun and go on: first."), "{error:?}");
    gate.open();
}

/// Those that wait try again and again: nothing is left behind each time.
#[test]
fn waiting_for_a_slot_takes_no_shared_memory() {
    let cluster = Cluster::start(&[("max_worker_processes", "2")]);
    let database = cluster.database("waiting");
    let sample = SampleOdoo::start(Series::V19);
    let mut session = database.session();
    for connection in ["one", "two", "three"] {
        session.connect(&Access::from(&sample), connection);
    }
    session.notices();
    session.run("SET odoo_sync.batch_size = 2; SELECT odoo_sync.run('{sales}')");
    let leaks: Vec<_> = session.notices().into_iter().filter(|notice| notice.contains("leak")).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}
