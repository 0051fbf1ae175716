//! `adopt()`: a table that is there already becomes the mirror, and all that this took is told.

use support::access::Access;
use support::cluster::Cluster;
use support::real_odoo::RealOdoo;
use support::sample_odoo::{SampleOdoo, Series};
use support::session::{Session, TextRow};

#[path = "adopt/columns.rs"]
mod columns;
#[path = "adopt/course.rs"]
mod course;
#[path = "adopt/obstacles.rs"]
mod obstacles;
#[path = "adopt/refusals.rs"]
mod refusals;
#[path = "adopt/rows.rs"]
mod rows;

/// A sample Odoo, and a database with a connection `odoo` to it and an empty schema for its mirrors.
fn connected(name: &str) -> (SampleOdoo, Session) {
    let sample = SampleOdoo::start(Series::V19);
    let mut session = Cluster::shared().database(name).session();
    session.connect(&Access::from(&sample), "odoo");
    session.run("CREATE SCHEMA odoo");
    (sample, session)
}

/// Adopts a table of `odoo`, and gives what was done: action, detail, rows.
fn adopt(session: &mut Session, table: &str, name: &str) -> Vec<TextRow> {
    session.rows(&format!("SELECT * FROM odoo_sync.adopt('odoo.{table}', '{name}')"))
}

/// The details and rows of one sort of action: `detail` or `detail: rows`.
fn told(actions: &[TextRow], action: &str) -> Vec<String> {
    let of_sort = actions.iter().filter(|row| row[0].as_deref() == Some(action));
    of_sort
        .map(|row| match &row[2] {
            Some(rows) => format!("{}: {rows}", row[1].as_deref().unwrap_or_default()),
            None => row[1].clone().unwrap_or_default(),
        })
        .collect()
}

/// Runs a type in full, and asks whether its mirrors equal Odoo.
fn assert_equal_after_a_run(session: &mut Session, name: &str) {
    let status = session.rows(&format!("SELECT status, message FROM odoo_sync.run(ARRAY['{name}'])"));
    assert_eq!(status, [[Some("ok".to_owned()), None]]);
    let rows = session.rows(&format!(
        "SELECT table_name, odoo_count, local_count, missing, extra, different, ok, detail FROM odoo_sync.verify(ARRAY['{name}'])"
    ));
    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(row[6].as_deref(), Some("t"), "{row:?}");
    }
}

/// What old scripts left behind: no key, duplicates, rows with no id, types of their own, a view on it.
const DIRTY: &str = "
    CREATE TABLE odoo.invoices (
        line_no serial PRIMARY KEY,
        id text,
        name varchar(64) NOT NULL UNIQUE,
        amount_total integer DEFAULT 0,
        amount_tax double precision,
        amount_untaxed numeric(16,2),
        invoice_date text,
        partner_id integer,
        state text NOT NULL,
        write_date text,
        our_note text NOT NULL,
        our_flag boolean NOT NULL DEFAULT true,
        _synced_at text);
    INSERT INTO odoo.invoices (id, name, amount_total, state, write_date, our_note, invoice_date)
    SELECT id::text, 'INV' || id || '/' || copy, 10 * id, 'posted', '2024-01-0' || copy || ' 00:00:00', 'copy ' || copy, '2024-01-01'
    FROM unnest(ARRAY[{ids}]) AS id, generate_series(1, 3) AS copy;
    INSERT INTO odoo.invoices (id, name, state, our_note)
    VALUES (NULL, 'A', 'posted', 'null'), ('', 'B', 'posted', 'empty'), ('-4', 'C', 'posted', 'negative'),
           ('abc', 'D', 'posted', 'word'), ('0', 'E', 'posted', 'zero'), ('1.5', 'F', 'posted', 'half'),
           ('99999999999999999999', 'G', 'posted', 'huge'), ('99999999', 'H', 'posted', 'unknown to Odoo');
    CREATE VIEW odoo.report AS SELECT amount_untaxed, our_note FROM odoo.invoices";

/// The whole of it, on any Odoo.
fn a_dirty_table_becomes_the_mirror(session: &mut Session) {
    session.run("CREATE SCHEMA old; SELECT odoo_sync.run(ARRAY['invoices']); ALTER TABLE odoo.invoices SET SCHEMA old");
    let ids = session.column("SELECT id FROM old.invoices ORDER BY id LIMIT 3");
    assert_eq!(ids.len(), 3, "Odoo has some invoices");
    session.run(&DIRTY.replace("{ids}", &ids.join(", ")));
    let refused = session.error("SELECT odoo_sync.run(ARRAY['invoices'])");
    assert!(refused.detail().is_some_and(|detail| detail.contains("is no mirror")), "{refused:?}");
    assert_eq!(session.value("SELECT count(*) FROM odoo.invoices"), "17", "a run leaves it alone");

    let actions = adopt(session, "invoices", "invoices");
    assert_eq!(
        told(&actions, "set aside"),
        [
            "rows whose id is NULL or no positive whole number: moved to odoo.invoices_set_aside: 7",
            "rows with the id of another; the newest by write_date stays: moved to odoo.invoices_set_aside: 6",
        ]
    );
    assert_eq!(told(&actions, "not in Odoo").len(), 1, "{actions:?}");
    assert_eq!(
        told(&actions, "adopted"),
        ["odoo.invoices is the mirror of account.move now; the next run reads everything: 4"]
    );
    assert_eq!(session.column("SELECT DISTINCT our_note FROM odoo.invoices ORDER BY 1"), ["copy 3", "unknown to Odoo"]);
    assert_eq!(
        session.value("SELECT count(*) FROM odoo.invoices_set_aside WHERE _set_aside_at = now()"),
        "0",
        "the time is that of the move"
    );
    assert_eq!(
        session.value("SELECT count(*) FROM odoo.invoices_set_aside WHERE _set_aside_at IS NOT NULL AND _reason <> ''"),
        "13"
    );

    assert_equal_after_a_run(session, "invoices");
    assert_eq!(
        session.column("SELECT count(*) FROM odoo.report WHERE our_note = 'copy 3'"),
        ["3"],
        "the view and what only we know are still there"
    );
    // what a run makes by itself, and what became of the adopted one, hold the same
    let same = "SELECT count(*) FROM old.invoices o JOIN odoo.invoices n USING (id)
                WHERE (o.name, o.amount_total, o.amount_tax, o.amount_untaxed, o.invoice_date, o.write_date, o.partner_id, o.state)
                      IS NOT DISTINCT FROM
                      (n.name, n.amount_total, n.amount_tax, n.amount_untaxed_1, n.invoice_date, n.write_date, n.partner_id, n.state)";
    let all = session.value("SELECT count(*) FROM old.invoices");
    assert_eq!(session.value(same), all);
    assert_eq!(session.value("SELECT count(*) FROM odoo.invoices"), all);
    let again = session.rows("SELECT inserted, updated, deleted FROM odoo_sync.run(ARRAY['invoices'], full => true)");
    assert_eq!(again, [[Some("0".to_owned()), Some("0".to_owned()), Some("0".to_owned())]]);
}

#[test]
fn a_dirty_table_becomes_the_mirror_of_the_sample() {
    for series in [Series::V14, Series::V19] {
        let sample = SampleOdoo::start(series);
        let name = format!("dirty_{series:?}").to_lowercase();
        let mut session = Cluster::shared().database(&name).session();
        session.connect(&Access::from(&sample), "odoo");
        a_dirty_table_becomes_the_mirror(&mut session);
    }
}

#[test]
fn a_dirty_table_becomes_the_mirror_of_real_servers() {
    for series in [14, 19] {
        let Some(odoo) = RealOdoo::of(series) else {
            continue;
        };
        let mut session = Cluster::shared().database(&format!("dirty_real_{series}")).session();
        session.connect(&odoo.access, "odoo");
        a_dirty_table_becomes_the_mirror(&mut session);
    }
}
