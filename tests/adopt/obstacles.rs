//! Keys, constraints, triggers: what is dropped, what stays, and what is in the way.

use super::*;

#[test]
fn keys_and_not_nulls_that_odoos_records_do_not_keep_to_are_dropped() {
    let (_sample, mut session) = connected("keys");
    session.run(
        "CREATE TABLE odoo.sales (
             id int, company_id bigint, name text NOT NULL, state text, amount_total numeric NOT NULL DEFAULT 0,
             ours int NOT NULL, filled int NOT NULL DEFAULT 7, counted int GENERATED ALWAYS AS IDENTITY,
             PRIMARY KEY (id, company_id), UNIQUE (name), UNIQUE (id, name), UNIQUE (id) DEFERRABLE,
             EXCLUDE USING hash (state WITH =));
         CREATE UNIQUE INDEX one_state ON odoo.sales (lower(state)) WHERE name IS NULL;
         CREATE UNIQUE INDEX with_id ON odoo.sales (id, state);
         INSERT INTO odoo.sales (id, company_id, name, ours) VALUES (1, 1, 'a', 1)",
    );
    let actions = adopt(&mut session, "sales", "sales");
    let mut dropped = told(&actions, "dropped");
    dropped.sort();
    let other = "Odoo's records may violate it";
    assert_eq!(
        dropped,
        [
            "NOT NULL on company_id, name, amount_total, ours: Odoo may have no value for them".to_owned(),
            format!(
                "one_state CREATE UNIQUE INDEX one_state ON odoo.sales USING btree (lower(state)) WHERE (name IS NULL): {other}"
            ),
            format!("sales_id_key UNIQUE (id) DEFERRABLE: {other}"),
            format!("sales_name_key UNIQUE (name): {other}"),
            "sales_pkey PRIMARY KEY (id, company_id): the key of a mirror is id".to_owned(),
            format!("sales_state_excl EXCLUDE USING hash (state WITH =): {other}"),
        ]
    );
    assert!(told(&actions, "added").contains(&"PRIMARY KEY (id)".to_owned()), "{actions:?}");
    let keys = session.column(
        "SELECT relname FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = 'odoo.sales'::regclass ORDER BY 1",
    );
    assert_eq!(keys, ["sales_id_name_key", "sales_pkey", "with_id"]);
    assert_equal_after_a_run(&mut session, "sales");
    assert_eq!(
        session.value("SELECT count(*) FROM odoo.sales WHERE filled = 7 AND counted > 0"),
        session.value("SELECT count(*) FROM odoo.sales")
    );
}

#[test]
fn what_odoo_keeps_unique_is_kept_unique_where_the_rows_do() {
    let (_sample, mut session) = connected("unique_key");
    session.run("CREATE TABLE odoo.invoices (id int, name text, journal_id bigint); INSERT INTO odoo.invoices VALUES (91, 'X', 1), (92, 'Y', 1)");
    let actions = adopt(&mut session, "invoices", "invoices");
    let key = "CONSTRAINT invoices_odoo_key UNIQUE (journal_id, name) DEFERRABLE INITIALLY DEFERRED";
    assert!(told(&actions, "added").contains(&key.to_owned()), "{actions:?}");
    assert_equal_after_a_run(&mut session, "invoices");

    session.run("DROP TABLE odoo.invoices; DELETE FROM odoo_sync.mirror_state");
    session.run("CREATE TABLE odoo.invoices (id int, name text, journal_id bigint); INSERT INTO odoo.invoices VALUES (91, 'X', 1), (92, 'X', 1)");
    let actions = adopt(&mut session, "invoices", "invoices");
    let left_out = told(&actions, "left out");
    assert_eq!(left_out.len(), 1, "{actions:?}");
    assert!(
        left_out[0].starts_with(key) && left_out[0].contains("(journal_id, name)=(1, X) is duplicated"),
        "{left_out:?}"
    );
    assert_equal_after_a_run(&mut session, "invoices");
}

#[test]
fn checks_foreign_keys_and_triggers_stay_and_are_told() {
    let (_sample, mut session) = connected("kept");
    session.run(
        "CREATE TABLE public.customers (id int PRIMARY KEY); CREATE TABLE public.uses (sale bigint);
         CREATE DOMAIN public.strict AS text NOT NULL DEFAULT 'd';
         CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
         CREATE TABLE odoo.sales (id bigint PRIMARY KEY, customer int REFERENCES public.customers, CHECK (id <> 2), odd public.strict);
         ALTER TABLE public.uses ADD FOREIGN KEY (sale) REFERENCES odoo.sales;
         CREATE TRIGGER see BEFORE INSERT ON odoo.sales FOR EACH ROW EXECUTE FUNCTION public.see();
         CREATE TRIGGER off BEFORE INSERT ON odoo.sales FOR EACH ROW EXECUTE FUNCTION public.see();
         ALTER TABLE odoo.sales DISABLE TRIGGER off;
         INSERT INTO odoo.sales (id) VALUES (1); INSERT INTO public.uses VALUES (1)",
    );
    let kept = told(&adopt(&mut session, "sales", "sales"), "kept");
    let begin = [
        "sales_customer_fkey FOREIGN KEY (customer) REFERENCES public.customers(id): ",
        "sales_id_check CHECK ((id <> 2)): ",
        "the foreign key uses_sale_fkey of public.uses: ",
        "the trigger see: ",
        "column odd public.strict: ",
    ];
    assert_eq!(kept.len(), begin.len(), "{kept:?}");
    for (kept, begin) in kept.iter().zip(begin) {
        let begin = begin.replace("public.", "");
        let kept = kept.replace("public.", "");
        assert!(kept.starts_with(&begin), "{kept} begins with {begin}");
    }
}

#[test]
fn a_foreign_key_of_another_table_is_in_the_way_where_it_would_lose_its_key_or_its_row() {
    let (_sample, mut session) = connected("referenced");
    session.run(
        "CREATE TABLE odoo.sales (id bigint, name text UNIQUE); INSERT INTO odoo.sales VALUES (1, 'a');
         CREATE TABLE public.uses (sale text REFERENCES odoo.sales (name) ON DELETE CASCADE); INSERT INTO public.uses VALUES ('a')",
    );
    let error = session.error("SELECT odoo_sync.adopt('odoo.sales', 'sales')");
    assert_eq!(error.code().code(), "2BP01", "{error:?}");
    assert!(
        error
            .message()
            .contains("the foreign key uses_sale_fkey of public.uses depends on UNIQUE (name) of odoo.sales"),
        "{error:?}"
    );

    session.run(
        "DROP TABLE public.uses; DROP TABLE odoo.sales;
         CREATE TABLE odoo.sales (id bigint PRIMARY KEY); INSERT INTO odoo.sales VALUES (1), (-1);
         CREATE TABLE public.uses (sale bigint REFERENCES odoo.sales ON DELETE CASCADE); INSERT INTO public.uses VALUES (-1)",
    );
    let error = session.error("SELECT odoo_sync.adopt('odoo.sales', 'sales')");
    assert_eq!(error.code().code(), "2BP01", "{error:?}");
    assert!(error.message().contains("odoo.sales has rows to be set aside (1)"), "{error:?}");
    assert_eq!(session.value("SELECT count(*) FROM public.uses"), "1", "nothing was cascaded to");
}
