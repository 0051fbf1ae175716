//! What is set for a type in `odoo_sync.types`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use support::gate::is_page;
use support::sample_odoo::Series;
use support::session::TextRow;

use crate::mirrored::{BOTH, HOUR, Mirrored, id, try_run};

/// Sets something for the sales.
fn set(mirrored: &mut Mirrored, what: &str) {
    mirrored.session.run(&format!("UPDATE odoo_sync.types SET {what} WHERE connection = 'odoo' AND type = 'sales'"));
}

#[test]
fn each_type_of_a_connection_has_its_row() {
    let mut mirrored = Mirrored::new("rows", Series::V19);
    let types = "SELECT string_agg(type, ' ' ORDER BY type) FROM odoo_sync.types WHERE connection = 'odoo' AND deletes = 'remove'
                 AND num_nonnulls(enabled, interval, batch_size, lookback, domain) = 0";
    assert_eq!(mirrored.session.value(types), "inventory invoices products purchases reference sales");
}

/// A type of one's own, added to the catalogue, can be set as well: an UPDATE that finds no row would say nothing.
#[test]
fn so_has_a_type_of_ones_own() {
    let mut mirrored = Mirrored::new("own_type", Series::V19);
    mirrored.session.run("INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields) VALUES ('taxes', 'taxes', 'account.tax', 90, '{name, amount}')");
    mirrored.session.run("UPDATE odoo_sync.types SET domain = '[[\"id\", \"=\", 1]]' WHERE type = 'taxes'");
    assert_eq!(mirrored.run_type("taxes").fetched, 1);
}

#[test]
fn a_disabled_type_runs_only_by_name() {
    let mut mirrored = Mirrored::new("disabled", Series::V19);
    set(&mut mirrored, "enabled = false");
    let ran = mirrored.run("");
    assert_eq!(ran.len(), 5, "{ran:?}");
    assert!(ran.iter().all(|outcome| outcome.r#type != "sales"), "{ran:?}");
    assert_eq!(mirrored.state("sales"), "disabled");
    mirrored.run_type("sales").assert_ok("incremental");
    // on again, also where the list leaves it out
    mirrored.session.run("SET odoo_sync.types = 'inventory'");
    assert_eq!(mirrored.run("").len(), 1);
    set(&mut mirrored, "enabled = true");
    let ran: Vec<String> = mirrored.run("").into_iter().map(|outcome| outcome.r#type).collect();
    assert_eq!(ran, ["sales", "inventory"]);
}

#[test]
fn batch_size_is_the_types_own() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("batch", series);
        set(&mut mirrored, "batch_size = 7");
        mirrored.session.run("SET odoo_sync.batch_size = 3");
        mirrored.run("'{sales}', full => true");
        let of = |model: &str| {
            mirrored
                .sample
                .requests()
                .iter()
                .filter(|request| is_page(request) && request.model.as_deref() == Some(model))
                .count()
        };
        for model in ["sale.order", "sale.order.line"] {
            assert_eq!(of(model), mirrored.ids(model).len().div_ceil(7), "{series:?} {model}");
        }
    }
}

/// The orders that a partner has, and their lines, are all that is left; the lines follow their headers.
#[test]
fn a_domain_narrows_a_type_and_lines_follow_their_headers() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("domain", series);
        let orders = mirrored.sample.records("sale.order");
        let partner = orders[0]["partner_id"].as_i64().expect("an order has a partner");
        set(&mut mirrored, &format!("domain = '[[\"partner_id\", \"=\", {partner}]]'"));
        mirrored.run_type("sales").assert_clean();
        assert_holds(&mut mirrored, |order| order["partner_id"] == partner);
        mirrored.later(HOUR);
        mirrored.run_type("sales").assert_ok("incremental");

        // what moves out of it is gone, what moves in is here
        let moved = id(orders.iter().find(|order| order["partner_id"] != partner).expect("others have orders"));
        let other = mirrored.field("sale.order", moved, "partner_id");
        mirrored.sample.write("sale.order", &[moved], json!({"partner_id": partner}));
        mirrored.sample.write("sale.order", &[id(&orders[0])], json!({"partner_id": other}));
        mirrored.run_type("sales").assert_ok("incremental");
        assert_holds(&mut mirrored, |order| order["partner_id"] == partner);

        // an 'or' keeps to itself
        mirrored.later(HOUR);
        let either = format!(
            "domain = '[\"|\", [\"partner_id\", \"=\", {partner}], [\"state\", \"=\", \"draft\"], [\"company_id\", \"=\", 1]]'"
        );
        set(&mut mirrored, &either);
        mirrored.run_type("sales").assert_clean();
        assert_holds(&mut mirrored, |order| {
            (order["partner_id"] == partner || order["state"] == "draft") && order["company_id"] == 1
        });

        // without one, all are back
        mirrored.later(HOUR);
        set(&mut mirrored, "domain = NULL");
        mirrored.run_type("sales").assert_clean();
        mirrored.assert_equal();
        mirrored.later(HOUR);
        mirrored.run_type("sales").assert_ok("incremental");
    }
}

/// Of that type alone, and once.
#[test]
fn the_run_after_a_domain_changed_is_a_full_one() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("domain_mode", series);
        for domain in ["'[[\"company_id\", \"=\", 1]]'", "NULL"] {
            set(&mut mirrored, &format!("domain = {domain}"));
            let outcomes = mirrored.run("'{sales,purchases}'");
            outcomes[0].assert_ok("full");
            outcomes[1].assert_ok("incremental");
            let told = mirrored.session.value("SELECT mode FROM odoo_sync.history WHERE type = 'sales' LIMIT 1");
            assert_eq!(told, "full", "{series:?}");
            mirrored.later(HOUR);
            mirrored.run_type("sales").assert_ok("incremental");
        }
    }
}

/// The catalogue's own domain still holds.
#[test]
fn a_domain_of_invoices_is_about_posted_ones() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("domain_invoices", series);
        let domain = "[\"|\", [\"company_id\", \"=\", 2], [\"move_type\", \"=\", \"in_invoice\"]]";
        mirrored.session.run(&format!("UPDATE odoo_sync.types SET domain = '{domain}' WHERE type = 'invoices'"));
        // more than half of the lines are not of these
        mirrored.run("'{invoices}', force => true").remove(0).assert_clean();
        let mut invoices = mirrored.invoices();
        invoices.retain(|invoice| invoice["company_id"] == 2 || invoice["move_type"] == "in_invoice");
        assert!(!invoices.is_empty());
        let ids: Vec<i64> = invoices.iter().map(id).collect();
        assert_eq!(mirrored.rows("invoices", "true"), ids, "{series:?}");
        let headers: BTreeSet<String> =
            mirrored.session.column("SELECT DISTINCT move_id FROM odoo.invoice_lines").into_iter().collect();
        let ids: BTreeSet<String> = ids.iter().map(i64::to_string).collect();
        assert!(headers.is_subset(&ids) && !headers.is_empty(), "{series:?}: {headers:?} of {ids:?}");
    }
}

/// Panics unless the sales are those that `keeps` says, and the lines theirs.
fn assert_holds(mirrored: &mut Mirrored, keeps: impl Fn(&Map<String, Value>) -> bool) {
    let mut orders = mirrored.sample.records("sale.order");
    let all = orders.len();
    orders.retain(keeps);
    let ids: Vec<i64> = orders.iter().map(id).collect();
    assert!(!ids.is_empty() && ids.len() < all, "some are meant: {ids:?}");
    assert_eq!(mirrored.rows("sales", "true"), ids, "{:?}", mirrored.series);
    let mut lines = mirrored.sample.records("sale.order.line");
    lines.retain(|line| line["order_id"].as_i64().is_some_and(|order| ids.contains(&order)));
    assert_eq!(mirrored.rows("sale_lines", "true"), lines.iter().map(id).collect::<Vec<_>>(), "{:?}", mirrored.series);
}

/// A value that cannot be is refused where it is set, and changes nothing.
#[test]
fn values_out_of_range_are_refused() {
    let mut mirrored = Mirrored::new("invalid", Series::V19);
    for (column, value, sqlstate) in [
        ("batch_size", "0", "23514"),
        ("batch_size", "-5", "23514"),
        ("batch_size", "100001", "23514"),
        ("batch_size", "'many'", "22P02"),
        ("interval", "'0'", "23514"),
        ("interval", "'-1 hour'", "23514"),
        ("interval", "'soon'", "22007"),
        ("lookback", "'-1 s'", "23514"),
        ("deletes", "'keep'", "23514"),
        ("deletes", "NULL", "23502"),
        ("enabled", "'perhaps'", "22P02"),
        ("domain", "'{\"state\": \"sale\"}'", "23514"),
        ("domain", "'\"state\"'", "23514"),
        ("domain", "'state = sale'", "22P02"),
    ] {
        let before = mirrored.session.rows("TABLE odoo_sync.types");
        let error =
            mirrored.session.error(&format!("UPDATE odoo_sync.types SET {column} = {value} WHERE type = 'sales'"));
        assert_eq!(error.code().code(), sqlstate, "{column} = {value}: {error:?}");
        if sqlstate.starts_with("23") {
            let told = format!("{} {}", error.message(), error.column().unwrap_or_default());
            assert!(told.contains(column), "{column} = {value}: {told}");
        }
        assert_eq!(mirrored.session.rows("TABLE odoo_sync.types"), before);
    }
}

/// A domain that is none, or that Odoo does not understand, fails its type, says so, and takes no other along; the
/// mirror stays.
#[test]
fn a_domain_that_cannot_be_fails_its_type_and_leaves_the_mirror() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("nonsense", series);
        for (domain, told) in [
            ("[[\"state\", \"=\"]]", "Element 1"),
            ("[\"|\", [\"state\", \"=\", \"sale\"]]", "ends too early"),
            ("[\"or\", [\"state\", \"=\", \"sale\"], [\"state\", \"=\", \"draft\"]]", "or"),
            ("[[\"no_such_field\", \"=\", 1]]", "no_such_field"),
            ("[[\"partner_id.no_such_field\", \"=\", 1]]", "no_such_field"),
        ] {
            set(&mut mirrored, &format!("domain = '{domain}'"));
            let error = try_run(&mut mirrored.session, "'{sales,purchases}'").expect_err("it must fail");
            assert_eq!(error.message(), "1 of 2 types failed: sales", "{series:?} {domain}");
            let detail = error.detail().unwrap_or_default();
            let of_sales =
                detail.lines().find(|line| line.starts_with("sales: failed")).unwrap_or_else(|| panic!("{detail}"));
            assert!(of_sales.contains("sale") && detail.contains(told), "{series:?} {domain}: {told:?} in {detail}");
            assert!(detail.lines().any(|line| line.starts_with("purchases: ok")), "{series:?} {domain}: {detail}");
        }
        set(&mut mirrored, "domain = NULL");
        mirrored.run_type("sales");
        mirrored.assert_equal();
    }
}

/// `check()` tells of it before a run does, and of everything else as ever.
#[test]
fn a_domain_that_cannot_be_is_a_line_of_check() {
    let mut mirrored = Mirrored::new("nonsense_checked", Series::V19);
    let lines = "SELECT count(*) FROM odoo_sync.check()";
    let expected = mirrored.session.number(lines);
    for (domain, told) in [("[[\"no_such_field\", \"=\", 1]]", "no_such_field"), ("[[\"state\", \"=\"]]", "Element 1")]
    {
        set(&mut mirrored, &format!("domain = '{domain}'"));
        assert_eq!(mirrored.session.number(lines), expected, "{domain}");
        let bad = mirrored.session.rows("SELECT subject, detail FROM odoo_sync.check() WHERE NOT ok");
        let is_told = |row: &TextRow| {
            row[0].as_deref() == Some("sales.sales") && row[1].as_deref().is_some_and(|detail| detail.contains(told))
        };
        assert!(bad.iter().any(is_told), "{domain}: {told:?} in {bad:?}");
    }
}

/// A second connection has settings of its own.
#[test]
fn settings_are_one_connections() {
    let mut mirrored = Mirrored::new("connections", Series::V19);
    mirrored.session.connect(&support::access::Access::from(&mirrored.sample), "other");
    mirrored.run("'{sales}', connection => 'other'");
    set(&mut mirrored, "domain = '[[\"id\", \"=\", 1]]'");
    mirrored.run_type("sales");
    assert_eq!(mirrored.rows("sales", "true"), [1]);
    let there = mirrored.session.number("SELECT count(*) FROM other.sales");
    assert_eq!(there, mirrored.ids("sale.order").len() as i64);
}

/// Texts that are translated are in the user's language, and what depends on the company is as the user's has it: where
/// one of them changes, all are read again.
#[test]
fn another_language_or_company_of_the_user_makes_the_next_run_full() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("language", series);
        assert_eq!(mirrored.run_type("sales").mode, "incremental", "{series:?}");
        for before in ["lang = 'eo'", "company_id = company_id + 1"] {
            mirrored.session.run(&format!("UPDATE odoo_sync.mirror_state SET {before} WHERE table_name = 'sales'"));
            assert_eq!(mirrored.run_type("sales").mode, "full", "{before}");
            assert_eq!(mirrored.run_type("sales").mode, "incremental", "{before}");
        }
    }
}
