//! Who may do what: nothing is granted to everybody, each role may what it is for, and a run has its caller's rights.

#[path = "rights/caller.rs"]
mod caller;
#[path = "rights/granted.rs"]
mod granted;
#[path = "rights/triggers.rs"]
mod triggers;

use support::access::Access;
use support::cluster::Cluster;
use support::sample_odoo::{SampleOdoo, Series};
use support::session::Session;

/// A role that may do what `grants` say, in a database with a connection `odoo`.
fn database_with(role: &str, sample: &SampleOdoo, grants: &str) -> (Session, Session) {
    let database = Cluster::shared().database(role);
    let mut owner = database.session();
    owner.connect(&Access::from(sample), "odoo");
    owner.run(&format!("CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA odoo_sync TO {role}; {grants}"));
    (owner, database.session_as(role))
}

#[test]
fn nothing_is_granted_to_everybody() {
    let sample = SampleOdoo::start(Series::V19);
    let (_owner, mut role) = database_with("nobody_special", &sample, "");
    for statement in [
        "SELECT * FROM odoo_sync.status()",
        "SELECT * FROM odoo_sync.run()",
        "SELECT * FROM odoo_sync.check()",
        "SELECT odoo_sync.cancel()",
        "SELECT odoo_sync.schedule()",
        "SELECT odoo_sync.disconnect('odoo')",
        "SELECT * FROM odoo_sync.history",
        "SELECT * FROM odoo_sync.failures",
        "UPDATE odoo_sync.types SET enabled = false",
    ] {
        assert_eq!(role.error(statement).code().code(), "42501", "{statement}");
    }
}

/// An operator of the caller's, found before PostgreSQL's own by its search path, must not run with the owner's rights.
#[test]
fn a_search_path_of_the_callers_leads_nowhere() {
    let sample = SampleOdoo::start(Series::V19);
    let (mut owner, mut role) = database_with(
        "path_finder",
        &sample,
        "GRANT EXECUTE ON FUNCTION odoo_sync.status, odoo_sync.check TO path_finder;
         GRANT USAGE ON FOREIGN SERVER odoo TO path_finder;
         CREATE SCHEMA evil AUTHORIZATION path_finder;
         CREATE TABLE public.seen (who text, what text); GRANT INSERT ON public.seen TO path_finder",
    );
    for (left, right) in [("text", "text"), ("name", "text"), ("name", "name")] {
        role.run(&format!(
            "CREATE FUNCTION evil.same({left}, {right}) RETURNS boolean LANGUAGE plpgsql AS $$
             BEGIN
                 INSERT INTO public.seen VALUES (current_user, $1::pg_catalog.text);
                 RETURN $1 OPERATOR(pg_catalog.=) $2;
             END $$;
             CREATE OPERATOR evil.= (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = evil.same)"
        ));
    }
    // a connection's address is made of the options of its server: this would say that it is another
    role.run(
        "CREATE FUNCTION evil.elsewhere(text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'http://127.0.0.1:9' $$;
         CREATE AGGREGATE evil.max(text) (SFUNC = evil.elsewhere, STYPE = text, INITCOND = '')",
    );
    role.run("SET search_path = evil, pg_catalog");
    assert_eq!(role.number("SELECT count(*) FROM odoo_sync.status()"), 6);
    let error = role.error("SELECT * FROM odoo_sync.check()");
    assert!(error.message().contains("holds no login"), "{error}");
    let seen = owner.rows("SELECT DISTINCT who, what FROM public.seen");
    assert!(seen.is_empty(), "the caller's operator was used: {seen:?}");

    let (path, own) = (role.value("SHOW search_path"), "evil, pg_catalog");
    assert_eq!(path, own, "the caller's path is its own again");
}
