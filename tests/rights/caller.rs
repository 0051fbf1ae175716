//! A run acts as its caller.

use support::access::Access;
use support::cluster::{Cluster, Database};
use support::sample_odoo::{SampleOdoo, Series};
use support::session::{Session, all_of};

use crate::database_with;

/// A sample Odoo, a database with a connection to it whose login is everybody's, and the sessions of its owner and of a
/// role that may run, has no right in the database beside that, and is called as the database.
fn connected(name: &str) -> (SampleOdoo, Database<'static>, Session, Session) {
    let sample = SampleOdoo::start(Series::V19);
    let database = Cluster::shared().database(name);
    let mut owner = database.session();
    owner.connect(&Access::from(&sample), "odoo");
    owner.run(&format!(
        "CREATE USER MAPPING FOR PUBLIC SERVER odoo OPTIONS (login '{}', secret '{}');
         CREATE ROLE {name} LOGIN; GRANT USAGE ON SCHEMA odoo_sync TO {name};
         GRANT EXECUTE ON FUNCTION odoo_sync.run, odoo_sync.cancel TO {name}; GRANT USAGE ON FOREIGN SERVER odoo TO {name}",
        sample.login, sample.secret
    ));
    let session = database.session_as(name);
    (sample, database, owner, session)
}

/// Panics unless a run is refused for lack of a right, and says which.
fn assert_denied(session: &mut Session, says: &str) {
    let error = session.error("SELECT odoo_sync.run('{sales}')");
    let told = all_of(&error);
    assert_eq!(error.code().code(), "42501", "{told}");
    assert!(told.contains(says), "{told}");
}

#[test]
fn it_makes_no_schema_and_no_table_that_the_caller_could_not_make() {
    let (_sample, _, mut owner, mut session) = connected("no_maker");
    assert_denied(&mut session, "permission denied for database no_maker");
    assert_eq!(owner.value("SELECT to_regnamespace('odoo') IS NULL"), "t");
    owner.run("CREATE SCHEMA odoo");
    assert_denied(&mut session, "permission denied for schema odoo");
    owner.run("GRANT USAGE ON SCHEMA odoo TO no_maker");
    assert_denied(&mut session, "permission denied for schema odoo");
    owner.run("GRANT CREATE ON SCHEMA odoo TO no_maker");
    session.run("SELECT odoo_sync.run('{sales}')");
    let owners = "SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'odoo'::regnamespace";
    assert_eq!(owner.value(owners), "no_maker");
    assert_eq!(owner.value("SELECT DISTINCT role FROM odoo_sync.history"), "no_maker");
}

#[test]
fn it_writes_to_no_table_that_the_caller_could_not_write_to() {
    let (sample, _, mut owner, mut session) = connected("no_writer");
    owner.run("SELECT odoo_sync.run('{sales}'); GRANT USAGE ON SCHEMA odoo TO no_writer");
    let rows = "SELECT string_agg(concat_ws(' ', id, xmin, ctid), ',' ORDER BY id) FROM odoo.sale_lines";
    let before = owner.value(rows);
    let line = sample.records("sale.order.line")[0]["id"].as_i64().expect("an id is a number");
    sample.write("sale.order.line", &[line], serde_json::json!({"name": "Changed"}));
    assert_denied(&mut session, "permission denied for table");
    owner.run("GRANT SELECT ON ALL TABLES IN SCHEMA odoo TO no_writer");
    assert_denied(&mut session, "permission denied for table");
    assert_eq!(owner.value(rows), before, "nothing was written");

    // all that filling takes; another's table it cannot widen
    owner.run("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA odoo TO no_writer");
    session.run("SELECT odoo_sync.run('{sales}')");
    let name = format!("SELECT name FROM odoo.sale_lines WHERE id = {line}");
    assert_eq!(owner.value(&name), "Changed");
    owner.run("ALTER TABLE odoo.sale_lines DROP COLUMN discount");
    assert_denied(&mut session, "must be owner of table sale_lines");
}

#[test]
fn it_reads_no_connection_that_the_caller_could_not_use() {
    let (sample, database, mut owner, mut session) = connected("no_user");
    owner.run("GRANT CREATE ON DATABASE no_user TO no_user; REVOKE USAGE ON FOREIGN SERVER odoo FROM no_user");
    sample.forget_requests();
    assert_denied(&mut session, "permission denied for connection odoo");
    assert_eq!(owner.value("SELECT count(*) FROM odoo_sync.runs"), "0", "whoever may use it is not told of it");
    owner.run("GRANT USAGE ON FOREIGN SERVER odoo TO no_user; DROP USER MAPPING FOR PUBLIC SERVER odoo");
    let error = session.error("SELECT odoo_sync.run()");
    assert!(all_of(&error).contains("holds no login for this role"), "{}", all_of(&error));
    assert!(sample.requests().is_empty(), "Odoo was not asked");
    // the owner's own login is the owner's alone
    owner.run("SELECT odoo_sync.run()");
    drop(database);
}

/// A trigger of a mirror's owner has the rights of the run that fires it, whoever is behind that: also at the end of
/// the transaction.
#[test]
fn under_set_role_it_has_the_rights_of_that_role_to_the_very_end() {
    let (_sample, _, mut owner, mut session) = connected("lowly");
    owner.run("GRANT CREATE ON DATABASE lowly TO lowly; CREATE TABLE public.seen (at text, who text, may text); GRANT INSERT ON public.seen TO lowly");
    owner.run("SET ROLE lowly; SELECT odoo_sync.run('{sales}'); RESET ROLE");
    let owners = "SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'odoo'::regnamespace";
    assert_eq!(owner.value(owners), "lowly");
    session.run(
        "CREATE FUNCTION odoo.look() RETURNS trigger LANGUAGE plpgsql AS $$
         DECLARE may text := 'not reset the role';
         BEGIN
             BEGIN SET ROLE postgres; may := 'set the role'; EXCEPTION WHEN OTHERS THEN END;
             INSERT INTO public.seen VALUES (TG_NAME, current_user, may);
             RETURN NULL;
         END $$;
         CREATE TRIGGER at_once AFTER INSERT ON odoo.sales FOR EACH ROW EXECUTE FUNCTION odoo.look();
         CREATE CONSTRAINT TRIGGER at_the_end AFTER INSERT ON odoo.sales DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION odoo.look()",
    );
    owner.run("DELETE FROM odoo.sales");
    owner.run("SET ROLE lowly; SELECT odoo_sync.run('{sales}', full => true); RESET ROLE");
    let seen = owner.rows("SELECT DISTINCT at, who, may FROM public.seen ORDER BY at");
    let row = |at: &str| [at, "lowly", "not reset the role"].map(|text| Some(text.to_owned())).to_vec();
    assert_eq!(seen, [row("at_once"), row("at_the_end")]);
}

#[test]
fn in_a_security_definer_function_it_has_the_rights_of_the_functions_owner() {
    let (_sample, database, mut owner, mut session) = connected("definer");
    owner.run("GRANT CREATE ON DATABASE definer TO definer; CREATE ROLE button LOGIN");
    session.run("SELECT odoo_sync.run('{sales}')");
    owner.run(
        "CREATE FUNCTION public.refresh() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
             AS $$ SELECT status FROM odoo_sync.run('{sales}') $$;
         ALTER FUNCTION public.refresh OWNER TO definer",
    );
    let mut button = database.session_as("button");
    assert_eq!(button.value("SELECT public.refresh()"), "ok");
    assert_eq!(owner.value("SELECT role FROM odoo_sync.history LIMIT 1"), "definer");
    for statement in ["SELECT odoo_sync.run()", "SELECT count(*) FROM odoo.sales"] {
        assert_eq!(button.error(statement).code().code(), "42501", "{statement}");
    }
}

/// Whoever owns a connection, and only its owner, says where it leads.
#[test]
fn a_role_cannot_lead_anothers_secret_elsewhere() {
    let (_sample, _, mut owner, mut session) = connected("thief");
    owner.run("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA odoo_sync TO thief");
    let trap = SampleOdoo::start(Series::V19);
    let access = Access::from(&trap);
    let error = session.try_connect(&access, "odoo").expect_err("it is not its own");
    let told = support::session::told(&error);
    assert!(told.starts_with("42501"), "{told}");
    for statement in [
        format!("ALTER SERVER odoo OPTIONS (SET url '{}')", trap.url),
        "ALTER SERVER odoo OWNER TO thief".to_owned(),
        "DROP SERVER odoo CASCADE".to_owned(),
        "SELECT odoo_sync.disconnect('odoo')".to_owned(),
        "CREATE USER MAPPING FOR postgres SERVER odoo OPTIONS (login 'me', secret 'mine')".to_owned(),
    ] {
        assert_eq!(session.error(&statement).code().code(), "42501", "{statement}");
    }
    // its own login on the connection it may leave there
    trap.forget_requests();
    owner.run("SELECT odoo_sync.run('{sales}')");
    assert!(trap.requests().is_empty());
}

/// A run of another role is that role's to cancel.
#[test]
fn anothers_run_is_not_cancelled() {
    use support::background::Background;
    use support::gate::{Gate, is_page};
    let (sample, database, mut owner, mut session) = connected("canceller");
    let gate = Gate::before(&sample, is_page);
    let run = Background::start(database.session(), "SELECT odoo_sync.run('{sales}')");
    gate.await_request();
    let error = session.error("SELECT odoo_sync.cancel()");
    assert_eq!(error.code().code(), "42501", "{}", all_of(&error));
    gate.open();
    run.rows();
    assert_eq!(owner.value("SELECT status FROM odoo_sync.history"), "ok");
}

#[test]
fn without_a_name_it_runs_the_connections_that_it_may_use() {
    let sample = SampleOdoo::start(Series::V19);
    let (mut owner, mut role) = database_with(
        "of_one",
        &sample,
        "CREATE SCHEMA other AUTHORIZATION of_one;
         GRANT EXECUTE ON FUNCTION odoo_sync.connect, odoo_sync.run TO of_one",
    );
    owner.connect(&Access::from(&sample), "other");
    let error = role.error("SELECT odoo_sync.run('{inventory}')");
    assert_eq!(error.code().code(), "42501", "it may use none: {error:?}");
    owner.run("GRANT USAGE ON FOREIGN SERVER other TO of_one");
    role.connect(&Access::from(&sample), "other");
    assert_eq!(role.column("SELECT connection FROM odoo_sync.run('{inventory}')"), ["other"]);
}
