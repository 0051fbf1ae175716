//! Computed fields that raise, or need a right that the user lacks: one column's loss, never a record's or a table's.

use serde_json::json;
use support::access::Access;
use support::cluster::Cluster;
use support::sample_odoo::{FieldSpec, Reaction, RecordedRequest, SampleOdoo, Series};
use support::session::Session;

const BOTH: [Series; 2] = [Series::V19, Series::V14];
const ZERO: (&str, &str) = ("builtins.ZeroDivisionError", "float division by zero");

/// A sample whose orders have two computed custom fields, and what a run of a healthy one takes.
fn company(name: &str, series: Series) -> (SampleOdoo, Session) {
    let sample = SampleOdoo::start(series);
    for field in ["x_ratio", "x_margin"] {
        let field = FieldSpec { stored: false, ..FieldSpec::new(field, "float") };
        sample.add_field("sale.order", field);
    }
    let database = Cluster::shared().database(&format!("fields_{name}_{}", series as i32));
    let mut session = database.session();
    session.connect(&Access::from(&sample), "odoo");
    (sample, session)
}

fn ids(sample: &SampleOdoo) -> Vec<i64> {
    sample.records("sale.order").iter().map(|order| order["id"].as_i64().expect("a number")).collect()
}

/// Status, message, requests of a run of the sales.
fn run(session: &mut Session, full: bool) -> (String, String, i64) {
    let row = session
        .rows(&format!("SELECT status, message FROM odoo_sync.run('{{sales}}', full => {full})"))
        .remove(0)
        .into_iter()
        .map(Option::unwrap_or_default)
        .collect::<Vec<_>>();
    let requests = session.number("SELECT requests FROM odoo_sync.history LIMIT 1");
    (row[0].clone(), row[1].clone(), requests)
}

#[test]
fn a_field_that_raises_for_some_records_is_empty_there_and_nowhere_else() {
    for series in BOTH {
        let (sample, mut session) = company("some", series);
        let (_, _, healthy) = run(&mut session, true);
        let ids = ids(&sample);
        let broken = [ids[1], ids[ids.len() - 2]];
        for (at, id) in ids.iter().enumerate() {
            sample.write_quietly("sale.order", &[*id], json!({"x_ratio": at as f64 + 0.5}));
        }
        sample.break_field("sale.order", "x_ratio", Some(&broken), ZERO.0, ZERO.1);
        let told = format!("x_ratio cannot be read of 2 records (id {}, {})", broken[0], broken[1]);
        let empty = "SELECT array_agg(id ORDER BY id)::text FROM odoo.sales WHERE x_ratio IS NULL";
        let listed = format!("{{{},{}}}", broken[0], broken[1]);
        let mut taken = Vec::new();
        for full in [true, true, false] {
            let (status, message, requests) = run(&mut session, full);
            assert_eq!(status, "ok", "{series:?}: {message}");
            assert!(message.contains(&told) && message.contains(ZERO.1), "{series:?}: {message}");
            assert_eq!(session.number("SELECT count(*) FROM odoo.sales"), ids.len() as i64);
            assert_eq!(session.value(empty), listed, "{series:?}");
            assert_eq!(session.value("SELECT count(*) FROM odoo.sales WHERE x_margin IS NULL"), "0");
            taken.push(requests);
        }
        // finding out takes a few; knowing it, a full run takes no more than some, and another one none
        assert!(taken[1] <= healthy + 10, "{series:?}: {taken:?}, and {healthy} without");
        assert!(taken[2] <= healthy, "{series:?}: {taken:?}, and {healthy} without");
        let check = "SELECT ok::text || detail FROM odoo_sync.check() WHERE subject = 'sales.sales'";
        let checked = session.value(check);
        assert!(checked.starts_with("true") && checked.contains(&told), "{checked}");
        assert_eq!(session.number("SELECT count(*) FROM odoo_sync.failures"), 0);
        // and once it is mended
        sample.mend_field("sale.order", "x_ratio");
        let (status, message, _) = run(&mut session, true);
        assert_eq!((status.as_str(), message.as_str()), ("ok", ""), "{series:?}");
        assert_eq!(session.number("SELECT count(*) FROM odoo.sales WHERE x_ratio IS NULL"), 0);
    }
}

#[test]
fn a_field_that_raises_for_all_records_is_an_empty_column() {
    for (series, (class, message)) in
        BOTH.into_iter().zip([ZERO, ("odoo.exceptions.AccessError", "You are not allowed to read the margin")])
    {
        let (sample, mut session) = company("all", series);
        let (_, _, healthy) = run(&mut session, true);
        assert_eq!(session.number("SELECT count(*) FROM odoo.sales WHERE x_margin IS NULL"), 0);
        sample.break_field("sale.order", "x_margin", None, class, message);
        let told = "x_margin cannot be read and is empty";
        let check = "SELECT ok::text || detail FROM odoo_sync.check() WHERE subject = 'sales.sales'";
        let checked = session.value(check);
        assert!(checked.starts_with("true") && checked.contains(told), "before a run has met it: {checked}");
        let mut taken = Vec::new();
        for full in [true, true, false] {
            let (status, text, requests) = run(&mut session, full);
            assert_eq!(status, "ok", "{series:?}: {text}");
            assert!(text.contains(told) && text.contains(message), "{series:?}: {text}");
            assert_eq!(session.number("SELECT count(*) FROM odoo.sales"), ids(&sample).len() as i64);
            assert_eq!(session.number("SELECT count(*) FROM odoo.sales WHERE x_margin IS NOT NULL"), 0);
            assert_eq!(session.number("SELECT count(*) FROM odoo.sales WHERE x_ratio IS NULL"), 0);
            taken.push(requests);
        }
        assert!(taken[0] <= healthy + 18, "{series:?}: {taken:?}, and {healthy} without");
        assert!(taken[1] <= healthy + 2, "{series:?}: {taken:?}, and {healthy} without");
        assert!(taken[2] <= healthy, "{series:?}: {taken:?}, and {healthy} without");
        // what is mended is seen by the runs after one that reads any record
        sample.mend_field("sale.order", "x_margin");
        sample.write("sale.order", &ids(&sample)[..1], json!({"client_order_ref": "again"}));
        run(&mut session, false);
        let (status, text, _) = run(&mut session, false);
        assert_eq!(status, "ok", "{text}");
        assert_eq!(session.number("SELECT count(*) FROM odoo.sales WHERE x_margin IS NULL"), 0, "{series:?}");
    }
}

/// An incremental run sees but the records that changed: of the others it cannot say that the field is lost.
#[test]
fn a_field_that_raises_for_all_that_changed_is_not_said_to_be_lost_for_all() {
    for series in BOTH {
        let (sample, mut session) = company("changed", series);
        run(&mut session, true);
        let ids = ids(&sample);
        let changed = &ids[..2];
        sample.break_field("sale.order", "x_ratio", Some(changed), ZERO.0, ZERO.1);
        sample.write("sale.order", changed, json!({"client_order_ref": "again"}));
        let (status, message, _) = run(&mut session, false);
        assert_eq!(status, "ok", "{series:?}: {message}");
        let told = format!("x_ratio cannot be read of 2 records (id {}, {})", changed[0], changed[1]);
        assert!(message.contains(&told), "{series:?}: {message}");
        let empty = "SELECT array_agg(id ORDER BY id)::text FROM odoo.sales WHERE x_ratio IS NULL";
        assert_eq!(session.value(empty), format!("{{{},{}}}", changed[0], changed[1]), "{series:?}");
    }
}

/// As 16's own journal items do, and whatever a module overrides.
#[test]
fn a_model_whose_search_read_refuses_load_is_read_in_the_way_that_all_have() {
    let (sample, mut session) = company("load", Series::V19);
    let refuses = |request: &RecordedRequest| {
        request.method.as_deref() == Some("search_read") && request.model.as_deref() == Some("sale.order")
    };
    sample.on_request(move |request| match refuses(request) {
        true => Reaction::Error(
            "builtins.TypeError".to_owned(),
            "search_read() got an unexpected keyword argument 'load'".to_owned(),
        ),
        false => Reaction::Answer,
    });
    sample.forget_requests();
    let (status, message, first) = run(&mut session, true);
    assert_eq!((status.as_str(), message.as_str()), ("ok", ""));
    assert_eq!(session.number("SELECT count(*) FROM odoo.sales WHERE x_ratio IS NULL"), 0);
    let met = sample.requests().iter().filter(|request| refuses(request)).count();
    assert_eq!(met, 2, "once to meet it, once to be sure");
    let (status, _, again) = run(&mut session, true);
    assert_eq!(status, "ok");
    assert!(first <= again + 2, "{first} and {again}");
}
