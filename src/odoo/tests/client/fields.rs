//! Which fields there are, and which of them can be read by columns.

use odoo::{Column, Domain, Field, FieldKind, thread_traffic};
use sample_odoo::{FieldSpec, Series};

use crate::reading::{pick, read, storable};
use crate::servers::{Server, servers};

#[test]
fn fields_are_sorted_and_typed() {
    for server in servers() {
        let client = server.client();
        let fields = client.fields("account.move").expect(server.name);
        assert!(fields.is_sorted_by(|a, b| a.name < b.name), "{}", server.name);
        assert!(!fields.iter().any(|field| field.name == "id"), "{}", server.name);
        let find = |name| fields.iter().find(|field| field.name == name).expect(name);
        assert_eq!(find("name").kind, FieldKind::Char);
        assert_eq!(find("amount_total").kind, FieldKind::Monetary);
        assert_eq!(find("invoice_date").kind, FieldKind::Date);
        assert_eq!(find("write_date").kind, FieldKind::Datetime);
        assert_eq!(find("state").kind, FieldKind::Selection);
        let partner = find("partner_id");
        assert_eq!(partner.kind, FieldKind::Many2one);
        assert_eq!(partner.relation.as_deref(), Some("res.partner"));
        assert!(partner.stored && partner.sortable && !partner.label.is_empty(), "{partner:?}");

        let products = client.fields("product.product").expect(server.name);
        let find = |name| products.iter().find(|field| field.name == name).expect(name);
        assert!(!find("qty_available").stored && !find("qty_available").sortable);
        assert!(find("standard_price").company_dependent, "{}", server.name);
        assert_eq!(find("name").related.as_deref(), Some("product_tmpl_id.name"));
    }
}

#[test]
fn computed_fields_and_lists_come_along_by_rows() {
    for server in servers() {
        let client = server.client();
        let names = ["name", "list_price", "qty_available", "taxes_id", "categ_id"];
        let fields = pick(&client, "product.product", &names);
        let before = thread_traffic();
        let (columns, rows) = client.columnar("product.product", &fields).expect(server.name);
        let requests = thread_traffic().since(&before).requests;
        assert!(requests <= 4, "{}", server.name);
        let names = |fields: &[Field]| fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&columns), ["name", "list_price", "categ_id"], "{}", server.name);
        assert_eq!(names(&rows), ["qty_available", "taxes_id"], "{}", server.name);
        let (columns, rows) = fields.iter().cloned().partition::<Vec<_>, _>(Field::is_in_sql);

        let page = read(&client, "product.product", &Domain::all(), &columns, &rows);
        assert_eq!(page.ids, client.search("product.product", &Domain::all(), None).expect("ids"));
        let [name, price, category, quantity, taxes] = &page.columns[..] else {
            panic!("{}: {} columns", server.name, page.columns.len())
        };
        let all = page.ids.len();
        assert!(matches!(name, Column::Text(texts) if texts.iter().flatten().count() == all));
        assert!(matches!(price, Column::Numeric(texts) if texts.iter().flatten().count() == all));
        assert!(matches!(category, Column::Bigint(ids) if ids.len() == all));
        let Column::Numeric(quantity) = quantity else { panic!("{quantity:?}") };
        let positive = |text: &&str| text.parse::<f64>().expect("a number") > 0.0;
        assert!(quantity.iter().flatten().filter(positive).count() > 2, "{}", server.name);
        let Column::BigintArray(taxes) = taxes else { panic!("{taxes:?}") };
        assert!(taxes.iter().flatten().all(|ids| ids.is_sorted()), "{}", server.name);
        // The demo data of Odoo 14 has no taxes.
        let any = taxes.iter().flatten().any(|ids| !ids.is_empty());
        assert!(any || server.series == 14 && server.sample.is_none(), "{}", server.name);

        let by_rows = read(&client, "product.product", &Domain::all(), &[], &rows);
        assert_eq!(by_rows.columns[..], page.columns[3..], "{}", server.name);
    }
}

#[test]
fn a_field_that_odoo_refuses_by_columns_is_found_by_halving() {
    for series in [Series::V14, Series::V19] {
        let server = Server::sample(series);
        let client = server.client();
        let sample = server.sample.as_ref().expect("it is one");
        let spec = |name: &str, stored| FieldSpec {
            name: name.to_owned(),
            kind: "char".to_owned(),
            string: name.to_owned(),
            relation: None,
            stored,
        };
        sample.add_field("res.partner", spec("x_plain", true));
        sample.add_field("res.partner", spec("x_refused", false));
        let mut fields = storable(&client, "res.partner");
        for field in &mut fields {
            // It says that it is stored, as a field of a broken module does.
            field.stored |= field.name == "x_refused";
        }
        let (columns, rows) = client.columnar("res.partner", &fields).expect(server.name);
        assert!(columns.iter().any(|field| field.name == "x_plain"), "{}", server.name);
        assert!(rows.iter().any(|field| field.name == "x_refused"), "{}", server.name);
        let page = read(&client, "res.partner", &Domain::all(), &columns, &rows);
        assert_eq!(page.columns.len(), fields.len(), "{}", server.name);
    }
}
