//! What README says to grant to a role that looks, one that runs, and one that configures: what each may, and what not.

use std::sync::Mutex;

use support::access::Access;
use support::cluster::{Cluster, Database};
use support::sample_odoo::{SampleOdoo, Series};
use support::session::{Session, all_of};

const README: &str = include_str!("../../docs/security.md");

/// Roles belong to the whole cluster, and those of README have one name each.
static TURN: Mutex<()> = Mutex::new(());

/// The statements of README for a role.
fn grants(role: &str) -> String {
    let start = README
        .find(&format!("\n-- {role} "))
        .or_else(|| README.find(&format!("```sql\n-- {role} ")))
        .unwrap_or_else(|| panic!("README grants nothing to {role}"));
    let block = README[start..].trim_start_matches("```sql").trim_start();
    let end = block.find("\n\n").into_iter().chain(block.find("\n```")).min().expect("the block ends");
    block[..end].to_owned()
}

/// A sample Odoo, a database, and the sessions of its owner and of README's three roles, as README says to make them.
struct Granted {
    sample: SampleOdoo,
    owner: Session,
    analyst: Session,
    robot: Session,
    keeper: Session,
}

impl Granted {
    fn new() -> Granted {
        let database: Database = Cluster::shared().database("granted");
        let sample = SampleOdoo::start(Series::V19);
        let access = Access::from(&sample);
        let mut owner = database.session();
        owner.run("CREATE ROLE analyst LOGIN; CREATE ROLE robot LOGIN; CREATE ROLE keeper LOGIN");
        owner.run(&grants("keeper"));
        let mut keeper = database.session_as("keeper");
        keeper.connect(&access, "odoo");
        owner.run(&grants("robot"));
        let mut robot = database.session_as("robot");
        robot.connect(&access, "odoo");
        robot.run("SELECT odoo_sync.run()");
        owner.run(&grants("analyst"));
        let analyst = database.session_as("analyst");
        Granted { sample, owner, analyst, robot, keeper }
    }
}

fn assert_may(session: &mut Session, who: &str, statements: &[&str]) {
    for statement in statements {
        if let Err(error) = session.try_rows(statement) {
            panic!("{who} may: {statement}\n{}", support::session::told(&error));
        }
    }
}

fn assert_may_not(session: &mut Session, who: &str, statements: &[&str]) {
    for statement in statements {
        let error = session.error(statement);
        assert_eq!(error.code().code(), "42501", "{who} may not: {statement}\n{}", all_of(&error));
    }
}

#[test]
fn each_may_what_it_is_for_and_nothing_else() {
    let _turn = TURN.lock();
    let mut all = Granted::new();
    let url = &all.sample.url;
    let elsewhere =
        format!("SELECT * FROM odoo_sync.connect('{url}', 'sample', 'admin', '{}', 'mine')", all.sample.secret);
    let other_server = SampleOdoo::start(Series::V19);
    let moved = format!(
        "SELECT * FROM odoo_sync.connect('{}', 'sample', 'admin', '{}')",
        other_server.url, other_server.secret
    );

    assert_may(
        &mut all.analyst,
        "analyst",
        &[
            "SELECT * FROM odoo_sync.status()",
            "SELECT * FROM odoo_sync.history",
            "SELECT * FROM odoo_sync.failures",
            "SELECT * FROM odoo_sync.connections",
            "SELECT * FROM odoo.invoices",
        ],
    );
    let ok = "SELECT count(*) FROM odoo_sync.history WHERE status = 'ok'";
    assert_eq!(all.analyst.number(ok), 6);
    assert_may_not(
        &mut all.analyst,
        "analyst",
        &[
            "SELECT odoo_sync.run()",
            "SELECT odoo_sync.run_due()",
            "SELECT odoo_sync.cancel()",
            "SELECT odoo_sync.check()",
            "SELECT odoo_sync.verify()",
            "SELECT odoo_sync.schedule()",
            "SELECT odoo_sync.disconnect('odoo')",
            "SELECT odoo_sync.adopt('odoo.sales', 'sales')",
            "SELECT odoo_sync.load_catalogue()",
            &elsewhere,
            "SELECT * FROM odoo_sync.runs",
            "UPDATE odoo_sync.types SET enabled = false",
            "DELETE FROM odoo_sync.failures",
            "DELETE FROM odoo_sync.mirrors",
            "SELECT nextval('odoo_sync.run_ids')",
            "DELETE FROM odoo.invoices",
            "SELECT umoptions FROM pg_user_mapping",
            "CREATE SERVER mine FOREIGN DATA WRAPPER odoo_sync OPTIONS (url 'https://mine.example.com', database 'mine')",
            "CREATE USER MAPPING FOR analyst SERVER odoo OPTIONS (login 'me', secret 'mine')",
        ],
    );

    assert_may(
        &mut all.robot,
        "robot",
        &[
            "SELECT odoo_sync.run()",
            "SELECT odoo_sync.run(connection => 'odoo', full => true)",
            "SELECT odoo_sync.run_due()",
            "SELECT odoo_sync.cancel()",
            "SELECT odoo_sync.status()",
            "SELECT odoo_sync.check()",
            "SELECT odoo_sync.verify()",
        ],
    );
    // there is no pg_cron here, which only somebody who may schedule is told
    assert_eq!(all.robot.error("SELECT odoo_sync.schedule()").code().code(), "55000");
    assert_may_not(
        &mut all.robot,
        "robot",
        &[
            &elsewhere,
            &moved,
            "SELECT odoo_sync.disconnect('odoo')",
            "SELECT odoo_sync.adopt('odoo.sales', 'sales')",
            "SELECT * FROM odoo_sync.runs",
            "DELETE FROM odoo_sync.mirror_state",
            "UPDATE odoo_sync.types SET enabled = false",
            "INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields) VALUES ('a', 'a', 'res.users', 1, '{name}')",
            "ALTER SERVER odoo OPTIONS (SET url 'https://mine.example.com')",
            "CREATE USER MAPPING FOR PUBLIC SERVER odoo OPTIONS (login 'me', secret 'mine')",
            "SELECT umoptions FROM pg_user_mapping",
        ],
    );

    assert_may(
        &mut all.keeper,
        "keeper",
        &[
            &elsewhere,
            "SELECT odoo_sync.disconnect('mine')",
            "SELECT * FROM odoo_sync.check()",
            "UPDATE odoo_sync.types SET \"interval\" = '1 hour', domain = '[]' WHERE type = 'sales'",
            "INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields) VALUES ('people', 'people', 'res.users', 70, '{name}')",
            "UPDATE odoo_sync.mirrors SET fields = '{name, login}' WHERE type = 'people'",
            "DELETE FROM odoo_sync.mirrors WHERE type = 'people'",
            "CREATE TEMPORARY TABLE here (id bigint)",
        ],
    );
    assert_may_not(
        &mut all.keeper,
        "keeper",
        &[
            "SELECT odoo_sync.run()",
            "SELECT odoo_sync.run_due()",
            "SELECT odoo_sync.cancel()",
            "SELECT * FROM odoo_sync.history",
            "SELECT * FROM odoo_sync.failures",
            "SELECT * FROM odoo.invoices",
            "UPDATE odoo_sync.mirror_state SET window_end = now()",
            "SELECT odoo_sync.adopt('odoo.sales', 'sales')",
            "SELECT umoptions FROM pg_user_mapping",
        ],
    );

    // nobody sees another's secret; the owner of the connection not even the robot's
    for (who, session, sees) in [
        ("analyst", &mut all.analyst, 0),
        ("robot", &mut all.robot, 1),
        ("keeper", &mut all.keeper, 1),
        ("owner", &mut all.owner, 2),
    ] {
        let seen = "SELECT count(umoptions) FROM pg_user_mappings";
        assert_eq!(session.number(seen), sees, "{who}");
    }
}
