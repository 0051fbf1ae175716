//! Changes that Odoo makes to a record without writing when: each by itself, where random business meets them by luck.

use serde_json::json;
use support::odoo_copy::OdooCopy;
use support::real_odoo::report;

use crate::company::Company;
use crate::mirrored::Mirrored;

/// The pairs of functions in `untraced.py`.
const CHANGES: &[&str] = &[
    "expected_goods",
    "category_of_goods",
    "credited_invoice",
    "contact_of_contact",
    "posted_and_deleted",
    "related_field",
    "attribute_value",
    "place_of_stock",
    "place_of_moves",
    "place_of_places",
    "quant_with_goods",
    "merged_contacts",
    "archived_tax",
    "deleted_tax",
    "added_line",
    "moved_lines",
    "removed_line",
    "tag_from_its_side",
    "removed_tag",
    "field_again",
    "other_field_shown",
    "renamed_choice",
];

#[test]
fn changes_without_a_write_date_in_odoo_19() {
    untraced(19);
}

#[test]
fn changes_without_a_write_date_in_odoo_14() {
    untraced(14);
}

fn untraced(series: u32) {
    let Some(copy) = OdooCopy::of(series, "untraced") else {
        return;
    };
    let mut company = Company::of(&copy, crate::SEED);
    let mut mirrored = Mirrored::of(&copy, "untraced");
    let mut missed = Vec::new();
    for change in CHANGES {
        let subject = company.call(&format!("{change}_before"), json!([]));
        mirrored.follow(5000).unwrap_or_else(|difference| panic!("before {change}:\n{difference}"));
        company.call(change, json!([subject]));
        if let Err(difference) = mirrored.follow(5000) {
            missed.push(format!("{change}:\n{difference}"));
            mirrored.heal();
        }
    }
    report(&format!(
        "changes without a write_date in Odoo {series}: {} of {} followed",
        CHANGES.len() - missed.len(),
        CHANGES.len()
    ));
    assert!(missed.is_empty(), "not followed in Odoo {series}:\n{}", missed.join("\n"));
}
