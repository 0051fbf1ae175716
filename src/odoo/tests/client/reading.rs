//! Fields, ids and pages.

use std::time::SystemTime;

use odoo::{Client, Column, ColumnKind, Domain, Field, FieldKind, Page, Read, thread_traffic};
use sample_odoo::Series;
use serde_json::json;

use crate::servers::{Server, servers};

/// The models of the built-in types.
const MODELS: [&str; 18] = [
    "account.move",
    "account.move.line",
    "purchase.order",
    "purchase.order.line",
    "sale.order",
    "sale.order.line",
    "product.product",
    "stock.quant",
    "res.partner",
    "res.company",
    "res.currency",
    "res.users",
    "account.journal",
    "account.account",
    "product.category",
    "uom.uom",
    "stock.warehouse",
    "stock.location",
];

pub fn storable(client: &Client, model: &str) -> Vec<Field> {
    let fields = client.fields(model).unwrap_or_else(|error| panic!("{model}: {error}"));
    fields.into_iter().filter(|field| field.kind.column_kind().is_some()).collect()
}

pub fn pick(client: &Client, model: &str, names: &[&str]) -> Vec<Field> {
    let fields = client.fields(model).unwrap_or_else(|error| panic!("{model}: {error}"));
    let find = |name: &&str| fields.iter().find(|field| field.name == **name).cloned();
    names.iter().map(|name| find(name).unwrap_or_else(|| panic!("{model} has no {name}"))).collect()
}

pub fn read(client: &Client, model: &str, domain: &Domain, columns: &[Field], rows: &[Field]) -> Page {
    client.read(&Read { model, domain, columns, rows }).unwrap_or_else(|error| panic!("{model}: {error}"))
}

/// Whether two columns hold the same values; numbers count by their value, since `12.50` is `12.5`.
fn difference(left: &Column, right: &Column) -> Option<String> {
    if left.len() != right.len() {
        return Some(format!("{} and {} values", left.len(), right.len()));
    }
    if let (Column::Numeric(left), Column::Numeric(right)) = (left, right) {
        let number = |text: Option<&str>| text.map(|text| text.parse::<f64>().expect("a number"));
        return left
            .iter()
            .zip(right.iter())
            .find(|(left, right)| number(*left) != number(*right))
            .map(|(left, right)| format!("{left:?} and {right:?}"));
    }
    (left != right).then(|| format!("{left:?} and {right:?}"))
}

#[test]
fn search_is_ascending_and_limited_and_counted() {
    for server in servers() {
        let client = server.client();
        for model in ["account.move", "res.partner", "product.product"] {
            let ids = client.search(model, &Domain::all(), None).expect(server.name);
            assert!(ids.len() > 3 && ids.is_sorted(), "{}: {model} {ids:?}", server.name);
            let some = client.search(model, &Domain::all(), Some(3)).expect(server.name);
            assert_eq!(some, ids[..3], "{}: {model}", server.name);
            let count = client.count(model, &Domain::all()).expect(server.name);
            assert_eq!(count, ids.len() as u64, "{}: {model}", server.name);
        }
    }
}

#[test]
fn archived_records_are_there() {
    for server in servers() {
        let client = server.client();
        let archived = Domain::parse(&json!([["active", "=", false]])).expect("it is one");
        let inactive = client.search("res.currency", &archived, None).expect(server.name);
        let all = client.search("res.currency", &Domain::all(), None).expect(server.name);
        assert!(!inactive.is_empty(), "{} has no archived currency", server.name);
        assert!(inactive.iter().all(|id| all.contains(id)), "{}", server.name);
        let fields = pick(&client, "res.currency", &["active"]);
        let page = read(&client, "res.currency", &Domain::all(), &fields, &[]);
        assert_eq!(page.ids, all, "{}", server.name);
    }
}

#[test]
fn columns_and_rows_say_the_same_of_every_field() {
    for server in servers() {
        let client = server.client();
        for model in MODELS {
            let (columns, rows) = client.columnar(model, &storable(&client, model)).expect(server.name);
            assert!(columns.len() > 4, "{}: {model} {columns:?}", server.name);
            for field in &rows {
                let lists = field.kind.column_kind() == Some(ColumnKind::BigintArray);
                let plain = field.stored && !lists && field.kind != FieldKind::Properties;
                assert!(!plain, "{}: {model} {field:?}", server.name);
            }
            let by_columns = read(&client, model, &Domain::all(), &columns, &[]);
            let by_rows = read(&client, model, &Domain::all(), &[], &columns);
            assert!(!by_columns.ids.is_empty(), "{}: {model} is empty", server.name);
            assert_eq!(by_columns.ids, by_rows.ids, "{}: {model}", server.name);
            assert_eq!(by_columns.nul_characters, by_rows.nul_characters, "{}: {model}", server.name);
            for (index, field) in columns.iter().enumerate() {
                let different = difference(&by_columns.columns[index], &by_rows.columns[index]);
                assert_eq!(different, None, "{}: {model}.{}", server.name, field.name);
            }
        }
    }
}

#[test]
fn a_page_of_no_records_is_empty() {
    for server in servers() {
        let client = server.client();
        let columns = pick(&client, "product.product", &["name", "list_price", "write_date", "active"]);
        let rows = pick(&client, "product.product", &["qty_available", "taxes_id"]);
        let beyond = Domain::id_range(Some(2_000_000_000), Some(2_000_000_001));
        for domain in [beyond, Domain::ids(&[])] {
            for columns in [&columns[..], &[]] {
                for rows in [&rows[..], &[]] {
                    let page = read(&client, "product.product", &domain, columns, rows);
                    assert!(page.ids.is_empty(), "{}", server.name);
                    assert_eq!(page.columns.len(), columns.len() + rows.len(), "{}", server.name);
                    assert!(page.columns.iter().all(Column::is_empty), "{}", server.name);
                }
            }
        }
    }
}

#[test]
fn ids_alone_are_a_page_too() {
    for server in servers() {
        let client = server.client();
        let page = read(&client, "res.partner", &Domain::all(), &[], &[]);
        assert_eq!(page.ids, client.search("res.partner", &Domain::all(), None).expect("ids"));
        assert!(page.bytes > 0, "{}", server.name);
    }
}

#[test]
fn times_are_microseconds_of_utc() {
    for server in servers() {
        let client = server.client();
        let fields = pick(&client, "res.partner", &["write_date", "name"]);
        let page = read(&client, "res.partner", &Domain::all(), &fields, &[]);
        let Column::Timestamp(times) = &page.columns[0] else { panic!("{:?}", page.columns[0]) };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        let latest = times.iter().flatten().max().expect("somebody was written");
        let (year, now) = (365 * 86_400 * 1_000_000, now.as_micros() as i64);
        assert!(*latest > now - 20 * year && *latest < now + year, "{}: {latest}", server.name);
        assert_eq!(latest % 1_000_000, 0, "{}", server.name);
    }
}

#[test]
fn amounts_keep_their_digits_texts_their_characters_and_ids_their_size() {
    let big = (1_i64 << 31) + 77;
    for series in [Series::V14, Series::V19] {
        let server = Server::sample(series);
        let client = server.client();
        let sample = server.sample.as_ref().expect("it is one");
        let name = "O'Brien \"Söhne\"\n🦆 <b>&amp;</b>\\u0000 \u{0}end\u{0}";
        sample.create("res.partner", json!({"id": big, "name": name}));
        let fields = pick(&client, "res.partner", &["name", "parent_id"]);
        let page = read(&client, "res.partner", &Domain::ids(&[big]), &fields, &[]);
        assert_eq!(page.ids, [big], "{}", server.name);
        assert_eq!(page.nul_characters, 2, "{}", server.name);
        let Column::Text(names) = &page.columns[0] else { panic!("{:?}", page.columns[0]) };
        assert_eq!(names.get(0), Some("O'Brien \"Söhne\"\n🦆 <b>&amp;</b>\\u0000 end"));
        assert_eq!(page.columns[1], Column::Bigint(vec![None]), "{}", server.name);

        let child = sample.create("res.partner", json!({"name": "child", "parent_id": big}));
        for (columns, rows) in [(&fields[..], &[][..]), (&[], &fields[..])] {
            let page = read(&client, "res.partner", &Domain::ids(&[child]), columns, rows);
            assert_eq!(page.columns[1], Column::Bigint(vec![Some(big)]), "{}", server.name);
        }
    }
}

#[test]
fn a_call_has_named_arguments_in_either_protocol() {
    for server in servers() {
        let client = server.client();
        let uid = client.session().uid;
        let arguments = json!({"ids": [uid], "fields": ["login"], "load": ""});
        let arguments = arguments.as_object().cloned().expect("it is one");
        let users: Vec<serde_json::Value> = client.call("res.users", "read", arguments).expect(server.name);
        assert_eq!(users, [json!({"id": uid, "login": server.login})], "{}", server.name);
    }
}

#[test]
fn traffic_is_counted() {
    for server in servers() {
        let client = server.client();
        let fields = pick(&client, "res.partner", &["name"]);
        let before = thread_traffic();
        let page = read(&client, "res.partner", &Domain::all(), &fields, &[]);
        let traffic = thread_traffic().since(&before);
        assert_eq!(traffic.requests, 1, "{}", server.name);
        assert!(traffic.bytes >= page.bytes, "{}", server.name);
        assert_eq!(traffic.retries, 0, "{}", server.name);
        assert!(!traffic.waiting.is_zero(), "{}", server.name);
    }
}

#[test]
fn one_client_serves_several_threads() {
    for server in servers() {
        let client = server.client();
        let fields = pick(&client, "res.partner", &["name", "write_date"]);
        let whole = read(&client, "res.partner", &Domain::all(), &fields, &[]);
        std::thread::scope(|scope| {
            let readers: Vec<_> =
                (0..4).map(|_| scope.spawn(|| read(&client, "res.partner", &Domain::all(), &fields, &[]))).collect();
            for reader in readers {
                assert_eq!(reader.join().expect("it did not panic"), whole, "{}", server.name);
            }
        });
    }
}
