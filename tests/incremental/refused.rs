//! Records that the mirror's own table refuses: a constraint or a trigger of the user's.

use serde_json::json;

use crate::mirrored::{BOTH, HOUR, Mirrored};

/// A way for a table to refuse one record, and to take it after all.
struct Refusal {
    name: &'static str,
    refuse: &'static str,
    /// A part of the error.
    told: &'static str,
    relent: &'static str,
}

/// Each refuses the record whose `client_order_ref` is 'refused'.
const REFUSALS: [Refusal; 8] = [
    Refusal {
        name: "check",
        refuse: "ALTER TABLE odoo.sales ADD CONSTRAINT no_such_ref CHECK (client_order_ref <> 'refused')",
        told: "no_such_ref",
        relent: "ALTER TABLE odoo.sales DROP CONSTRAINT no_such_ref",
    },
    Refusal {
        name: "trigger",
        refuse: "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one, says %', tg_name; END $$;
                 CREATE TRIGGER mine BEFORE INSERT OR UPDATE ON odoo.sales FOR EACH ROW WHEN (NEW.client_order_ref = 'refused') EXECUTE FUNCTION refuse()",
        told: "not this one, says mine",
        relent: "DROP TRIGGER mine ON odoo.sales",
    },
    Refusal {
        // in words of PostgreSQL's own for what concerns all
        name: "trigger_rights",
        refuse: "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not for you' USING ERRCODE = 'insufficient_privilege'; END $$;
                 CREATE TRIGGER mine BEFORE INSERT OR UPDATE ON odoo.sales FOR EACH ROW WHEN (NEW.client_order_ref = 'refused') EXECUTE FUNCTION refuse()",
        told: "not for you",
        relent: "DROP TRIGGER mine ON odoo.sales",
    },
    Refusal {
        name: "trigger_lost",
        refuse: "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO no_such_table VALUES (1); RETURN NEW; END $$;
                 CREATE TRIGGER mine BEFORE INSERT OR UPDATE ON odoo.sales FOR EACH ROW WHEN (NEW.client_order_ref = 'refused') EXECUTE FUNCTION refuse()",
        told: "no_such_table",
        relent: "DROP TRIGGER mine ON odoo.sales",
    },
    Refusal {
        name: "trigger_after",
        refuse: "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
                 CREATE CONSTRAINT TRIGGER mine AFTER INSERT OR UPDATE ON odoo.sales DEFERRABLE INITIALLY DEFERRED
                 FOR EACH ROW WHEN (NEW.client_order_ref = 'refused') EXECUTE FUNCTION refuse()",
        told: "not this one",
        relent: "DROP TRIGGER mine ON odoo.sales",
    },
    Refusal {
        name: "not_null",
        refuse: "UPDATE odoo.sales SET note = '' WHERE note IS NULL; ALTER TABLE odoo.sales ALTER COLUMN note SET NOT NULL",
        told: "note",
        relent: "ALTER TABLE odoo.sales ALTER COLUMN note DROP NOT NULL",
    },
    Refusal {
        // a limit of PostgreSQL's own
        name: "index",
        refuse: "CREATE FUNCTION long(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
                     SELECT CASE $1 WHEN 'refused' THEN (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 100) n) ELSE $1 END $$;
                 CREATE INDEX refs ON odoo.sales (long(client_order_ref))",
        told: "exceeds btree version 4 maximum",
        relent: "DROP INDEX odoo.refs",
    },
    Refusal {
        name: "foreign_key",
        refuse: "CREATE TABLE refs (ref text PRIMARY KEY); INSERT INTO refs SELECT DISTINCT client_order_ref FROM odoo.sales WHERE client_order_ref IS NOT NULL;
                 INSERT INTO refs VALUES ('taken') ON CONFLICT DO NOTHING;
                 ALTER TABLE odoo.sales ADD CONSTRAINT known_ref FOREIGN KEY (client_order_ref) REFERENCES refs",
        told: "known_ref",
        relent: "ALTER TABLE odoo.sales DROP CONSTRAINT known_ref",
    },
];

/// A window of records of which one is refused.
fn refuses(mirrored: &mut Mirrored, refusal: &Refusal) -> [i64; 2] {
    let orders = mirrored.ids("sale.order");
    // for NOT NULL alone: every other order says something
    mirrored.sample.write("sale.order", &orders, json!({"note": "there"}));
    mirrored.sample.write("sale.order", &orders, json!({"client_order_ref": "taken"}));
    let (refused, other) = (orders[4], orders[5]);
    mirrored.sample.write("sale.order", &[refused], json!({"client_order_ref": "refused", "note": false}));
    mirrored.session.run("SET client_min_messages = warning");
    mirrored.session.run(refusal.refuse);
    [refused, other]
}

#[test]
fn one_record_that_is_refused_is_set_aside_and_all_others_are_stored() {
    for series in BOTH {
        for refusal in &REFUSALS {
            let name = refusal.name;
            let mut mirrored = Mirrored::new(&format!("refused_{name}"), series);
            mirrored.session.run("UPDATE odoo.sales SET client_order_ref = NULL");
            let [refused, other] = refuses(&mut mirrored, refusal);
            let outcome = mirrored.run_type("sales");
            assert_eq!(outcome.mode, "incremental", "{series:?} {name}");
            outcome.assert_partial(1);
            assert_eq!(mirrored.state("sales"), "partial", "{series:?} {name}");
            mirrored.assert_only_failure("sales", refused, refusal.told, 1);
            let orders = mirrored.ids("sale.order").len();
            assert_eq!(
                mirrored.rows("sales", "client_order_ref = 'taken'").len(),
                orders - 1,
                "{series:?} {name}: all others are stored"
            );
            assert_eq!(mirrored.cell("sales", "client_order_ref", other), "taken", "{series:?} {name}");
            // what it had before is there still, and the record is not lost: it is here, whole
            assert_ne!(mirrored.cell("sales", "client_order_ref", refused), "refused", "{series:?} {name}");
            let payload = mirrored.session.value("SELECT payload FROM odoo_sync.failures");
            let payload: serde_json::Value = serde_json::from_str(&payload).expect("it is JSON");
            assert_eq!(payload["id"], refused, "{series:?} {name}");
            assert_eq!(payload["client_order_ref"], "refused", "{series:?} {name}");
            let columns = mirrored.session.number("SELECT count(*) - 1 FROM pg_attribute WHERE attrelid = 'odoo.sales'::regclass AND attnum > 0 AND NOT attisdropped");
            assert_eq!(
                payload.as_object().map(|fields| fields.len() as i64),
                Some(columns),
                "{series:?} {name}: every column is there"
            );

            // each later run tries it again, whatever its window
            for (attempt, arguments) in ["'{sales}'", "'{sales}', full => true"].into_iter().enumerate() {
                mirrored.later(HOUR);
                let outcome = mirrored.run(arguments).remove(0);
                outcome.assert_partial(1);
                assert_eq!((outcome.inserted, outcome.updated), (0, 0), "{series:?} {name} {outcome:?}");
                mirrored.assert_only_failure("sales", refused, refusal.told, attempt + 2);
            }

            mirrored.session.run(refusal.relent);
            mirrored.later(HOUR);
            mirrored.run_type("sales").assert_ok("incremental");
            assert!(mirrored.failures().is_empty(), "{series:?} {name}");
            assert_eq!(mirrored.cell("sales", "client_order_ref", refused), "refused", "{series:?} {name}");
            assert_eq!(mirrored.state("sales"), "ok", "{series:?} {name}");
            mirrored.assert_equal();
        }
    }
}

#[test]
fn a_new_record_that_is_refused_is_not_there_until_it_is_taken() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("refused_new", series);
        mirrored.session.run("ALTER TABLE odoo.sales ADD CONSTRAINT positive CHECK (amount_total >= 0)");
        let made =
            mirrored.sample.create("sale.order", json!({"name": "S-NEGATIVE", "state": "draft", "amount_total": -1.0}));
        mirrored.sample.create("sale.order", json!({"name": "S-NEXT", "state": "draft", "amount_total": 1.0}));
        let outcome = mirrored.run_type("sales");
        outcome.assert_partial(1);
        assert_eq!(outcome.inserted, 1, "{series:?}");
        mirrored.assert_only_failure("sales", made, "positive", 1);

        // nobody asks for a list of all ids because of it
        mirrored.later(HOUR);
        mirrored.run_type("sales").assert_partial(1);
        let asked = mirrored.asked();
        let of_orders: Vec<&str> = asked
            .iter()
            .filter(|request| request.model.as_deref() == Some("sale.order"))
            .filter_map(|request| request.method.as_deref())
            .collect();
        assert_eq!(of_orders.iter().filter(|method| **method == "search").count(), 1, "{series:?}: {of_orders:?}");

        // mended in Odoo
        mirrored.sample.write("sale.order", &[made], json!({"amount_total": 5.0}));
        mirrored.run_type("sales").assert_ok("incremental");
        assert!(mirrored.failures().is_empty(), "{series:?}");
        mirrored.assert_equal();
    }
}

/// A record that is gone from Odoo fails no more.
#[test]
fn a_failure_goes_with_its_record() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("refused_gone", series);
        mirrored.session.run("ALTER TABLE odoo.sales ADD CONSTRAINT positive CHECK (amount_total >= 0)");
        let made =
            mirrored.sample.create("sale.order", json!({"name": "S-NEGATIVE", "state": "draft", "amount_total": -1.0}));
        mirrored.run_type("sales").assert_partial(1);
        mirrored.sample.unlink("sale.order", &[made]);
        mirrored.run_type("sales").assert_ok("incremental");
        assert!(mirrored.failures().is_empty(), "{series:?}");
        mirrored.assert_equal();
    }
}

/// Many that are refused, in many pages: each by itself, and none of the others.
#[test]
fn several_are_refused_and_all_others_are_stored() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("refused_several", series);
        mirrored.session.run("ALTER TABLE odoo.sale_lines ADD CONSTRAINT no_such_name CHECK (name NOT LIKE 'refused %'); SET odoo_sync.batch_size = 16");
        let lines = mirrored.ids("sale.order.line");
        mirrored.sample.write("sale.order.line", &lines, json!({"name": "stored"}));
        let refused: Vec<i64> = lines.iter().copied().step_by(5).collect();
        for line in &refused {
            mirrored.sample.write("sale.order.line", &[*line], json!({"name": format!("refused {line}")}));
        }
        let outcome = mirrored.run_type("sales");
        outcome.assert_partial(refused.len() as i64);
        assert_eq!(mirrored.rows("sale_lines", "name = 'stored'").len(), lines.len() - refused.len(), "{series:?}");
        let failures = mirrored.session.column("SELECT odoo_id FROM odoo_sync.failures WHERE error LIKE '%no_such_name%' AND payload->>'name' = 'refused ' || odoo_id ORDER BY odoo_id");
        assert_eq!(failures, refused.iter().map(i64::to_string).collect::<Vec<_>>(), "{series:?}");
        mirrored.session.run("ALTER TABLE odoo.sale_lines DROP CONSTRAINT no_such_name");
        mirrored.later(HOUR);
        mirrored.run_type("sales").assert_ok("incremental");
        mirrored.assert_equal();
    }
}

/// A trigger that drops a row without a word: the record is not in the mirror, and that is told as well.
#[test]
fn a_record_that_a_trigger_swallows_is_told_of() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("swallowed", series);
        mirrored.session.run(
            "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
             CREATE TRIGGER mine BEFORE INSERT ON odoo.sales FOR EACH ROW WHEN (NEW.name = 'S-SWALLOWED') EXECUTE FUNCTION swallow()",
        );
        let made = mirrored.sample.create("sale.order", json!({"name": "S-SWALLOWED", "state": "draft"}));
        for _ in 0..2 {
            mirrored.run_type("sales").assert_partial(1);
            assert_eq!(
                mirrored.session.column("SELECT odoo_id FROM odoo_sync.failures"),
                [made.to_string()],
                "{series:?}"
            );
            mirrored.later(HOUR);
        }
        mirrored.session.run("DROP TRIGGER mine ON odoo.sales");
        mirrored.run_type("sales").assert_ok("incremental");
        mirrored.assert_equal();
    }
}

/// A trigger that keeps a row without a word: Odoo no longer has the record, and that is told as well.
#[test]
fn a_row_that_a_trigger_keeps_is_told_of() {
    for (series, deletes, event) in [(BOTH[0], "remove", "DELETE"), (BOTH[1], "mark", "UPDATE")] {
        let mut mirrored = Mirrored::new("kept_by_trigger", series);
        let orders = mirrored.sample.records("sale.order");
        let kept = orders[0]["id"].as_i64().expect("a number");
        mirrored.session.run(&format!("UPDATE odoo_sync.types SET deletes = '{deletes}' WHERE type = 'sales'"));
        mirrored.session.run(&format!(
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
             SELECT odoo_sync.run();
             CREATE TRIGGER mine BEFORE {event} ON odoo.sales FOR EACH ROW WHEN (OLD.id = {kept}) EXECUTE FUNCTION keep()",
        ));
        let gone = [kept, orders[1]["id"].as_i64().expect("a number")];
        mirrored.sample.unlink("sale.order", &gone);
        mirrored.later(HOUR);
        for _ in 0..2 {
            mirrored.run_type("sales").assert_partial(1);
            let told = "SELECT odoo_id || error FROM odoo_sync.failures WHERE table_name = 'sales'";
            assert_eq!(
                mirrored.session.value(told),
                format!(
                    "{kept}Odoo no longer has it, and its row cannot be removed: a trigger or rule of the table leaves it there"
                ),
                "{series:?}"
            );
            mirrored.later(HOUR);
        }
        mirrored.session.run("DROP TRIGGER mine ON odoo.sales");
        mirrored.run_type("sales").assert_ok("incremental");
        let left =
            "SELECT (SELECT count(*) FROM odoo.sales WHERE id = ANY ($1)) + (SELECT count(*) FROM odoo_sync.failures)";
        let left = left.replace("$1", &format!("'{{{},{}}}'", gone[0], gone[1]));
        let marked = if deletes == "mark" { 2 } else { 0 };
        assert_eq!(mirrored.session.number(&left), marked, "{series:?}");
    }
}

/// Whoever writes a trigger may choose a SQLSTATE of their own for what it raises.
#[test]
fn an_error_of_the_users_own_class_refuses_one_record_too() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("refused_class", series);
        mirrored.session.run(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one' USING ERRCODE = 'U0001'; END $$;
             CREATE TRIGGER mine BEFORE INSERT OR UPDATE ON odoo.sales FOR EACH ROW WHEN (NEW.name = 'S-REFUSED') EXECUTE FUNCTION refuse()",
        );
        let made = mirrored.sample.create("sale.order", json!({"name": "S-REFUSED", "state": "draft"}));
        mirrored.sample.create("sale.order", json!({"name": "S-NEXT", "state": "draft"}));
        let outcome = mirrored.run_type("sales");
        outcome.assert_partial(1);
        assert_eq!(outcome.inserted, 1, "{series:?}");
        mirrored.assert_only_failure("sales", made, "not this one", 1);
    }
}

/// A trigger that cannot work at all is no record's fault: the type fails and says so, and not every record is set
/// aside.
#[test]
fn a_trigger_that_is_broken_fails_the_type() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("refused_broken", series);
        mirrored.session.run(
            "CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM no_such_function(); RETURN NEW; END $$;
             CREATE TRIGGER mine BEFORE INSERT OR UPDATE ON odoo.sales FOR EACH ROW EXECUTE FUNCTION stumble()",
        );
        let [order, ..] = mirrored.ids("sale.order")[..] else { panic!("there are orders") };
        mirrored.sample.write("sale.order", &[order], json!({"client_order_ref": "changed"}));
        let error = mirrored.fail_type("sales");
        assert!(error.detail().is_some_and(|detail| detail.contains("no_such_function")), "{error:?}");
        assert!(mirrored.failures().is_empty(), "{series:?}");
    }
}
