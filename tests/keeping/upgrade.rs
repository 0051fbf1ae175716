//! `ALTER EXTENSION odoo_sync UPDATE` from each released version.

use std::collections::BTreeSet;

use postgres::Client;
use std::io::{Read, Write};
use std::sync::OnceLock;
use support::access::Access;
use support::cluster::{Cluster, Database};
use support::compare::{SampleTruth, compare};
use support::sample_odoo::{SampleOdoo, Series};
use support::session::{Session, all_of, identifier, literal};

/// Each released version, and the script that its CREATE EXTENSION ran.
const RELEASED: [(&str, &str); 1] = [("0.1.0", include_str!("odoo_sync--0.1.0.sql"))];

/// What the catalogue of PostgreSQL says of the extension.
const FACTS: &str = include_str!("facts.sql");

/// A cluster that has the released scripts too, which are nowhere in the server that the extension was installed for.
fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let named = RELEASED.map(|(version, text)| (format!("odoo_sync--{version}.sql"), text));
        let scripts: Vec<(&str, &str)> = named.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        Cluster::with_scripts(&scripts)
    })
}

/// A database with the extension in a released version.
fn released(name: &str, version: &str) -> (Database<'static>, Session) {
    let name = format!("{name}_{}", version.replace('.', "_"));
    let database = cluster().empty_database(&name);
    let mut session = database.session();
    session.run(&format!("CREATE EXTENSION odoo_sync VERSION '{version}'"));
    (database, session)
}

#[test]
fn everything_is_as_a_new_installation_makes_it() {
    let new = cluster().database("new").session().column(FACTS);
    assert!(new.len() > 200, "only {} facts", new.len());
    for (version, _) in RELEASED {
        let (_, mut session) = released("facts", version);
        session.run("ALTER EXTENSION odoo_sync UPDATE");
        let updated = session.column(FACTS);
        let (new, updated): (BTreeSet<&String>, BTreeSet<&String>) = (new.iter().collect(), updated.iter().collect());
        let mut differences: Vec<(&str, &str)> = new
            .difference(&updated)
            .map(|fact| (fact.as_str(), "a new installation"))
            .chain(updated.difference(&new).map(|fact| (fact.as_str(), "an updated one")))
            .collect();
        differences.sort_unstable();
        let told: Vec<String> = differences.iter().map(|(fact, who)| format!("only in {who}: {fact}")).collect();
        assert!(told.is_empty(), "sql/odoo_sync--{version}--….sql lacks something:\n{}", told.join("\n"));
    }
}

#[test]
fn the_next_run_is_incremental_and_right() {
    let sample = SampleOdoo::start(Series::V19);
    let access = Access::from(&sample);
    let filled = cluster().database("filled");
    let mut filled_session = filled.session();
    filled_session.connect(&access, "odoo");
    filled_session.run("SELECT odoo_sync.run()");
    filled_session.run("UPDATE odoo_sync.types SET \"interval\" = '15 min' WHERE type = 'sales'");
    for (version, _) in RELEASED {
        let (database, mut session) = released("running", version);
        connect(&mut session, &access);
        let mirrors = filled.dump(&["--schema=odoo"]);
        database.restore(&mirrors);
        copy_state(&mut filled_session, &mut session);
        session.run("ALTER EXTENSION odoo_sync UPDATE");

        let modes = session.rows("SELECT DISTINCT mode, status, inserted, updated, deleted FROM odoo_sync.run()");
        let unchanged = ["incremental", "ok", "0", "0", "0"].map(|text| Some(text.to_owned()));
        assert_eq!(modes, [unchanged], "{version}");
        assert_equal(&mut session, &sample);
        let interval = "SELECT \"interval\" FROM odoo_sync.types WHERE type = 'sales'";
        assert_eq!(session.value(interval), "00:15:00");
        assert_eq!(session.value("SELECT max(run_id) FROM odoo_sync.history"), "2");
    }
}

/// Makes a connection as the released version had it, without its functions: they are in this version's library.
fn connect(session: &mut Session, access: &Access) {
    let Access { url, database, login, secret } = access;
    session.run(&format!(
        "CREATE SERVER odoo FOREIGN DATA WRAPPER odoo_sync OPTIONS (url {}, database {});
         CREATE USER MAPPING FOR CURRENT_USER SERVER odoo OPTIONS (login {}, secret {})",
        literal(url),
        literal(database),
        literal(login),
        literal(secret)
    ));
}

/// Copies what is known of the connections, as far as the released version had columns for it.
fn copy_state(from: &mut Session, to: &mut Session) {
    for table in ["types", "mirror_state", "runs", "failures"] {
        let columns = |session: &mut Session| -> BTreeSet<String> {
            let query = format!(
                "SELECT attname FROM pg_attribute WHERE attrelid = 'odoo_sync.{table}'::regclass AND attnum > 0 AND NOT attisdropped"
            );
            session.column(&query).into_iter().collect()
        };
        let (here, there) = (columns(from), columns(to));
        let shared: Vec<String> = here.intersection(&there).map(|name| identifier(name)).collect();
        let columns = format!("odoo_sync.{table} ({})", shared.join(", "));
        let rows = copied_out(&mut from.client, &columns);
        assert!(!rows.is_empty() || table == "failures", "{table}");
        let mut writer = to.client.copy_in(&format!("COPY {columns} FROM STDIN")).expect("the columns are there");
        writer.write_all(&rows).expect("the server takes them");
        writer.finish().expect("the rows fit");
    }
    let last = from.value("SELECT last_value FROM odoo_sync.run_ids");
    to.run(&format!("SELECT setval('odoo_sync.run_ids', {last})"));
}

fn copied_out(client: &mut Client, columns: &str) -> Vec<u8> {
    let mut rows = Vec::new();
    client
        .copy_out(&format!("COPY {columns} TO STDOUT"))
        .expect("the columns are there")
        .read_to_end(&mut rows)
        .expect("the server gives them");
    rows
}

fn assert_equal(session: &mut Session, sample: &SampleOdoo) {
    compare(session, "odoo", &mut SampleTruth::new(sample)).assert_equal();
}

#[test]
fn a_row_of_ones_own_in_the_catalogue_stays_and_a_built_in_one_is_renewed() {
    for (version, _) in RELEASED {
        let (_, mut session) = released("own", version);
        session.run(
            "UPDATE odoo_sync.mirrors SET fields = '{name}' WHERE table_name = 'journals';
             DELETE FROM odoo_sync.mirrors WHERE table_name = 'warehouses';
             INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields) VALUES
                 ('expenses', 'expenses', 'hr.expense', 70, '{name}'),
                 ('reference', 'warehouses', 'my.warehouse', 19, '{name}')",
        );
        let own = "SELECT type, table_name, model, builtin FROM odoo_sync.mirrors WHERE NOT builtin ORDER BY type";
        let before = session.rows(own);
        session.run("ALTER EXTENSION odoo_sync UPDATE");
        assert_eq!(session.rows(own), before, "{version}");
        let warehouses = "SELECT count(*) FROM odoo_sync.mirrors WHERE table_name = 'warehouses'";
        assert_eq!(session.value(warehouses), "1", "{version}: hers has the place");
        let journals = "SELECT cardinality(fields) > 1 FROM odoo_sync.mirrors WHERE table_name = 'journals'";
        assert_eq!(session.value(journals), "t", "{version}");
    }
}

/// Also when a function or view had to be dropped and made anew; and a dump still has it.
#[test]
fn what_an_administrator_granted_stays_granted() {
    for (version, _) in RELEASED {
        let (database, mut session) = released("granted", version);
        session.run("DO $$ BEGIN IF to_regrole('operator') IS NULL THEN CREATE ROLE operator; END IF; END $$");
        session.run(
            "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA odoo_sync TO operator WITH GRANT OPTION;
             GRANT SELECT ON ALL TABLES IN SCHEMA odoo_sync TO operator; GRANT UPDATE ON odoo_sync.types TO operator",
        );
        let granted =
            "SELECT has_function_privilege('operator', 'odoo_sync.connect'::regproc, 'EXECUTE WITH GRANT OPTION')
                              AND has_table_privilege('operator', 'odoo_sync.history', 'SELECT')
                              AND has_table_privilege('operator', 'odoo_sync.types', 'UPDATE')";
        assert_eq!(session.value(granted), "t");
        session.run("ALTER EXTENSION odoo_sync UPDATE");
        assert_eq!(session.value(granted), "t", "{version}");

        let restored = cluster().empty_database(&format!("{}_restored", database.name));
        restored.restore(&database.dump(&[]));
        assert_eq!(restored.session().value(granted), "t", "{version}");
    }
}

#[test]
fn until_then_each_function_says_what_is_to_be_done() {
    for (version, _) in RELEASED {
        let (_, mut session) = released("waiting", version);
        for call in ["run()", "status()", "check()"] {
            let error = session.error(&format!("SELECT * FROM odoo_sync.{call}"));
            let told = all_of(&error);
            assert!(error.message().contains(version), "{call}: {told}");
            let update = Some("ALTER EXTENSION odoo_sync UPDATE;");
            assert_eq!(error.hint(), update, "{call}: {told}");
        }
    }
}
