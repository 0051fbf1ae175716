//! `verify()`: it tells where the mirrors differ from Odoo, and only there; it writes nothing and asks little.

use std::time::Duration;

use serde_json::json;
use support::access::Access;
use support::cluster::Cluster;
use support::real_odoo::RealOdoo;
use support::sample_odoo::{SampleOdoo, Series, Size};
use support::session::Session;

#[path = "verify/circumstances.rs"]
mod circumstances;

const BOTH: [Series; 2] = [Series::V14, Series::V19];

const COLUMNS: &str = "table_name, odoo_count, local_count, missing, extra, different, ok, detail";

/// A sample Odoo and a database whose mirrors equal it.
fn mirrored(name: &str, series: Series) -> (SampleOdoo, Session) {
    let sample = SampleOdoo::start(series);
    let name = format!("{name}_{series:?}").to_lowercase();
    let mut session = Cluster::shared().database(&name).session();
    session.connect(&Access::from(&sample), "odoo");
    session.run("SELECT odoo_sync.run()");
    (sample, session)
}

/// The mirrors that differ: `table missing extra different`.
fn differing(session: &mut Session) -> Vec<String> {
    session.column("SELECT concat_ws(' ', table_name, missing, extra, different) FROM odoo_sync.verify() WHERE NOT ok")
}

/// What is told of a mirror.
fn detail(session: &mut Session, table: &str) -> String {
    session.value(&format!("SELECT detail FROM odoo_sync.verify() WHERE table_name = '{table}'"))
}

/// All rows are well, and each mirror is among them with as many records as Odoo has.
fn assert_well(session: &mut Session, connection: &str) {
    let rows = session.rows(&format!("SELECT {COLUMNS} FROM odoo_sync.verify(connection => '{connection}')"));
    assert_eq!(rows.len(), 18, "{rows:?}");
    for row in &rows {
        let zero = Some("0".to_owned());
        assert_eq!(row[1], row[2], "{row:?}");
        assert_eq!(row[3..6], [zero.clone(), zero.clone(), zero], "{row:?}");
        assert_eq!(row[6].as_deref(), Some("t"), "{row:?}");
        assert_eq!(row[7], None, "{row:?}");
    }
    let counted: i64 = rows.iter().filter_map(|row| row[1].as_deref()?.parse::<i64>().ok()).sum();
    assert!(counted > 300, "Odoo has more than {counted} records");
}

#[test]
fn mirrors_of_the_sample_that_were_just_filled_are_well() {
    for series in BOTH {
        let (_sample, mut session) = mirrored("well", series);
        assert_well(&mut session, "odoo");
    }
}

#[test]
fn mirrors_of_real_servers_are_well_until_a_row_is_changed_here() {
    let (Some(new), Some(old)) = (RealOdoo::of(19), RealOdoo::of(14)) else {
        return;
    };
    let mut session = Cluster::shared().database("real").session();
    for (odoo, name) in [(&new, "new"), (&old, "old")] {
        session.connect(&odoo.access, name);
        session.run(&format!("SELECT odoo_sync.run(connection => '{name}')"));
        assert_well(&mut session, name);
        session.run(&format!(
            "DELETE FROM {name}.partners WHERE id = (SELECT max(id) FROM {name}.partners);
             INSERT INTO {name}.sales (id, _synced_at) VALUES (99999999, now());
             UPDATE {name}.invoices SET write_date = write_date + interval '1 second' WHERE id = (SELECT min(id) FROM {name}.invoices);
             UPDATE {name}.purchase_lines SET price_unit = price_unit + 0.01 WHERE id = (SELECT min(id) FROM {name}.purchase_lines);
             UPDATE {name}.units SET factor = factor * 1.000001 WHERE id = (SELECT max(id) FROM {name}.units);
             UPDATE {name}.products SET virtual_available = virtual_available + 1 WHERE id = (SELECT max(id) FROM {name}.products)"
        ));
        let found = session.column(&format!(
            "SELECT concat_ws(' ', table_name, missing, extra, different) FROM odoo_sync.verify(connection => '{name}') WHERE NOT ok"
        ));
        let expected = [
            "partners 1 0 0",
            "units 0 0 1",
            "products 0 0 1",
            "invoices 0 0 1",
            "purchase_lines 0 0 1",
            "sales 0 1 0",
        ];
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn rows_changed_here_are_told_by_their_ids() {
    for series in BOTH {
        let (sample, mut session) = mirrored("changed_here", series);
        let gone: Vec<i64> = session
            .column(
                "DELETE FROM odoo.invoices WHERE id IN (SELECT id FROM odoo.invoices ORDER BY id LIMIT 4) RETURNING id",
            )
            .iter()
            .map(|id| id.parse().expect("an id"))
            .collect();
        session.run("INSERT INTO odoo.sales (id, _synced_at) VALUES (-1, now()), (99999999999, now())");
        session.run("UPDATE odoo.partners SET write_date = NULL WHERE id = (SELECT min(id) FROM odoo.partners)");
        assert_eq!(differing(&mut session), ["partners 0 0 1", "invoices 4 0 0", "sales 0 2 0"]);
        let first_few = format!("missing here: id {}, {}, {}, ...", gone[0], gone[1], gone[2]);
        assert_eq!(detail(&mut session, "invoices"), first_few);
        assert_eq!(detail(&mut session, "sales"), "not in Odoo: id -1, 99999999999");
        let first = session.value("SELECT min(id) FROM odoo.partners");
        assert_eq!(detail(&mut session, "partners"), format!("different: id {first}"));
        session.run("SELECT odoo_sync.run(full => true)");
        assert_eq!(differing(&mut session), [""; 0]);
        drop(sample);
    }
}

#[test]
fn what_changed_in_odoo_is_told_until_it_was_fetched() {
    for series in BOTH {
        let (sample, mut session) = mirrored("changed_there", series);
        let id = |table: &str, session: &mut Session| session.number(&format!("SELECT max(id) FROM odoo.{table}"));
        let (line, partner) = (id("sale_lines", &mut session), id("partners", &mut session));
        sample.advance(Duration::from_secs(60));
        sample.create("res.partner", json!({"name": "New"}));
        sample.write("res.partner", &[partner], json!({"name": "Renamed"}));
        sample.unlink("sale.order.line", &[line]);
        // no write date tells of it
        sample.write_quietly("stock.quant", &[id("inventory", &mut session)], json!({"reserved_quantity": 7.25}));
        let found = differing(&mut session);
        assert!(found.contains(&"partners 1 0 1".to_owned()), "{found:?}");
        assert!(found.contains(&"sale_lines 0 1 0".to_owned()), "{found:?}");
        assert!(found.contains(&"inventory 0 0 1".to_owned()), "{found:?}");
        let told = detail(&mut session, "inventory");
        assert!(told.starts_with("reserved_quantity adds up to ") && told.ends_with(" here"), "{told}");
        session.run("SELECT odoo_sync.run(full => true)");
        assert_eq!(differing(&mut session), [""; 0]);
    }
}

/// Numbers that Odoo computes when it is asked have no sum: they are compared record by record, in pages of
/// `batch_size`.
#[test]
fn computed_numbers_are_compared_record_by_record_in_pages() {
    for series in BOTH {
        let (sample, mut session) = mirrored("pages", series);
        session.run("SET odoo_sync.batch_size = 3");
        sample.forget_requests();
        assert_eq!(differing(&mut session), [""; 0]);
        let products = sample.records("product.product").len();
        let reads = |method: &str| {
            let of_products =
                sample.requests().into_iter().filter(|request| request.model.as_deref() == Some("product.product"));
            of_products.filter(|request| request.method.as_deref() == Some(method)).count()
        };
        let row_read = if series == Series::V14 { "read" } else { "search_read" };
        assert_eq!(reads(row_read), products.div_ceil(3), "a page for each three");

        let ids: Vec<i64> = session
            .column("SELECT id FROM odoo.products ORDER BY id")
            .iter()
            .map(|id| id.parse().expect("an id"))
            .collect();
        let between = ids[2] + 1;
        session.run(&format!(
            "DELETE FROM odoo.products WHERE id IN ({}, {}, {});
             UPDATE odoo.products SET qty_available = qty_available + 1 WHERE id IN ({}, {});
             INSERT INTO odoo.products (id, _synced_at) VALUES (-7, now()), (99999999, now())",
            ids[0],
            ids[3],
            ids[ids.len() - 1],
            ids[1],
            ids[ids.len() - 2]
        ));
        assert_eq!(differing(&mut session), ["products 3 2 2"]);
        if !ids.contains(&between) {
            session.run(&format!("INSERT INTO odoo.products (id, _synced_at) VALUES ({between}, now())"));
            assert_eq!(differing(&mut session), ["products 3 3 2"], "{between} is between two pages");
        }
    }
}

#[test]
fn a_mirror_takes_three_requests_for_as_many_records_as_fit_into_a_page() {
    for series in BOTH {
        let sample = SampleOdoo::start_with(series, Size { documents: 2_000 });
        let mut session = Cluster::shared().database(&format!("requests_{series:?}").to_lowercase()).session();
        session.connect(&Access::from(&sample), "odoo");
        session.run("SELECT odoo_sync.run(ARRAY['invoices', 'sales'])");
        sample.forget_requests();
        let rows = session.rows("SELECT odoo_count, ok FROM odoo_sync.verify(ARRAY['invoices', 'sales'])");
        assert!(rows.iter().all(|row| row[1].as_deref() == Some("t")), "{rows:?}");
        let business = ["account.move", "account.move.line", "sale.order", "sale.order.line"];
        for model in business {
            let asked: Vec<String> = sample
                .requests()
                .into_iter()
                .filter(|request| request.model.as_deref() == Some(model))
                .filter_map(|request| request.method)
                .collect();
            let group = if series == Series::V14 { "read_group" } else { "formatted_read_group" };
            assert_eq!(asked, ["fields_get", group, group], "{model}");
        }
    }
}

/// A many2one that points elsewhere is seen by what they add up to, though nothing says in which record.
#[test]
fn a_many2one_that_points_elsewhere_is_seen() {
    for series in BOTH {
        let (_sample, mut session) = mirrored("elsewhere", series);
        session.run("UPDATE odoo.sales SET partner_id = partner_id + 1 WHERE id = (SELECT min(id) FROM odoo.sales)");
        let told = detail(&mut session, "sales");
        assert!(told.contains("partner_id"), "{series:?} {told}");
        let is_ok = "SELECT ok FROM odoo_sync.verify('{sales}') WHERE table_name = 'sales'";
        assert_eq!(session.value(is_ok), "f", "{series:?}");
        session.run("SELECT odoo_sync.run('{sales}')");
        assert_eq!(session.value(is_ok), "t", "{series:?}: an incremental run mends it");
    }
}
