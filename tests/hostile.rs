//! Names that come from a caller or from Odoo and end up in SQL: quoted, always, or refused.

use support::access::Access;
use support::cluster::Cluster;
use support::sample_odoo::{FieldSpec, Reaction, SampleOdoo, Series};
use support::session::{Session, all_of, identifier, literal};

/// Names that would do harm where they were not quoted, or are hard to carry along.
const NAMES: [&str; 14] = [
    r#"o'dd"; DROP TABLE public.canary; --"#,
    r"back\slash\' OR true --",
    "two\nlines\r\tand a tab",
    "naïve 会社 🦤",
    "$1",
    "$$; DROP TABLE public.canary; $$",
    "--",
    "/* ",
    "a;b,c",
    "Acme Corp",
    "SELECT",
    " spaces ",
    "%s %I {} {0:?} {{",
    "x'||pg_sleep(60)||'",
];

/// The longest name that PostgreSQL can have, of 63 bytes, and one that is too long by one.
fn longest() -> [String; 2] {
    let sixty_two = "é".repeat(31);
    [format!("{sixty_two}x"), format!("{sixty_two}xy")]
}

/// A sample Odoo and a database with a table that is not to be harmed.
fn with_canary(name: &str) -> (SampleOdoo, Session) {
    let mut session = Cluster::shared().database(name).session();
    session.run("CREATE TABLE public.canary AS SELECT 1 AS alive");
    (SampleOdoo::start(Series::V19), session)
}

fn assert_alive(session: &mut Session, after: &str) {
    assert_eq!(session.value("SELECT alive FROM public.canary"), "1", "{after:?}");
}

/// The statuses of a run of one type.
fn run(session: &mut Session, arguments: &str) -> Vec<String> {
    session.column(&format!("SELECT status FROM odoo_sync.run({arguments}) ORDER BY 1"))
}

#[test]
fn a_connection_may_have_any_name_that_a_schema_can_have() {
    let (sample, mut session) = with_canary("any_connection");
    let access = Access::from(&sample);
    let [longest, _] = longest();
    for name in NAMES.into_iter().chain([longest.as_str()]) {
        let (quoted, schema) = (literal(name), identifier(name));
        session.connect(&access, name);
        session.connect(&access, name);
        let by_name = format!("'{{sales}}', connection => {}", literal(name));
        assert_eq!(run(&mut session, &by_name), ["ok"], "{name:?}");
        assert_eq!(run(&mut session, &by_name), ["ok"], "{name:?}");
        let count = format!("SELECT count(*) > 0 FROM {schema}.sales");
        assert_eq!(session.value(&count), "t", "{name:?}");
        for call in [
            format!("SELECT * FROM odoo_sync.status({quoted}) WHERE type = 'sales' AND state <> 'ok'"),
            format!("SELECT * FROM odoo_sync.history WHERE connection = {quoted} AND status <> 'ok'"),
            format!("SELECT * FROM odoo_sync.check({quoted}) WHERE NOT ok"),
            format!("SELECT * FROM odoo_sync.verify('{{sales}}', {quoted}) WHERE NOT ok"),
        ] {
            assert!(session.rows(&call).is_empty(), "{name:?}: {call}");
        }
        session.run(&format!("SELECT odoo_sync.cancel({quoted})"));
        let schemas = format!("SELECT count(*) FROM pg_namespace WHERE nspname = {quoted}");
        assert_eq!(session.number(&schemas), 1, "{name:?}");
        session.run(&format!("SELECT odoo_sync.disconnect({quoted})"));
        assert_alive(&mut session, name);
    }
}

#[test]
fn other_names_of_connections_are_refused() {
    let (sample, mut session) = with_canary("no_connection");
    let [_, too_long] = longest();
    for name in [too_long.as_str(), "", "  ", "pg_catalog", "odoo_sync", "information_schema"] {
        let error = session.try_connect(&Access::from(&sample), name).expect_err("no connection can have that name");
        let told = support::session::told(&error);
        assert!(told.starts_with("22023 name must not be"), "{name:?}: {told}");
    }
    for name in NAMES {
        for call in [
            "run(connection => {})",
            "status({})",
            "verify(connection => {})",
            "disconnect({})",
            "check({})",
            "cancel({})",
        ] {
            let call = call.replace("{}", &literal(name));
            let error = session.error(&format!("SELECT odoo_sync.{call}"));
            assert_eq!(error.code().code(), "42704", "{call}: {}", all_of(&error));
        }
        let types = format!("SELECT odoo_sync.run(ARRAY[{}])", literal(name));
        session.connect(&Access::from(&sample), "odoo");
        let error = session.error(&types);
        assert_eq!(error.code().code(), "42704", "{types}: {}", all_of(&error));
        let login = format!("SELECT odoo_sync.connect({}, {0}, {0}, {0})", literal(name));
        session.error(&login);
        assert_alive(&mut session, name);
    }
}

/// Types and tables of one's own.
#[test]
fn a_type_and_its_table_may_have_any_name() {
    let (sample, mut session) = with_canary("any_table");
    session.connect(&Access::from(&sample), "it's \"odd\"");
    session.run("SELECT odoo_sync.run('{reference}')");
    let [longest, too_long] = longest();
    for name in NAMES.into_iter().chain([longest.as_str()]) {
        let quoted = literal(name);
        session.run(&format!(
            "INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, indexes, unique_key)
             VALUES ({quoted}, {quoted}, 'res.currency', 90, '{{name,rounding}}', '{{name,\"name,rounding\"}}', '{{name}}')"
        ));
        let arguments = format!("ARRAY[{quoted}]");
        for full in [false, true] {
            let arguments = format!("{arguments}, full => {full}");
            assert_eq!(run(&mut session, &arguments), ["ok"], "{name:?}");
        }
        let table = format!("\"it's \"\"odd\"\"\".{}", identifier(name));
        let equal = format!(
            "SELECT count(*) > 0 AND count(*) = (SELECT count(*) FROM \"it's \"\"odd\"\"\".currencies) FROM {table}"
        );
        assert_eq!(session.value(&equal), "t", "{name:?}");
        let verified = format!("SELECT bool_and(ok) FROM odoo_sync.verify({arguments}, 'it''s \"odd\"')");
        assert_eq!(session.value(&verified), "t", "{name:?}");
        // a table that is there already, with rows that are set aside
        session.run(&format!(
            "DROP TABLE {table}; CREATE TABLE {table} (id text, name text); INSERT INTO {table} VALUES ('1', 'a'), ('1', 'b'), (NULL, 'c')"
        ));
        session.run(&format!("SELECT odoo_sync.adopt({}, {quoted}, 'it''s \"odd\"')", literal(&table)));
        assert_eq!(run(&mut session, &arguments), ["ok"], "{name:?}");
        assert_eq!(session.value(&equal), "t", "{name:?}");
        session.run(&format!("DELETE FROM odoo_sync.mirrors WHERE type = {quoted}"));
        assert_alive(&mut session, name);
    }
    for (column, value) in [
        ("table_name", too_long.as_str()),
        ("table_name", ""),
        ("type", ""),
        ("model", ""),
        ("model", "../../web/session/logout?"),
        ("model", "res.partner/unlink"),
        ("model", "res.partner\nHost: elsewhere"),
        ("model", NAMES[0]),
    ] {
        let error = session.error(&format!(
            "INSERT INTO odoo_sync.mirrors SELECT (jsonb_populate_record(m, jsonb_build_object({}, {}, 'position', 91, 'since', 1))).* FROM odoo_sync.mirrors m WHERE table_name = 'units'",
            literal(column),
            literal(value)
        ));
        let constraint = format!("mirrors_{column}_check");
        assert_eq!(error.constraint(), Some(constraint.as_str()), "{value:?}: {}", all_of(&error));
    }
}

#[test]
fn odoos_fields_may_have_any_name() {
    let (sample, mut session) = with_canary("any_field");
    session.connect(&Access::from(&sample), "odoo");
    let [longest, too_long] = longest().map(|name| format!("x_{}", &name[2..]));
    let names: Vec<String> =
        NAMES.iter().map(|name| format!("x_{name}")).filter(|name| name.len() <= 63).chain([longest]).collect();
    session.run("SELECT odoo_sync.run('{sales}')");
    for name in names.iter().chain([&too_long]) {
        let mut field = FieldSpec::new(name, "char");
        field.string = format!("label {name}");
        sample.add_field("sale.order", field);
    }
    let order = sample.records("sale.order")[0]["id"].as_i64().expect("an id is a number");
    for name in &names {
        sample.write("sale.order", &[order], serde_json::json!({name.as_str(): format!("value {name}")}));
    }
    for full in [false, true] {
        let arguments = format!("'{{sales}}', full => {full}");
        assert_eq!(run(&mut session, &arguments), ["ok"]);
    }
    for name in &names {
        let (quoted, column) = (literal(name), identifier(name));
        let value = session.value(&format!("SELECT {column} FROM odoo.sales WHERE id = {order}"));
        assert_eq!(value, format!("value {name}"));
        let comment = session.value(&format!(
            "SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'odoo.sales'::regclass AND attname = {quoted}"
        ));
        assert_eq!(comment, format!("label {name}"));
    }
    let verified = "SELECT bool_and(ok) FROM odoo_sync.verify('{sales}')";
    assert_eq!(session.value(verified), "t");
    let check = session.value("SELECT detail FROM odoo_sync.check() WHERE subject = 'sales.sales'");
    assert!(check.contains(&too_long), "{check}");

    // and one whose type changes goes beside
    for name in &names {
        sample.drop_field("sale.order", name);
        sample.add_field("sale.order", FieldSpec::new(name, "integer"));
    }
    assert_eq!(run(&mut session, "'{sales}', full => true"), ["ok"]);
    assert_eq!(run(&mut session, "'{sales}'"), ["ok"]);
    assert_eq!(session.value(verified), "t");
    let beside = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'odoo.sales'::regclass AND attname LIKE 'x\\_%\\_1' AND atttypid = 'bigint'::regtype";
    assert_eq!(session.number(beside), names.len() as i64);
    assert_alive(&mut session, "fields");
}

/// What the catalogue and the settings say of fields and conditions is Odoo's to understand, and never SQL.
#[test]
fn lists_of_fields_and_domains_are_no_sql() {
    let (sample, mut session) = with_canary("any_domain");
    session.connect(&Access::from(&sample), "odoo");
    for name in NAMES {
        let json = literal(&serde_json::json!([["name", "!=", name]]).to_string());
        session.run(&format!("UPDATE odoo_sync.types SET domain = {json} WHERE type = 'sales'"));
        assert_eq!(run(&mut session, "'{sales}'"), ["ok"], "{name:?}");

        let json = literal(&serde_json::json!([[name, "=", 1]]).to_string());
        session.run(&format!("UPDATE odoo_sync.types SET domain = {json} WHERE type = 'sales'"));
        let error = session.error("SELECT odoo_sync.run('{sales}')");
        assert!(error.message().contains("failed: sales"), "{name:?}: {}", all_of(&error));
        session.run("UPDATE odoo_sync.types SET domain = NULL");

        session.run(&format!(
            "INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, indexes, unique_key) VALUES
             ('own', 'own', 'res.currency', 90, ARRAY['name', {0}], ARRAY[{0}, {0}], ARRAY[{0}])",
            literal(name)
        ));
        assert_eq!(run(&mut session, "'{own}'"), ["ok"], "{name:?}");
        for column in ["depends", "parent"] {
            let value = match column {
                "parent" => literal(name),
                _ => format!("ARRAY[{}]", literal(name)),
            };
            session.run(&format!("UPDATE odoo_sync.mirrors SET {column} = {value} WHERE type = 'own'"));
            if let Err(error) = session.try_rows("SELECT odoo_sync.run('{own}')") {
                let told = support::session::told(&error);
                assert!(told.contains("failed: own"), "{name:?}: {told}");
            }
        }
        session.run("DELETE FROM odoo_sync.mirrors WHERE type = 'own'; DROP TABLE odoo.own");
        assert_alive(&mut session, name);
    }
}

/// Labels and messages too, with the one character that PostgreSQL's texts cannot have.
#[test]
fn what_odoo_says_may_hold_anything() {
    let (sample, mut session) = with_canary("any_words");
    session.connect(&Access::from(&sample), "odoo");
    let words = format!("{}\0 nul, \u{1b}[31m, {}", NAMES[0], NAMES[3]);
    let mut field = FieldSpec::new("x_told", "char");
    field.string = words.clone();
    sample.add_field("sale.order", field);
    assert_eq!(run(&mut session, "'{sales}'"), ["ok"]);
    session.run("SET odoo_sync.max_retries = 0");
    for answer in [
        Reaction::Error("builtins.ValueError".to_owned(), words.clone()),
        Reaction::Error(words.clone(), words.clone()),
        Reaction::Status(500, "text/plain".to_owned(), words.clone()),
        Reaction::Status(200, "text/html".to_owned(), format!("<html>{words}</html>")),
        Reaction::Status(400, words.replace(['\0', '\n', '\u{1b}'], ""), words.clone()),
    ] {
        let reaction = answer.clone();
        sample.on_request(move |_| reaction.clone());
        let told = all_of(&session.error("SELECT odoo_sync.run('{sales}')"));
        assert!(told.contains("failed: sales"), "{told}");
        assert!(!told.contains("internal error"), "{told}");
        let history = session.value("SELECT status FROM odoo_sync.history LIMIT 1");
        assert_eq!(history, "failed", "{told}");
        session.rows("SELECT * FROM odoo_sync.check()");
        assert_alive(&mut session, "an answer");
    }
}
