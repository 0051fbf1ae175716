//! Whatever a caller gets wrong: one clear error with a hint and a fitting SQLSTATE, and nothing is changed.

use support::access::Access;
use support::cluster::Cluster;
use support::sample_odoo::{SampleOdoo, Series};
use support::session::{Session, all_of, literal};

#[path = "bad_input/addresses.rs"]
mod addresses;
#[path = "bad_input/arguments.rs"]
mod arguments;
#[path = "bad_input/logins.rs"]
mod logins;
#[path = "bad_input/settings.rs"]
mod settings;

const INVALID_PARAMETER: &str = "22023";
const NULL_NOT_ALLOWED: &str = "22004";
const UNDEFINED_OBJECT: &str = "42704";
const CANNOT_CONNECT: &str = "08001";
const NO_CONNECTION: &str = "08003";
const NOT_ODOO: &str = "08P01";
const UNKNOWN_DATABASE: &str = "3D000";
const WRONG_PASSWORD: &str = "28P01";

/// All that a mistake might change, as one text.
const EVERYTHING: &str = "
    SELECT jsonb_build_object(
        'servers', (SELECT jsonb_agg(to_jsonb(s) ORDER BY srvname) FROM pg_foreign_server s),
        'mappings', (SELECT jsonb_agg(to_jsonb(m) ORDER BY srvname, umuser) FROM pg_user_mappings m),
        'schemas', (SELECT jsonb_agg(nspname ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^pg_'),
        'tables', (SELECT jsonb_agg(relname ORDER BY relname) FROM pg_class WHERE relnamespace = to_regnamespace('odoo')),
        'mirrors', (SELECT jsonb_agg(to_jsonb(m) ORDER BY type, table_name, since) FROM odoo_sync.mirrors m),
        'types', (SELECT jsonb_agg(to_jsonb(t) ORDER BY connection, type) FROM odoo_sync.types t),
        'state', (SELECT jsonb_agg(to_jsonb(s) ORDER BY connection, table_name) FROM odoo_sync.mirror_state s),
        'runs', (SELECT jsonb_agg(to_jsonb(r) ORDER BY run_id, connection, type) FROM odoo_sync.runs r),
        'failures', (SELECT count(*) FROM odoo_sync.failures))::text";

/// A mistake: what is called, the SQLSTATE that it gets, and a piece of what it is told.
type Mistake<'a> = (String, &'a str, &'a str);

/// Each mistake gets its error, with a hint, and leaves everything as it was.
fn assert_refused(session: &mut Session, mistakes: &[Mistake]) {
    let before = session.value(EVERYTHING);
    for (statement, sqlstate, says) in mistakes {
        let error = session.error(statement);
        let told = all_of(&error);
        assert_eq!(error.code().code(), *sqlstate, "{statement}\n{told}");
        assert!(error.message().contains(says), "{statement}\n{told}\ndoes not say {says:?}");
        assert!(error.hint().is_some_and(|hint| !hint.is_empty()), "{statement}\n{told}\nhas no hint");
        assert_is_for_readers(&told);
        // settings that a statement made before its mistake do not stay
        session.run("RESET ALL");
        assert_eq!(session.value(EVERYTHING), before, "{statement}\nchanged something");
    }
}

/// No debug output, no traceback of the server's.
fn assert_is_for_readers(told: &str) {
    for noise in ["Some(", "Ok(", "Err(", "None", "Traceback", "File \"", "panicked", "unwrap", "ErrorKind", "\\\""] {
        assert!(!told.contains(noise), "{noise:?} in {told}");
    }
}

fn connect(access: &Access) -> String {
    let Access { url, database, login, secret } = access;
    let [url, database, login, secret] = [url, database, login, secret].map(|text| literal(text));
    format!("SELECT odoo_sync.connect({url}, {database}, {login}, {secret})")
}

/// A connection to a sample that has run once.
fn settled(name: &str) -> (SampleOdoo, Access, Session) {
    let sample = SampleOdoo::start(Series::V19);
    let access = Access::from(&sample);
    let mut session = Cluster::shared().database(name).session();
    session.connect(&access, "odoo");
    session.run("SELECT odoo_sync.run('{inventory}')");
    (sample, access, session)
}
