//! The comparison that the other tests rely on.

use support::compare::{SampleTruth, compare};
use support::sample_odoo::Series;

use crate::{assert_equal, connected, run};

/// The comparison that all of this relies on: each kind of difference is one.
#[test]
fn the_comparison_sees_each_kind_of_difference() {
    let (sample, mut session) = connected("differences", Series::V19);
    run(&mut session);
    assert_equal(&mut session, &sample);
    for (change, differences) in [
        ("UPDATE odoo.partners SET name = name || ' ' WHERE id = (SELECT min(id) FROM odoo.partners)", 1),
        (
            "UPDATE odoo.partners SET street2 = '' WHERE id = (SELECT min(id) FROM odoo.partners WHERE street2 IS NULL)",
            1,
        ),
        // one in the table, one in the digits
        (
            "UPDATE odoo.invoices SET amount_total = amount_total + 0.000001 WHERE id = (SELECT min(id) FROM odoo.invoices)",
            2,
        ),
        ("UPDATE odoo.invoices SET write_date = write_date + '1 us' WHERE id = (SELECT min(id) FROM odoo.invoices)", 1),
        ("UPDATE odoo.invoices SET invoice_date = invoice_date + 1 WHERE id = (SELECT min(id) FROM odoo.invoices)", 1),
        ("UPDATE odoo.products SET active = NULL WHERE id = (SELECT min(id) FROM odoo.products)", 1),
        ("UPDATE odoo.products SET taxes_id = NULL WHERE id = (SELECT min(id) FROM odoo.products)", 1),
        (
            "UPDATE odoo.sale_lines SET analytic_distribution = '{\"9\": 1}' WHERE id = (SELECT min(id) FROM odoo.sale_lines)",
            1,
        ),
        ("UPDATE odoo.users SET id = 1000000 WHERE id = (SELECT min(id) FROM odoo.users)", 2),
        ("DELETE FROM odoo.users WHERE id = (SELECT min(id) FROM odoo.users)", 1),
        ("ALTER TABLE odoo.users DROP COLUMN login", 1),
        ("ALTER TABLE odoo.users ADD COLUMN more text", 1),
        ("DROP TABLE odoo.users", 1),
        ("CREATE TABLE odoo.more (id bigint)", 1),
    ] {
        session.run(&format!("BEGIN; {change}"));
        let report = compare(&mut session, "odoo", &mut SampleTruth::new(&sample));
        assert_eq!(report.difference_count(), differences, "{change}");
        session.run("ROLLBACK");
    }
}
