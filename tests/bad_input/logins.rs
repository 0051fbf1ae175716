//! Logins that are wrong, and roles that have none.

use support::access::Access;
use support::cluster::Cluster;
use support::real_odoo::RealOdoo;
use support::sample_odoo::{RecordedRequest, SampleOdoo, Series};
use support::session::{Session, all_of, of_server};

use crate::{UNDEFINED_OBJECT, UNKNOWN_DATABASE, WRONG_PASSWORD, assert_refused, connect, settled};

#[test]
fn logins_that_are_wrong() {
    let (_sample, access, mut session) = settled("logins");
    assert_refused_logins(&mut session, &access, "admin");
    let old = SampleOdoo::start(Series::V14);
    assert_refused_logins(&mut session, &Access::from(&old), "admin");
}

/// Odoo locks out an address after five failures within a minute: each login is tried once, and then a right one
/// forgives.
#[test]
fn logins_that_are_wrong_in_a_real_odoo() {
    let (_sample, _access, mut session) = settled("real_logins");
    for series in [19, 14] {
        let Some(odoo) = RealOdoo::of(series) else {
            continue;
        };
        assert_refused_logins(&mut session, &odoo.access, &odoo.password);
        // each of the server's processes counts for itself
        for _ in 0..6 {
            odoo.access.by(&odoo.password).client();
        }
    }
}

#[test]
fn a_wrong_login_is_tried_once() {
    let (sample, access, mut session) = settled("once");
    for wrong in ["a wrong password", KEY] {
        sample.forget_requests();
        session.error(&connect(&access.by(wrong)));
        let is_login = |request: &&RecordedRequest| {
            request.method.as_deref() == Some("common.authenticate") || request.path.starts_with("/json/2/")
        };
        assert_eq!(sample.requests().iter().filter(is_login).count(), 1, "{wrong}");
    }
}

/// In the form of an API key, and nobody's.
const KEY: &str = "0123456789abcdef0123456789abcdef01234567";

fn assert_refused_logins(session: &mut Session, access: &Access, password: &str) {
    let database = Access { database: "no_such_database".to_owned(), ..access.clone() };
    let login = Access { login: "nobody".to_owned(), ..access.clone() };
    let by_password = connect(&database.by(password));
    assert_refused(
        session,
        &[
            (connect(&database), UNKNOWN_DATABASE, "no_such_database"),
            (by_password, UNKNOWN_DATABASE, "no_such_database"),
            (connect(&login), WRONG_PASSWORD, "nobody"),
            (connect(&access.by(KEY)), WRONG_PASSWORD, ""),
            (connect(&access.by("a wrong password")), WRONG_PASSWORD, &access.login),
        ],
    );
    // and the right one gets in
    session.run(&format!("BEGIN; {}; ROLLBACK", connect(access)));
}

#[test]
fn a_role_without_a_login_of_its_own() {
    let (_sample, _access, mut session) = settled("roles");
    session.run("CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA odoo_sync TO guest; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA odoo_sync TO guest");
    let mut guest = Cluster::shared().session("roles", "guest");
    let error = guest.error("SELECT odoo_sync.check()");
    assert_eq!(error.code().code(), "42501", "{}", all_of(&error));
    assert!(error.hint().is_some_and(|hint| hint.contains("GRANT USAGE ON FOREIGN SERVER")), "{}", all_of(&error));
    session.run("GRANT USAGE ON FOREIGN SERVER odoo TO guest");
    let error = guest.error("SELECT odoo_sync.check()");
    assert_eq!(error.code().code(), UNDEFINED_OBJECT, "{}", all_of(&error));
    assert!(error.hint().is_some(), "{}", all_of(&error));
}

#[test]
fn a_connection_that_is_replaced_wrongly_stays_as_it_was() {
    let (sample, access, mut session) = settled("replaced");
    let wrong = access.by("wrong");
    let error = of_server(&session.try_connect(&wrong, "odoo").expect_err("the secret is wrong"));
    assert_eq!(error.code().code(), WRONG_PASSWORD, "{}", all_of(&error));
    let rows = session.rows("SELECT status FROM odoo_sync.run('{inventory}')");
    assert_eq!(rows, [[Some("ok".to_owned())]], "the old secret is still there");
    assert_eq!(session.number("SELECT count(*) FROM odoo.inventory"), sample.records("stock.quant").len() as i64);
}
