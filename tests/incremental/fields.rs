//! Fields that come to Odoo's models, and that leave them.

use std::collections::BTreeMap;

use serde_json::json;
use support::sample_odoo::FieldSpec;
use support::session::Session;

use crate::mirrored::{BOTH, HOUR, Mirrored, Outcome};

/// The types of a table's columns.
pub type Columns = BTreeMap<String, String>;

/// Mirrors that are read by a window, and some that are read whole: type, table, model.
pub const MIRRORS: [[&str; 3]; 4] = [
    ["sales", "sales", "sale.order"],
    ["invoices", "invoices", "account.move"],
    ["inventory", "inventory", "stock.quant"],
    ["reference", "users", "res.users"],
];

pub fn columns(session: &mut Session, table: &str) -> Columns {
    let sql = format!(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'odoo.{table}'::regclass AND attnum > 0 AND NOT attisdropped"
    );
    let text = |value: &Option<String>| value.clone().expect("it is not null");
    session.rows(&sql).iter().map(|row| (text(&row[0]), text(&row[1]))).collect()
}

/// What `check()` says of a mirror.
pub fn checked(session: &mut Session, r#type: &str, table: &str) -> String {
    session.value(&format!("SELECT detail FROM odoo_sync.check() WHERE subject = '{type}.{table}'"))
}

/// Panics unless the run ended well and said something about these.
pub fn assert_noted(outcome: &Outcome, told: &[&str]) {
    assert_eq!((outcome.status.as_str(), outcome.failed), ("ok", 0), "{outcome:?}");
    for told in told {
        assert!(outcome.message.contains(told), "{told:?} in {outcome:?}");
    }
}

/// Gives a model a custom field, filled in all records as a module does that fills its column by SQL.
pub fn add_codes(mirrored: &Mirrored, model: &str) {
    mirrored.sample.add_field(model, FieldSpec::new("x_code", "char"));
    mirrored.sample.write_quietly(model, &mirrored.ids(model), json!({"x_code": "code"}));
}

/// The same an hour ago: the field has its column by now, and a view uses that. Gives the table's columns.
pub fn with_codes_in_use(mirrored: &mut Mirrored, [r#type, table, model]: [&str; 3]) -> Columns {
    add_codes(mirrored, model);
    mirrored.run_type(r#type);
    mirrored.session.run(&format!("CREATE VIEW {table}_codes AS SELECT id, x_code FROM odoo.{table}"));
    let before = columns(&mut mirrored.session, table);
    mirrored.later(HOUR);
    before
}

/// The message of a type's last run, as `history` has it.
fn history(session: &mut Session, r#type: &str) -> String {
    session.value(&format!("SELECT message FROM odoo_sync.history WHERE type = '{type}' LIMIT 1"))
}

#[test]
fn a_new_field_is_a_new_column_filled_for_all_rows() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("new", series);
        for [r#type, table, model] in MIRRORS {
            add_codes(&mirrored, model);
            let before = columns(&mut mirrored.session, table);
            let detail = checked(&mut mirrored.session, r#type, table);
            assert!(detail.contains("x_code"), "{series:?} {table}: {detail}");
            assert_eq!(columns(&mut mirrored.session, table), before, "{series:?} {table}: check() changes nothing");

            let outcome = mirrored.run_type(r#type);
            assert_noted(&outcome, &[table, "x_code"]);
            assert_eq!(history(&mut mirrored.session, r#type), outcome.message, "{series:?} {table}");
            let rows = mirrored.rows(table, "true").len();
            assert_eq!(mirrored.rows(table, "x_code = 'code'").len(), rows, "{series:?} {table}");
            assert!(
                !checked(&mut mirrored.session, r#type, table).contains("x_code"),
                "{series:?} {table}: it is no news any more"
            );
            mirrored.later(HOUR);
            mirrored.run_type(r#type).assert_ok("incremental");
        }
        mirrored.run("");
        mirrored.assert_equal();
    }
}

/// Of every kind, those too that a page needs a second request for.
#[test]
fn new_fields_of_each_kind_are_filled() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("kinds", series);
        let order = mirrored.ids("sale.order")[2];
        let kinds = [
            ("char", json!("a"), "a"),
            ("text", json!("b\nc"), "b\nc"),
            ("html", json!("<p>d</p>"), "<p>d</p>"),
            ("selection", json!("e"), "e"),
            ("integer", json!(7), "7"),
            ("float", json!(7.25), "7.25"),
            ("monetary", json!(8.5), "8.5"),
            ("boolean", json!(true), "t"),
            ("date", json!("2026-02-28"), "2026-02-28"),
            ("datetime", json!("2026-02-28 23:59:59"), "2026-02-28 23:59:59+00"),
            ("many2one", json!(1), "1"),
            ("many2many", json!([1, 2]), "{1,2}"),
        ];
        for (kind, value, _) in &kinds {
            let mut field = FieldSpec::new(&format!("x_{kind}"), kind);
            field.relation = kind.starts_with("many").then(|| "res.partner".to_owned());
            mirrored.sample.add_field("sale.order", field);
            mirrored.sample.write_quietly("sale.order", &[order], json!({format!("x_{kind}"): value}));
        }
        mirrored.run_type("sales");
        for (kind, _, shown) in kinds {
            let mut cell = mirrored.cell("sales", &format!("x_{kind}"), order);
            if matches!(kind, "float" | "monetary") {
                cell = support::compare::canonical(&cell);
            }
            assert_eq!(cell, shown, "{series:?} {kind}");
        }
        mirrored.assert_equal();
    }
}

#[test]
fn a_field_that_left_keeps_its_column_empty() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("left", series);
        for [r#type, table, model] in MIRRORS {
            let ids = mirrored.ids(model);
            let before = with_codes_in_use(&mut mirrored, [r#type, table, model]);

            mirrored.sample.drop_field(model, "x_code");
            let detail = checked(&mut mirrored.session, r#type, table);
            assert!(detail.contains("x_code"), "{series:?} {table}: {detail}");
            let filled = format!("SELECT count(x_code) FROM {table}_codes");
            assert_ne!(mirrored.session.number(&filled), 0, "{series:?} {table}: check() changes nothing");
            let outcome = mirrored.run_type(r#type);
            assert_eq!(outcome.mode, "incremental", "{series:?} {table}");
            assert_noted(&outcome, &[table, "x_code"]);
            assert_eq!(history(&mut mirrored.session, r#type), outcome.message, "{series:?} {table}");
            assert_eq!(columns(&mut mirrored.session, table), before, "{series:?} {table}");
            assert_eq!(
                mirrored.session.number(&filled),
                0,
                "{series:?} {table}: all rows are NULL, those too that did not change"
            );
            assert!(
                !checked(&mut mirrored.session, r#type, table).contains("x_code"),
                "{series:?} {table}: it is no news any more"
            );
            // new rows are, too; and once told is enough
            mirrored.later(HOUR);
            mirrored.run_type(r#type).assert_ok("incremental");

            // it comes back into the same column
            mirrored.sample.add_field(model, FieldSpec::new("x_code", "char"));
            mirrored.sample.write_quietly(model, &ids, json!({"x_code": "again"}));
            mirrored.run_type(r#type);
            assert_eq!(columns(&mut mirrored.session, table), before, "{series:?} {table}");
            let rows = mirrored.rows(table, "true").len() as i64;
            assert_eq!(
                mirrored.session.number(&format!("SELECT count(*) FROM {table}_codes WHERE x_code = 'again'")),
                rows,
                "{series:?} {table}"
            );
        }
        mirrored.run("");
        mirrored.assert_equal();
    }
}

/// So does one of Odoo's own, as after an upgrade, or where a right was taken away.
#[test]
fn a_field_of_odoos_own_that_left_keeps_its_column_empty() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("left_own", series);
        assert_ne!(mirrored.session.number("SELECT count(invoice_origin) FROM odoo.invoices"), 0);
        mirrored.sample.drop_field("account.move", "invoice_origin");
        assert_noted(&mirrored.run_type("invoices"), &["invoices", "invoice_origin"]);
        assert_eq!(mirrored.session.number("SELECT count(invoice_origin) FROM odoo.invoices"), 0, "{series:?}");
        mirrored.later(HOUR);
        mirrored.run_type("invoices").assert_ok("incremental");
    }
}

/// A column of the user's own is none of ours: it is neither emptied nor told of.
#[test]
fn a_column_that_somebody_added_here_is_left_alone() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("own", series);
        mirrored.session.run("ALTER TABLE odoo.sales ADD COLUMN remark text; UPDATE odoo.sales SET remark = 'mine'");
        let order = mirrored.ids("sale.order")[0];
        mirrored.sample.write("sale.order", &[order], json!({"client_order_ref": "changed"}));
        for arguments in ["'{sales}'", "'{sales}', full => true"] {
            let outcome = mirrored.run(arguments).remove(0);
            assert_eq!((outcome.status.as_str(), outcome.message.as_str()), ("ok", ""), "{series:?} {outcome:?}");
            assert!(mirrored.rows("sales", "remark IS NULL").is_empty(), "{series:?}");
        }
        assert_eq!(mirrored.cell("sales", "client_order_ref", order), "changed", "{series:?}");
    }
}

/// A column that somebody added here and filled is theirs, although Odoo has a field of that name later.
#[test]
fn a_column_of_somebodys_own_is_not_taken_for_a_new_field() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("own_column", series);
        mirrored
            .session
            .run("ALTER TABLE odoo.sales ADD x_note text, ADD x_unused text; UPDATE odoo.sales SET x_note = 'mine'");
        let orders = mirrored.ids("sale.order");
        for field in ["x_note", "x_unused"] {
            mirrored.sample.add_field("sale.order", FieldSpec::new(field, "char"));
            mirrored.sample.write_quietly("sale.order", &orders, json!({field: "theirs"}));
        }
        let detail = checked(&mut mirrored.session, "sales", "sales");
        assert!(detail.contains("x_note is a user's column: the next run adds x_note_1"), "{series:?} {detail}");
        let outcome = mirrored.run_type("sales");
        assert_noted(&outcome, &["x_note is new; its values are in x_note_1, for the table has a x_note of its own"]);
        for _ in 0..2 {
            let texts = "SELECT DISTINCT concat_ws(' ', x_note, x_note_1, x_unused) FROM odoo.sales";
            assert_eq!(mirrored.session.value(texts), "mine theirs theirs", "{series:?}");
            mirrored.later(HOUR);
            mirrored.run_type("sales");
        }
    }
}

/// How types are spelled is a setting of the session's, and no change of theirs.
#[test]
fn quote_all_identifiers_makes_no_new_columns() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("quoting", series);
        let before = columns(&mut mirrored.session, "sales");
        let name = mirrored.database.name.clone();
        mirrored
            .session
            .run(&format!("ALTER DATABASE {name} SET quote_all_identifiers = on; SET quote_all_identifiers = on"));
        mirrored.run("'{sales}', full => true");
        let detail = checked(&mut mirrored.session, "sales", "sales");
        assert!(!detail.contains("adds"), "{series:?} {detail}");
        mirrored.session.run("SET quote_all_identifiers = off");
        assert_eq!(columns(&mut mirrored.session, "sales"), before, "{series:?}");
    }
}
