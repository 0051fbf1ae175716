//! Units, categories, products.

use super::ledger::{Account, tax};
use super::{COMPANIES, Datum, Founding, Series, values};

/// What a document needs to know of a product.
pub struct Product {
    pub id: i64,
    pub label: String,
    pub unit: i64,
    pub price: f64,
    pub cost: f64,
    pub storable: bool,
}

pub const UNITS: i64 = 1;
pub const HOURS: i64 = 3;

/// Name, code, price, cost, category, and what it is: `product`, `consu` or `service`.
type Article = (&'static str, Option<&'static str>, f64, f64, i64, &'static str);

const ARTICLES: [Article; 24] = [
    ("Acoustic Bloc Screen", Some("FURN_6666"), 295.0, 287.0, 4, "product"),
    ("Cabinet with Doors", Some("E-COM11"), 140.0, 120.5, 4, "product"),
    ("Cable Management Box", Some("FURN_5555"), 100.0, 70.0, 5, "product"),
    ("Conference Chair", Some("E-COM12"), 33.0, 28.0, 4, "product"),
    ("Corner Desk Left Sit", Some("FURN_1118"), 85.0, 78.0, 4, "product"),
    ("Corner Desk Right Sit", Some("E-COM06"), 147.0, 140.0, 4, "product"),
    ("Customizable Desk", Some("FURN_0096"), 750.0, 500.0, 4, "product"),
    ("Desk Combination", Some("FURN_7800"), 450.0, 300.0, 4, "product"),
    ("Desk Stand with Screen", Some("FURN_7888"), 2100.0, 2010.0, 4, "product"),
    ("Drawer", Some("FURN_8855"), 110.5, 100.0, 4, "product"),
    ("Flipover", Some("FURN_9001"), 1950.0, 1700.0, 4, "product"),
    ("Individual Workplace", Some("FURN_0789"), 885.0, 876.0, 4, "product"),
    ("Lamp \"Lucioles\", 3 m", Some("E-LAMP'3"), 45.99, 20.1, 5, "product"),
    ("Large Cabinet", Some("E-COM07"), 320.0, 250.0, 4, "product"),
    ("Meeting Table 🪵 Oak", Some("E-COM08"), 4000.0, 2950.0, 4, "product"),
    ("Office Chair Black", Some("FURN_0269"), 120.5, 180.0, 4, "product"),
    ("Screw 4×40 mm", Some("SCREW-4"), 0.1, 0.04, 5, "consu"),
    ("Storage Box", Some("E-COM05"), 79.0, 14.0, 5, "product"),
    ("Three-Seat Sofa", Some("FURN_8999"), 1500.0, 1000.0, 4, "product"),
    ("Felt Pads & Glides <set>", None, 12.5, 3.75, 5, "consu"),
    ("Assembly on Site", Some("SERV_HOUR"), 65.0, 38.5, 3, "service"),
    ("Interior Design Study", Some("SERV_DESIGN"), 90.0, 45.0, 3, "service"),
    ("Office Lamp (discontinued)", Some("FURN_8888"), 40.0, 35.0, 5, "product"),
    ("Typewriter Table\nold model", Some("OLD-1"), 0.0, 0.0, 4, "product"),
];

pub fn products(founding: &mut Founding, more: usize) -> Vec<Product> {
    units(founding);
    categories(founding);
    let mut products = Vec::new();
    for article in ARTICLES {
        products.push(product(founding, article));
    }
    // archived ones: in the tables, on no document
    let archived: Vec<i64> = products.split_off(ARTICLES.len() - 2).iter().map(|product| product.id).collect();
    for id in archived {
        founding.now += 1_000_000;
        let now = founding.now;
        founding.database.write("product.product", id, now, false, &[("active".to_owned(), Datum::from(false))]);
    }
    for number in 1..=more {
        let mut made = product(founding, ("Shelf", None, 10.0 + number as f64 / 4.0, 5.0, 4, "product"));
        made.label = format!("[SHELF-{number:05}] Shelf {number}");
        let (name, code) = (format!("Shelf {number}"), format!("SHELF-{number:05}"));
        let now = founding.now;
        let values = [("name".to_owned(), Datum::from(name)), ("default_code".to_owned(), Datum::from(code))];
        founding.database.write("product.product", made.id, now, false, &values);
        products.push(made);
    }
    products
}

fn units(founding: &mut Founding) {
    let units = [
        ("Units", 1, 1.0, "reference"),
        ("Dozens", 1, 12.0, "bigger"),
        ("Hours", 2, 1.0, "smaller"),
        ("kg", 3, 1.0, "reference"),
        ("Pallet", 1, 480.0, "bigger"),
    ];
    for (id, (name, category, size, kind)) in (1_i64..).zip(units) {
        // up to 18 the factor counts units per reference unit, since 19 the other way round
        let factor = if founding.series() == Series::V14 { 1.0 / size } else { size };
        founding.add(
            "uom.uom",
            values! {
                "id" => id, "name" => name, "active" => name != "Pallet", "category_id" => category, "uom_type" => kind, "factor" => factor,
                "factor_inv" => size, "rounding" => 0.01, "relative_factor" => size, "relative_uom_id" => (size > 1.0).then_some(UNITS),
                "parent_path" => if size > 1.0 { format!("{UNITS}/{id}/") } else { format!("{id}/") }, "sequence" => size as i64 * 100,
            },
        );
    }
}

fn categories(founding: &mut Founding) {
    let categories = [
        ("All", None),
        ("Saleable", Some(1)),
        ("Services", Some(2)),
        ("Office Furniture", Some(2)),
        ("Accessories", Some(2)),
    ];
    let mut paths = vec![(String::new(), String::new())];
    for (id, (name, parent)) in (1_i64..).zip(categories) {
        let (above, names) = paths[parent.unwrap_or(0) as usize].clone();
        let path =
            (format!("{above}{id}/"), if names.is_empty() { name.to_owned() } else { format!("{names} / {name}") });
        founding.add(
            "product.category",
            values! {
                "id" => id, "name" => name, "complete_name" => path.1.as_str(), "parent_id" => parent, "parent_path" => path.0.as_str(),
                "removal_strategy_id" => (id == 4).then_some(1), "property_cost_method" => if id == 4 { "average" } else { "standard" },
                "property_valuation" => if founding.series() == Series::V14 { "manual_periodic" } else { "periodic" },
                "property_account_income_categ_id" => Account::Sales.of(1), "property_account_expense_categ_id" => Account::Expenses.of(1),
                "property_stock_valuation_account_id" => Account::Stock.of(1), "route_ids" => if id == 4 { vec![5] } else { Vec::new() },
            },
        );
        paths.push(path);
    }
}

fn product(founding: &mut Founding, (name, code, price, cost, category, kind): Article) -> Product {
    let v14 = founding.series() == Series::V14;
    let unit = if kind == "service" { HOURS } else { UNITS };
    let storable = kind == "product";
    let id = founding.add("product.product", Vec::new());
    let html = |text: String| {
        if v14 { text } else { format!("<p>{}</p>", text.replace('&', "&amp;").replace('<', "&lt;")) }
    };
    let barcode = (code.is_some() && storable).then(|| format!("60164786{id:05}"));
    let values = values! {
        "name" => name, "default_code" => code, "barcode" => barcode,
        "categ_id" => category, "company_id" => (name == "Drawer").then_some(COMPANIES[0]), "currency_id" => super::ledger::EUR,
        "type" => if kind == "product" && !v14 { "consu" } else { kind }, "is_storable" => storable,
        "tracking" => if name == "Customizable Desk" { "serial" } else { "none" }, "expense_policy" => "no", "sale_ok" => true, "purchase_ok" => kind != "service",
        "invoice_policy" => if kind == "service" { "order" } else { "delivery" }, "purchase_method" => "receive",
        "sale_delay" => if v14 { Datum::from(3.0) } else { Datum::from(3) }, "responsible_id" => super::people::BUYER, "service_type" => "manual",
        "uom_id" => unit, "uom_po_id" => unit, "weight" => if storable { 9.54 } else { 0.0 }, "volume" => storable.then_some(0.12), "list_price" => price, "lst_price" => price,
        "standard_price" => cost, "taxes_id" => COMPANIES.map(|company| tax(company, false)).to_vec(),
        "supplier_taxes_id" => vec![tax(COMPANIES[0], true)], "property_account_income_id" => (kind == "service").then(|| Account::Sales.of(1)),
        "property_account_expense_id" => (kind == "service").then(|| Account::Expenses.of(1)),
        "description" => html(format!("Inside: {name} & its \"manual\"")), "description_sale" => storable.then(|| format!("{name}:\n\t2 years of warranty")),
        "description_purchase" => (kind == "consu").then_some("Order by the box"), "combination_indices" => if name == "Customizable Desk" { "1,3" } else { "" }, "is_product_variant" => true,
        "product_template_attribute_value_ids" => if name == "Customizable Desk" { vec![1, 3] } else { Vec::new() }, "route_ids" => vec![5],
        "priority" => "0", "image_1920" => (name == "Drawer").then_some("iVBORw0KGgo="),
    };
    let now = founding.now;
    let values: Vec<(String, Datum)> = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    founding.database.write("product.product", id, now, false, &values);
    let template = [("default_code".to_owned(), Datum::from(code)), ("standard_price".to_owned(), Datum::from(cost))];
    founding.database.write("product.template", id, now, false, &template);
    let label = code.map_or_else(|| name.to_owned(), |code| format!("[{code}] {name}"));
    Product { id, label, unit, price, cost, storable }
}
