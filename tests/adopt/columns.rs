//! Which columns take Odoo's values, and what becomes of those that cannot.

use super::*;

/// The type of a column of `odoo.sales`; "" where there is none.
fn type_of(session: &mut Session, column: &str) -> String {
    session
        .column(&format!(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute
             WHERE attrelid = 'odoo.sales'::regclass AND attname = '{column}' AND NOT attisdropped"
        ))
        .pop()
        .unwrap_or_default()
}

#[test]
fn types_that_hold_odoos_values_stay_and_the_others_are_changed() {
    let (_sample, mut session) = connected("types");
    session.run(
        "CREATE TABLE odoo.sales (
             id integer, partner_id integer, company_id numeric, user_id smallint, team_id text DEFAULT '1',
             name varchar, origin varchar(5), reference char(7), note text,
             amount_total integer, amount_tax double precision, amount_untaxed numeric(9,1), currency_rate text,
             locked integer, require_signature text,
             date_order timestamp, commitment_date date, write_date timestamp(0), create_date text, validity_date timestamptz);
         INSERT INTO odoo.sales VALUES (1, 1, 1, 1, ' 1 ', 'a', 'b', 'c', 'd', 1, 0.5, 1.5, '1.25', 1, 'yes',
             '2024-06-01 10:00', '2024-06-01', '2024-06-01 10:00', '2024-06-01 10:00:00', '2024-06-01 10:00+00')",
    );
    session.run("SET TimeZone = 'America/New_York'");
    let actions = adopt(&mut session, "sales", "sales");
    for (column, sql_type) in [
        ("partner_id", "bigint"),
        ("company_id", "numeric"),
        ("user_id", "bigint"),
        ("team_id", "bigint"),
        ("name", "character varying"),
        ("origin", "text"),
        ("reference", "text"),
        ("amount_total", "numeric"),
        ("amount_tax", "numeric"),
        ("amount_untaxed", "numeric"),
        ("currency_rate", "numeric"),
        ("locked", "boolean"),
        ("date_order", "timestamp with time zone"),
        ("commitment_date", "timestamp with time zone"),
        ("write_date", "timestamp with time zone"),
        ("create_date", "timestamp with time zone"),
        ("validity_date", "date"),
    ] {
        assert_eq!(type_of(&mut session, column), sql_type, "{column}");
        let is_told =
            told(&actions, "converted").iter().any(|told| told.starts_with(&format!("column {column} from ")));
        let stays = matches!(column, "company_id" | "name");
        assert_eq!(is_told, !stays, "{column}: {actions:?}");
    }
    assert_eq!(told(&actions, "added beside"), [""; 0]);
    // times without a zone are in UTC, as Odoo's own are
    let times = "SELECT DISTINCT t FROM odoo.sales, unnest(ARRAY[date_order, write_date, create_date]) AS t";
    session.run("SET TimeZone = 'UTC'");
    assert_eq!(session.column(times), ["2024-06-01 10:00:00+00"]);
    assert_equal_after_a_run(&mut session, "sales");
}

#[test]
fn a_column_that_something_uses_or_whose_values_mean_nothing_gets_one_beside_it() {
    let (_sample, mut session) = connected("beside");
    session.run(
        "CREATE TABLE odoo.sales (
             id int, amount_total integer, amount_tax text, date_order text, note json, name text COLLATE pg_catalog.\"C\",
             origin text GENERATED ALWAYS AS ('x') STORED, reference int[], partner_id point, partner_id_1 bigint,
             company_id integer, user_id uuid, user_id_1 text, user_id_2 text);
         INSERT INTO odoo.sales (id, amount_total, amount_tax, date_order, partner_id_1)
         VALUES (1, 17, '1.5', '2024-02-31', 4711), (2, 18, 'much', '2024-02-01', 4712);
         COMMENT ON COLUMN odoo.sales.amount_tax IS 'ours';
         CREATE VIEW odoo.report AS SELECT id % 2 AS odd, amount_total, partner_id_1, company_id FROM odoo.sales",
    );
    // the view uses id as well
    let error = session.error("SELECT odoo_sync.adopt('odoo.sales', 'sales')");
    assert!(error.message().contains("column id of odoo.sales cannot be made bigint"), "{error:?}");
    assert!(error.hint().is_some_and(|hint| hint.contains("view odoo.report")), "{error:?}");
    session.run(
        "CREATE OR REPLACE VIEW odoo.report AS SELECT 1 AS odd, amount_total, partner_id_1, company_id FROM odoo.sales",
    );

    let actions = adopt(&mut session, "sales", "sales");
    let beside = told(&actions, "added beside");
    for (column, says) in [
        ("amount_total_1 numeric", "view odoo.report depends on column"),
        ("amount_tax_1 numeric", "invalid input syntax for type numeric: \"much\""),
        ("date_order_1 timestamp with time zone", "out of range"),
        ("note_1 text", "it is json"),
        ("origin_1 text", "it is text generated"),
        ("reference_1 text", "it is integer[]"),
        ("partner_id_1 bigint", "it is point"),
        ("user_id_3 bigint", "it is uuid"),
    ] {
        let told = beside.iter().find(|told| told.starts_with(&format!("column {column} ")));
        assert!(told.is_some_and(|told| told.contains(says)), "{column}: {beside:?}");
    }
    assert_eq!(beside.len(), 8, "{beside:?}");
    let kept = told(&actions, "kept");
    assert!(kept.len() == 1 && kept[0].starts_with("column company_id integer: "), "{kept:?}");
    // what the user has by such a name moves over, in the view too
    assert_eq!(told(&actions, "renamed").len(), 1, "{actions:?}");
    let comment = |session: &mut Session, column: &str| {
        session.value(&format!(
            "SELECT col_description('odoo.sales'::regclass, attnum) FROM pg_attribute
             WHERE attrelid = 'odoo.sales'::regclass AND attname = '{column}'"
        ))
    };
    assert_eq!(comment(&mut session, "amount_total"), "No longer filled: Odoo's amount_total is in amount_total_1");
    assert_eq!(comment(&mut session, "amount_tax"), "ours");

    let before = session.rows("SELECT amount_total, partner_id_1 FROM odoo.report ORDER BY 1");
    assert_equal_after_a_run(&mut session, "sales");
    assert_eq!(session.rows("SELECT * FROM (SELECT amount_total, partner_id_1 FROM odoo.report) r WHERE amount_total IS NOT NULL ORDER BY 1"), before);
    assert_eq!(
        session.value("SELECT count(*) FROM odoo.sales WHERE amount_total_1 IS NULL OR partner_id_1 IS NULL"),
        "0"
    );
    assert_eq!(session.value("SELECT count(*) FROM odoo.sales WHERE partner_id_1 = 4711"), "0");
}

#[test]
fn columns_with_the_names_of_a_mirrors_own_are_renamed_or_taken_over() {
    let (_sample, mut session) = connected("own_columns");
    session.run(
        "CREATE TABLE odoo.sales (id int, _synced_at timestamptz, _deleted_at timestamptz, _deleted_at_1 int);
         INSERT INTO odoo.sales VALUES (1, NULL, now(), 5), (2, '2024-01-01', NULL, 6);
         CREATE VIEW odoo.report AS SELECT _deleted_at FROM odoo.sales",
    );
    let actions = adopt(&mut session, "sales", "sales");
    assert_eq!(told(&actions, "renamed"), ["column _deleted_at to _deleted_at_2: the mirror needs that name"]);
    assert_eq!(session.value("SELECT count(*) FROM odoo.sales WHERE _synced_at IS NULL"), "0");
    assert_eq!(session.value("SELECT count(*) FROM odoo.sales WHERE _synced_at = '2024-01-01'"), "1");
    assert_equal_after_a_run(&mut session, "sales");
    assert_eq!(session.value("SELECT count(_deleted_at_1) FROM odoo.sales"), "2");
    assert_eq!(session.value("SELECT count(_deleted_at) FROM odoo.report"), "1");
}

/// A type that marks what is gone has its column for that right away.
#[test]
fn a_type_that_marks_gets_its_column() {
    let (_sample, mut session) = connected("marks");
    session.run("UPDATE odoo_sync.types SET deletes = 'mark'; CREATE TABLE odoo.sales (id int); INSERT INTO odoo.sales VALUES (99999999)");
    adopt(&mut session, "sales", "sales");
    assert_equal_after_a_run(&mut session, "sales");
    assert_eq!(session.column("SELECT id FROM odoo.sales WHERE _deleted_at IS NOT NULL"), ["99999999"]);
}

#[test]
fn names_are_quoted_wherever_they_come_from() {
    let sample = SampleOdoo::start(Series::V19);
    let mut session = Cluster::shared().database("names").session();
    let (name, schema) = ("O'x \"; DROP TABLE t; --", "\"O'x \"\"; DROP TABLE t; --\"");
    session.connect(&Access::from(&sample), name);
    session.run(&format!(
        "CREATE SCHEMA {schema};
         CREATE TYPE {schema}.\"Mood's\" AS ENUM ('ok');
         CREATE TABLE {schema}.sales (
             \"id\" text, \"a'b\"\"c %s {{}}\" {schema}.\"Mood's\" NOT NULL CONSTRAINT \"k'\"\"\" UNIQUE, \"Select\" int NOT NULL);
         CREATE UNIQUE INDEX \"i'\"\"\" ON {schema}.sales (lower(id));
         INSERT INTO {schema}.sales VALUES ('1', 'ok', 1);
         ALTER TABLE {schema}.sales DROP CONSTRAINT \"k'\"\"\";
         INSERT INTO {schema}.sales VALUES ('x', 'ok', 2);
         ALTER TABLE {schema}.sales ADD CONSTRAINT \"k'\"\"\" UNIQUE (\"Select\")"
    ));
    let connection = support::session::literal(name);
    let rows = session.rows(&format!(
        "SELECT * FROM odoo_sync.adopt('{}', 'sales', {connection})",
        format!("{schema}.sales").replace('\'', "''")
    ));
    assert_eq!(told(&rows, "set aside").len(), 1, "{rows:?}");
    assert_eq!(told(&rows, "dropped").len(), 3, "{rows:?}");
    let aside = session.column(&format!("SELECT \"a'b\"\"c %s {{}}\" FROM {schema}.sales_set_aside"));
    assert_eq!(aside, ["ok"]);
    session.run(&format!("SELECT odoo_sync.run(ARRAY['sales'], connection => {connection})"));
    let ok = session.column(&format!("SELECT ok FROM odoo_sync.verify(ARRAY['sales'], {connection})"));
    assert_eq!(ok, ["t", "t"]);
}
