//! What the tests of secrets that are elsewhere begin with.

use support::access::Access;
use support::cluster::{Cluster, Database};
use support::sample_odoo::{SampleOdoo, Series};
use support::session::{Session, literal};

/// A sample Odoo and a database without a connection; the name is the database's.
pub fn unconnected(name: &str) -> (SampleOdoo, Database<'static>, Session) {
    let sample = SampleOdoo::start(Series::V19);
    let database = Cluster::shared().database(name);
    let session = database.session();
    (sample, database, session)
}

/// The call of `connect()` with a secret that is elsewhere, and more arguments.
pub fn connect(sample: &SampleOdoo, secret: &str, more: &str) -> String {
    let Access { url, database, login, .. } = Access::from(sample);
    format!(
        "SELECT name FROM odoo_sync.connect({}, {}, {}, {}{more})",
        literal(&url),
        literal(&database),
        literal(&login),
        literal(secret)
    )
}

/// A role that may call everything and owns a connection of its own, with its own login: `name` is both.
pub fn owner_of_a_connection(session: &mut Session, database: &Database, name: &str) -> Session {
    session.run(&format!(
        "CREATE ROLE {name} LOGIN; GRANT CREATE ON DATABASE {} TO {name};
         GRANT USAGE ON SCHEMA odoo_sync TO {name}; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA odoo_sync TO {name};
         GRANT USAGE ON FOREIGN DATA WRAPPER odoo_sync TO {name}",
        database.name
    ));
    database.session_as(name)
}

/// Panics unless the statement fails so, with a hint.
pub fn assert_refused(session: &mut Session, sql: &str, sqlstate: &str, says: &str, hints: &str) {
    let error = session.error(sql);
    let told = support::session::all_of(&error);
    assert_eq!(error.code().code(), sqlstate, "{sql}\n{told}");
    // where run() fails, the reason is in the detail
    assert!(told.contains(says), "{sql}\n{told}");
    assert!(told.contains(hints), "{sql}\n{told}");
}
