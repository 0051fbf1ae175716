//! The companies, their users, their customers and suppliers.

use super::ledger::{Account, currency_of};
use super::{COMPANIES, Datum, Founding, Series, day, values};

/// Who buys and who sells.
pub struct People {
    pub customers: Vec<i64>,
    pub suppliers: Vec<i64>,
}

/// A partner whose id is more than an `integer` can hold.
pub const FAR_PARTNER: i64 = 3_000_000_123;
/// The users who sell and who buy.
pub const SELLER: i64 = 3;
pub const BUYER: i64 = 4;

/// Name, street, zip, city, country (id and code), VAT number.
type Address = (&'static str, &'static str, &'static str, &'static str, (i64, &'static str), Option<&'static str>);

const BELGIUM: (i64, &str) = (20, "BE");
const FRANCE: (i64, &str) = (75, "FR");
const GERMANY: (i64, &str) = (57, "DE");
const JAPAN: (i64, &str) = (113, "JP");
const BRITAIN: (i64, &str) = (231, "GB");
const AMERICA: (i64, &str) = (233, "US");

const CUSTOMERS: [Address; 14] = [
    ("Azure Interior", "4557 De Silva St", "94538", "Fremont", AMERICA, Some("US12345677")),
    ("Brasserie du Canal", "Quai au Foin 33", "1000", "Bruxelles", BELGIUM, Some("BE0477472701")),
    ("Deco Addict", "77 Santa Barbara Rd", "94523", "Pleasant Hill", AMERICA, None),
    ("Gemini Furniture", "317 Fairchild Dr", "94534", "Fairfield", AMERICA, None),
    ("Hôtel des Tilleuls", "12 rue de l'Église", "67000", "Strasbourg", FRANCE, Some("FR23334175221")),
    ("Müller & Söhne \"Holz\" GmbH", "Lindenstraße 8", "50674", "Köln", GERMANY, Some("DE136695976")),
    ("O'Brien Interiors", "9 Mill Lane", "BS1 4ST", "Bristol", BRITAIN, Some("GB980780684")),
    ("Sunny Side 🌞 Café", "5 Beach Parade", "BN2 1TW", "Brighton", BRITAIN, None),
    ("東京オフィス家具", "2-1-1 Nihonbashi", "103-0022", "Tokyo", JAPAN, None),
    ("The Jackson Group", "1611 Peony Rd", "95969", "Tracy", AMERICA, None),
    ("Ready Mat", "7500 W Linne Road", "95304", "Tracy", AMERICA, None),
    ("Nul\u{0} & Void Ltd", "1 Zero Street", "EC1A 1BB", "London", BRITAIN, None),
    ("Librairie Point-Virgule;", "3 place \\ des Carmes", "5000", "Namur", BELGIUM, Some("BE0403019261")),
    ("Lumber Inc", "1337 N San Joaquin St", "95202", "Stockton", AMERICA, None),
];
const SUPPLIERS: [Address; 4] = [
    ("Ardennes Timber", "Route de Bastogne 101", "6800", "Libramont", BELGIUM, Some("BE0884025633")),
    ("Wood Corner", "1839 Arbor Way", "95380", "Turlock", AMERICA, None),
    ("Schrauben Schmitt KG", "Hafenstraße 4", "47119", "Duisburg", GERMANY, Some("DE129274202")),
    ("Fil & Textile SARL", "8 rue du Lin", "59000", "Lille", FRANCE, Some("FR83404833048")),
];
const CONTACTS: [(&str, &str); 6] = [
    ("Brandon Freeman", "Creative Director"),
    ("Colleen Diaz", "Business Executive"),
    ("Thérèse Lambert", "Office Manager"),
    ("Jan de Vries", "Purchasing"),
    ("Nicole Ford", "Director"),
    ("Kenji Sato", "Facilities"),
];

pub fn companies(founding: &mut Founding) {
    let addresses: [Address; 2] = [
        ("Oakfield Furniture", "Chaussée de Namur 40", "1367", "Ramillies", BELGIUM, Some("BE0477472701")),
        ("Oakfield Furniture Inc.", "250 Executive Park Blvd", "94134", "San Francisco", AMERICA, Some("US98765432")),
    ];
    for (company, address) in COMPANIES.into_iter().zip(addresses) {
        let partner = partner(founding, address, (0, 0), Some(company));
        let (name, street, zip, city, (country, code), vat) = address;
        let lock = |month| Datum::Date(day(super::YEAR - 1, month, 30));
        founding.add(
            "res.company",
            values! {
                "id" => company, "name" => name, "active" => true, "sequence" => company * 10, "partner_id" => partner,
                "parent_id" => (company == COMPANIES[1]).then_some(COMPANIES[0]), "currency_id" => currency_of(company),
                "email" => format!("info@oakfield{company}.example.com"), "phone" => "+32 81 81 37 00", "website" => "https://www.oakfield.example.com",
                "vat" => vat, "company_registry" => vat.map(|vat| vat[2..].to_owned()), "street" => street,
                "street2" => (company == COMPANIES[1]).then_some("Suite 3400"), "zip" => zip, "city" => city,
                "state_id" => (code == "US").then_some(13), "country_id" => country, "country_code" => code, "account_fiscal_country_id" => country,
                "account_tax_fiscal_country_id" => country, "tax_calculation_rounding_method" => "round_globally", "fiscalyear_last_day" => 31,
                "fiscalyear_last_month" => "12", "fiscalyear_lock_date" => lock(6), "tax_lock_date" => lock(9), "period_lock_date" => lock(9),
                "sale_lock_date" => lock(9), "purchase_lock_date" => lock(9), "hard_lock_date" => lock(4), "user_ids" => vec![2, SELLER, BUYER],
            },
        );
    }
}

pub fn users(founding: &mut Founding) {
    let users = [
        (1, "OdooBot", "__system__", false),
        (2, "Mitchell Admin", "admin", true),
        (SELLER, "Marc Demo", "marc", true),
        (BUYER, "Priya Nair", "priya", true),
        (5, "Former Colleague", "former", false),
    ];
    for (id, name, login, active) in users {
        let email = format!("{login}@oakfield.example.com");
        let complete = format!("Oakfield Furniture, {name}");
        let partner = founding.add(
            "res.partner",
            values! {
                "name" => name, "display_name" => complete.as_str(), "complete_name" => complete, "active" => active, "is_company" => false,
                "company_type" => "person", "type" => "contact", "parent_id" => 1, "commercial_partner_id" => 1,
                "commercial_company_name" => "Oakfield Furniture", "email" => email.as_str(), "lang" => "en_US", "tz" => "UTC", "employee" => true,
                "partner_share" => false, "customer_rank" => 0, "supplier_rank" => 0, "color" => 0, "function" => "Staff", "company_id" => 1,
                "phone" => "+32 81 81 37 01",
            },
        );
        founding.add(
            "res.users",
            values! {
                "id" => id, "name" => name, "login" => login, "email" => email, "active" => active, "share" => !active, "lang" => "en_US",
                "tz" => "UTC", "partner_id" => partner, "company_id" => 1, "company_ids" => COMPANIES.to_vec(), "sale_team_id" => (id == SELLER).then_some(1),
                "signature" => format!("<p>--<br>{name}</p>"), "notification_type" => if id == 2 { "inbox" } else { "email" }, "groups_id" => vec![1, 2, 3],
                "group_ids" => vec![1, 2, 3], "login_date" => active.then_some(Datum::Datetime(founding.now)), "action_id" => (id == 2).then_some(1),
            },
        );
    }
}

/// The sample's customers and suppliers, and so many more customers.
pub fn partners(founding: &mut Founding, more: usize) -> People {
    let mut people = People { customers: Vec::new(), suppliers: Vec::new() };
    for (at, address) in CUSTOMERS.into_iter().enumerate() {
        let company = partner(founding, address, (5, 0), None);
        people.customers.push(company);
        let (name, function) = CONTACTS[at % CONTACTS.len()];
        contact(founding, company, address, name, function, if at.is_multiple_of(3) { "invoice" } else { "contact" });
    }
    for address in SUPPLIERS {
        people.suppliers.push(partner(founding, address, (0, 5), None));
    }
    let far = founding.add(
        "res.partner",
        values! {
            "id" => FAR_PARTNER, "name" => "Far Away Imports", "display_name" => "Far Away Imports", "complete_name" => "Far Away Imports",
            "is_company" => true, "company_type" => "company", "type" => "contact", "commercial_partner_id" => FAR_PARTNER,
            "commercial_company_name" => "Far Away Imports", "customer_rank" => 1, "supplier_rank" => 1, "partner_share" => true, "employee" => false,
            "lang" => "en_US", "country_id" => 13, "country_code" => "AU", "color" => 4,
        },
    );
    people.customers.push(far);
    founding.add(
        "res.partner",
        values! {
            "name" => "Closed Down Ltd", "display_name" => "Closed Down Ltd", "complete_name" => "Closed Down Ltd", "active" => false,
            "is_company" => true, "company_type" => "company", "type" => "contact", "customer_rank" => 1, "supplier_rank" => 0,
            "partner_share" => true, "employee" => false,
        },
    );
    for number in 1..=more {
        let name = format!("Customer {number:05}");
        people.customers.push(founding.add(
            "res.partner",
            values! {
                "name" => name.as_str(), "display_name" => name.as_str(), "complete_name" => name.as_str(), "is_company" => true,
                "company_type" => "company", "type" => "contact", "commercial_company_name" => name.as_str(), "customer_rank" => 1, "supplier_rank" => 0,
                "email" => format!("customer{number}@example.com"), "city" => "Liège", "zip" => "4000", "country_id" => 20, "country_code" => "BE",
                "lang" => "en_US", "partner_share" => true, "employee" => false, "color" => 0,
            },
        ));
    }
    people
}

/// A company among the partners, with its ranks as a customer and as a supplier.
fn partner(founding: &mut Founding, address: Address, (customer, supplier): (i64, i64), own: Option<i64>) -> i64 {
    let (name, street, zip, city, (country, code), vat) = address;
    let host: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let v19 = founding.series() >= Series::V19;
    let color = founding.dice.below(10);
    let id = founding.add(
        "res.partner",
        values! {
            "name" => name, "display_name" => name, "complete_name" => name, "is_company" => true, "company_type" => "company", "type" => "contact",
            "commercial_company_name" => name, "street" => street, "street2" => (code == "JP").then_some("8F"), "zip" => zip, "city" => city,
            "country_id" => country, "country_code" => code, "state_id" => (code == "US").then_some(13), "vat" => vat, "lang" => "en_US", "tz" => "UTC",
            "company_registry" => vat.map(|vat| vat[2..].to_owned()), "email" => format!("info@{host}.example.com"), "phone" => "+32 2 290 34 90",
            "mobile" => "+32 470 12 34 56", "website" => format!("https://{host}.example.com"), "customer_rank" => customer, "supplier_rank" => supplier,
            "partner_share" => own.is_none(), "employee" => false, "color" => color, "company_id" => own, "industry_id" => 1,
            "ref" => (customer > 0).then(|| format!("C{zip}")), "user_id" => (customer > 0).then_some(SELLER), "team_id" => (customer > 0).then_some(1),
            "buyer_id" => (supplier > 0).then_some(BUYER), "credit_limit" => 5000.0, "credit" => 1250.5, "debit" => if supplier > 0 { 980.4 } else { 0.0 }, "image_1920" => (code == "FR").then_some("iVBORw0KGgo="), "total_invoiced" => 31750.0,
            "property_account_receivable_id" => Account::Receivable.of(1), "category_id" => vec![1, 2],
            "comment" => if v19 { "<p>Delivers <b>on Tuesdays</b> &amp; Fridays</p>" } else { "Delivers on Tuesdays & Fridays,\n\"before noon\"" },
        },
    );
    let now = founding.now;
    founding.database.write("res.partner", id, now, false, &[("commercial_partner_id".to_owned(), Datum::from(id))]);
    id
}

/// A person at a partner's.
fn contact(founding: &mut Founding, company: i64, address: Address, name: &str, function: &str, kind: &str) {
    let complete = format!("{}, {name}", address.0);
    let email = name.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), ".");
    founding.add(
        "res.partner",
        values! {
            "name" => name, "display_name" => complete.as_str(), "complete_name" => complete, "is_company" => false, "company_type" => "person",
            "type" => kind, "parent_id" => company, "commercial_partner_id" => company, "commercial_company_name" => address.0, "function" => function,
            "company_name" => (kind == "invoice").then_some(address.0), "email" => format!("{email}{company}@example.com"), "phone" => "+1 555 0100",
            "city" => address.3, "zip" => address.2, "street" => address.1, "country_id" => address.4.0, "country_code" => address.4.1, "lang" => "en_US",
            "customer_rank" => 0, "supplier_rank" => 0, "partner_share" => true, "employee" => false, "title" => 3, "color" => 0,
        },
    );
}
