//! What cannot be adopted: one clear error that says what to do, and nothing is changed.

use super::*;
use support::session::all_of;

const EVERYTHING: &str = "
    SELECT jsonb_build_object(
        'tables', (SELECT jsonb_agg(to_jsonb(c) - 'relpages' - 'reltuples' - 'relallvisible' - 'relfrozenxid' - 'relminmxid' ORDER BY oid)
                   FROM pg_class c WHERE relnamespace IN ('odoo'::regnamespace, 'public'::regnamespace)),
        'columns', (SELECT jsonb_agg(to_jsonb(a) - 'attmissingval' - 'attstattarget' ORDER BY attrelid, attnum) FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
                    WHERE relnamespace = 'odoo'::regnamespace),
        'state', (SELECT jsonb_agg(to_jsonb(s) ORDER BY table_name) FROM odoo_sync.mirror_state s),
        'rows', (SELECT jsonb_agg(to_jsonb(s) ORDER BY id) FROM odoo.sales s))::text";

#[test]
fn each_gets_one_clear_error_and_nothing_is_changed() {
    let (sample, mut session) = connected("refusals");
    session.run(
        "CREATE TABLE odoo.sales (id int, name text); INSERT INTO odoo.sales VALUES (1, 'a'), (1, 'b');
         CREATE TABLE public.sales (id int); CREATE TABLE odoo.invoices_old (id int);
         CREATE VIEW odoo.invoices AS SELECT 1 AS id;
         CREATE MATERIALIZED VIEW odoo.invoice_lines AS SELECT 1 AS id;
         CREATE TABLE odoo.purchases (id int, day date) PARTITION BY RANGE (day);
         CREATE TABLE odoo.purchase_lines PARTITION OF odoo.purchases FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
         CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing;
         CREATE FOREIGN TABLE odoo.products (id int) SERVER elsewhere;
         CREATE TABLE odoo.inventory (id int); CREATE RULE away AS ON INSERT TO odoo.inventory DO INSTEAD NOTHING;
         CREATE TYPE public.shape AS (id int); CREATE TABLE odoo.partners OF public.shape;
         CREATE TABLE odoo.companies (id int); CREATE TABLE odoo.subsidiaries () INHERITS (odoo.companies);
         CREATE TABLE odoo.users (id uuid); CREATE TABLE odoo.units (id int GENERATED ALWAYS AS (1) STORED);
         CREATE TABLE odoo.journals (id int); ALTER TABLE odoo.journals ENABLE ROW LEVEL SECURITY; ALTER TABLE odoo.journals FORCE ROW LEVEL SECURITY",
    );
    let before = session.value(EVERYTHING);
    for (arguments, sqlstate, says, hint) in [
        ("NULL, 'sales'", "22004", "table_name must not be NULL", ""),
        ("'odoo.sales', NULL", "22004", "type must not be NULL", ""),
        ("'odoo.sales', 'sales', NULL", "22004", "connection must not be NULL", ""),
        ("'odoo.sales', ''", "22023", "type must not be empty", ""),
        ("'odoo.sales', 'sales', ''", "22023", "connection must not be empty", ""),
        ("'odoo.sales', 'sale'", "42704", "there is no type named \"sale\"", "sales"),
        ("'odoo.sales', 'sales', 'other'", "42704", "there is no connection named \"other\"", "odoo"),
        ("0::regclass, 'sales'", "42P01", "there is no table with the oid 0", ""),
        ("'public.sales', 'sales'", "42809", "is not in schema odoo", "ALTER TABLE public.sales SET SCHEMA odoo"),
        (
            "'odoo.invoices_old', 'invoices'",
            "42809",
            "type invoices has no mirror named invoices_old",
            "ALTER TABLE odoo.invoices_old RENAME TO invoices",
        ),
        ("'odoo.sales', 'invoices'", "42809", "type invoices has no mirror named sales", "invoice_lines"),
        ("'odoo.invoices', 'invoices'", "42809", "odoo.invoices is a view", ""),
        ("'odoo.invoice_lines', 'invoices'", "42809", "odoo.invoice_lines is a materialized view", ""),
        ("'odoo.purchases', 'purchases'", "42809", "odoo.purchases is a partitioned table", ""),
        ("'odoo.purchase_lines', 'purchases'", "42809", "odoo.purchase_lines is a partition", "DETACH PARTITION"),
        ("'odoo.products', 'products'", "42809", "odoo.products is a foreign table", ""),
        ("'odoo.inventory', 'inventory'", "42809", "odoo.inventory has rules", "DROP RULE"),
        ("'odoo.partners', 'reference'", "42809", "CREATE TABLE ... OF", "NOT OF"),
        ("'odoo.companies', 'reference'", "42809", "is inherited from", "NO INHERIT"),
        ("'odoo.users', 'reference'", "42809", "column id of odoo.users is uuid", "rename that one to id"),
        ("'odoo.units', 'reference'", "42809", "column id of odoo.units is integer generated", "Rename it"),
        (
            "'odoo.journals', 'reference'",
            "42809",
            "odoo.journals hides rows from its owner",
            "NO FORCE ROW LEVEL SECURITY",
        ),
    ] {
        let statement = format!("SELECT * FROM odoo_sync.adopt({arguments})");
        sample.forget_requests();
        let error = session.error(&statement);
        let told = all_of(&error);
        assert_eq!(error.code().code(), sqlstate, "{statement}\n{told}");
        assert!(error.message().contains(says), "{statement}\n{told}");
        assert!(error.hint().is_some_and(|text| text.contains(hint)), "{statement}\n{told}");
        assert_eq!(sample.requests().len(), 0, "{statement} needs nothing of Odoo");
    }
    assert_eq!(session.value(EVERYTHING), before);
    let error = session.error("SELECT odoo_sync.adopt('odoo.nothing', 'sales')");
    assert_eq!(error.code().code(), "42P01");
}

#[test]
fn an_odoo_that_does_not_answer_or_lacks_the_model_leaves_the_table_as_it_is() {
    let (sample, mut session) = connected("lacking");
    session.run("CREATE TABLE odoo.sales (id int, name text); INSERT INTO odoo.sales VALUES (1, 'a'), (1, 'b')");
    let before = session.value(EVERYTHING);
    sample.deny_model("sale.order");
    let error = session.error("SELECT odoo_sync.adopt('odoo.sales', 'sales')");
    assert_eq!(error.code().code(), "42501", "{}", all_of(&error));
    sample.drop_model("sale.order");
    let error = session.error("SELECT odoo_sync.adopt('odoo.sales', 'sales')");
    assert!(error.message().starts_with("connection odoo: "), "{}", all_of(&error));
    assert!(error.message().contains("sale.order"), "{}", all_of(&error));
    drop(sample);
    let error = session.error("SELECT odoo_sync.adopt('odoo.sales', 'sales')");
    assert!(error.code().code().starts_with("08"), "{}", all_of(&error));
    assert_eq!(session.value(EVERYTHING), before);
}

#[test]
fn only_the_owner_can_have_it_adopted() {
    let sample = SampleOdoo::start(Series::V19);
    let database = Cluster::shared().database("owner");
    let mut session = database.session();
    session.connect(&Access::from(&sample), "odoo");
    session.run(
        "CREATE SCHEMA odoo; CREATE TABLE odoo.sales (id int); INSERT INTO odoo.sales VALUES (1), (1);
         DROP ROLE IF EXISTS clerk; CREATE ROLE clerk LOGIN; GRANT USAGE, CREATE ON SCHEMA odoo TO clerk; GRANT ALL ON odoo.sales TO clerk;
         GRANT USAGE ON SCHEMA odoo_sync TO clerk; GRANT EXECUTE ON FUNCTION odoo_sync.adopt TO clerk;
         GRANT USAGE ON FOREIGN SERVER odoo TO clerk",
    );
    let (login, secret) = (sample.login.clone(), sample.secret.clone());
    session.run(&format!("CREATE USER MAPPING FOR clerk SERVER odoo OPTIONS (login '{login}', secret '{secret}')"));
    let mut clerk = database.session_as("clerk");
    let error = clerk.error("SELECT odoo_sync.adopt('odoo.sales', 'sales')");
    assert_eq!(error.code().code(), "42501", "{}", all_of(&error));
    assert!(error.message().contains("must be owner of table odoo.sales"), "{}", all_of(&error));
    session.run("ALTER TABLE odoo.sales OWNER TO clerk");
    let actions = clerk.rows("SELECT * FROM odoo_sync.adopt('odoo.sales', 'sales')");
    assert_eq!(told(&actions, "set aside").len(), 1, "{actions:?}");
    assert_eq!(clerk.value("SELECT tableowner FROM pg_tables WHERE tablename = 'sales_set_aside'"), "clerk");
    session.run("REVOKE EXECUTE ON FUNCTION odoo_sync.adopt FROM clerk");
    let error = clerk.error("SELECT odoo_sync.adopt('odoo.sales', 'sales')");
    assert_eq!(error.code().code(), "42501");
}
