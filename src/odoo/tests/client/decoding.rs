//! From an answer's bytes to columns: what is right in every shape, and what is wrong is told by field.

use odoo::{Client, Column, Domain, Error, Field, FieldKind, Page, Read, Texts};

use crate::servers::options;
use crate::wire::{Wire, json, login};

/// Fields by name and type: `"name:char partner_id:many2one"`.
pub fn fields(list: &str) -> Vec<Field> {
    list.split_whitespace()
        .map(|item| {
            let (name, kind) = item.split_once(':').expect("name:type");
            Field {
                name: name.to_owned(),
                kind: FieldKind::from_odoo(kind),
                stored: true,
                sortable: true,
                related: None,
                depends: Vec::new(),
                searchable: true,
                company_dependent: false,
                relation: None,
                label: String::new(),
            }
        })
        .collect()
}

pub fn envelope(result: &str) -> Vec<u8> {
    json(&format!(r#"{{"jsonrpc": "2.0", "id": 1, "result": {result}}}"#))
}

/// A client whose requests are answered with these results in turn.
pub fn client(results: &[&str]) -> Client {
    let answers = login().into_iter().chain(results.iter().map(|result| envelope(result)));
    Wire::start(answers.collect()).open(options()).expect("it lets us in")
}

pub fn read(client: &Client, columns: &[Field], rows: &[Field]) -> Result<Page, Error> {
    client.read(&Read { model: "some.model", domain: &Domain::all(), columns, rows })
}

/// The page of a columnar answer.
pub fn by_columns(list: &str, group: &str) -> Result<Page, Error> {
    read(&client(&[&format!("[{group}]")]), &fields(list), &[])
}

/// The page of a row answer.
pub fn by_rows(list: &str, records: &str) -> Result<Page, Error> {
    if !list.contains("2many") {
        return read(&client(&[records]), &[], &fields(list));
    }
    // lists are read of records whose ids were found before
    let rows: Vec<serde_json::Value> = serde_json::from_str(records).expect("they are JSON");
    let ids: Vec<_> = rows.iter().map(|row| row["id"].clone()).collect();
    let ids = serde_json::to_string(&ids).expect("they are JSON");
    read(&client(&[&ids, records]), &[], &fields(list))
}

fn texts(values: &[Option<&str>]) -> Texts {
    let mut texts = Texts::default();
    values.iter().for_each(|value| texts.push(*value));
    texts
}

#[test]
fn numbers_keep_their_digits() {
    let page = by_columns(
        "a:float b:monetary",
        r#"{"id": [1,2,3,4,5,6], "a": [45.99, 0.1, 1234567890.12, 1e+16, -0.0, null],
            "b": ["1234567890123456789.123456789", "0.00", "-5", "1E+3", 7, null]}"#,
    )
    .expect("it is right");
    let a = ["45.99", "0.1", "1234567890.12", "1e+16", "-0.0", "0.0"].map(Some);
    let b = ["1234567890123456789.123456789", "0.00", "-5", "1E+3", "7", "0.0"].map(Some);
    assert_eq!(page.columns, [Column::Numeric(texts(&a)), Column::Numeric(texts(&b))]);
}

#[test]
fn integers_beyond_32_bits_may_come_as_floats() {
    let page = by_columns(
        "n:integer p:many2one r:many2one_reference",
        r#"{"id": [1, 2, 3000000000.0], "n": [-3000000000.0, 9007199254740993, null],
            "p": [3000000001.0, null, [7, "a name"]], "r": [null, 5, 6]}"#,
    )
    .expect("it is right");
    assert_eq!(page.ids, [1, 2, 3_000_000_000]);
    assert_eq!(page.columns[0], Column::Bigint(vec![Some(-3_000_000_000), Some(9_007_199_254_740_993), Some(0)]));
    assert_eq!(page.columns[1], Column::Bigint(vec![Some(3_000_000_001), None, Some(7)]));
    assert_eq!(page.columns[2], Column::Bigint(vec![Some(0), Some(5), Some(6)]));
}

#[test]
fn empty_values_by_columns_and_by_rows() {
    let list = "i:integer f:float b:boolean c:char s:selection d:date t:datetime m:many2one \
                r:reference h:html j:json p:properties o:one2many x:many2many";
    let columns = by_columns(
        list,
        r#"{"id": [1], "i": [null], "f": [null], "b": [null], "c": [null], "s": [null], "d": [null],
            "t": [null], "m": [null], "r": [null], "h": [null], "j": [null], "p": [null], "o": [null],
            "x": [null]}"#,
    );
    let rows = by_rows(
        list,
        r#"[{"id": 1, "i": 0, "f": 0.0, "b": false, "c": false, "s": false, "d": false, "t": false,
             "m": false, "r": false, "h": false, "j": false, "p": false, "o": [], "x": false}]"#,
    );
    let empty = || texts(&[None]);
    let expected = [
        Column::Bigint(vec![Some(0)]),
        Column::Numeric(texts(&[Some("0.0")])),
        Column::Boolean(vec![Some(false)]),
        Column::Text(empty()),
        Column::Text(empty()),
        Column::Date(vec![None]),
        Column::Timestamp(vec![None]),
        Column::Bigint(vec![None]),
        Column::Text(empty()),
        Column::Text(empty()),
        Column::Json(empty()),
        Column::Json(empty()),
        Column::BigintArray(vec![Some(vec![])]),
        Column::BigintArray(vec![Some(vec![])]),
    ];
    assert_eq!(columns.expect("it is right").columns, expected);
    assert_eq!(rows.expect("it is right").columns, expected);
}

#[test]
fn dates_and_times() {
    let page = by_columns(
        "d:date t:datetime",
        r#"{"id": [1, 2, 3, 4], "d": ["1970-01-01", "2000-02-29", "9999-12-31", "0001-01-01"],
            "t": ["1970-01-01 00:00:00", "2026-11-25 10:05:49", "1969-12-31 23:59:59.5",
                  "2024-02-29T12:00:00.000001"]}"#,
    )
    .expect("it is right");
    let days = [0, 11_016, 2_932_896, -719_162].map(Some).to_vec();
    let times = [0, 1_795_601_149_000_000, -500_000, 1_709_208_000_000_001].map(Some).to_vec();
    assert_eq!(page.columns, [Column::Date(days), Column::Timestamp(times)]);
    // Odoo writes a year before 1000 without its zeros.
    let page = by_columns(
        "d:date t:datetime",
        r#"{"id": [1, 2], "d": ["1-01-01", "26-11-25"], "t": ["1-01-01 00:00:00", "999-12-31 23:59:59"]}"#,
    );
    let same = by_columns(
        "d:date t:datetime",
        r#"{"id": [1, 2], "d": ["0001-01-01", "0026-11-25"], "t": ["0001-01-01 00:00:00", "0999-12-31 23:59:59"]}"#,
    );
    assert_eq!(page.expect("it is right").columns, same.expect("it is right").columns);
    // Some views compute what they call a date with a time, which Odoo cuts off.
    let page = by_columns("d:date", r#"{"id": [1], "d": ["2026-11-25 09:56:01"]}"#);
    let same = by_columns("d:date", r#"{"id": [1], "d": ["2026-11-25"]}"#);
    assert_eq!(page.expect("it is right").columns, same.expect("it is right").columns);
}

#[test]
fn texts_selections_and_nul_characters() {
    let page = by_columns(
        "c:char s:selection j:json",
        r#"{"id": [1, 2, 3], "c": ["a\u0000b\u0000", "\ud83e\udd86 \\u0000 \"q\"\n", ""], "s": [1, "2", -3],
            "j": [{"a": "x\u0000y"}, "back\\u0000slash \\\u0000", [1.50, true, {"k": null}]]}"#,
    )
    .expect("it is right");
    assert_eq!(page.nul_characters, 4);
    assert_eq!(page.columns[0], Column::Text(texts(&["ab", "🦆 \\u0000 \"q\"\n", ""].map(Some))));
    assert_eq!(page.columns[1], Column::Text(texts(&["1", "2", "-3"].map(Some))));
    let json = [r#"{"a": "xy"}"#, r#""back\\u0000slash \\""#, r#"[1.50, true, {"k": null}]"#];
    assert_eq!(page.columns[2], Column::Json(texts(&json.map(Some))));
}

#[test]
fn lists_of_ids_are_sorted() {
    let page = by_rows("x:many2many", r#"[{"x": [5, 3, 4000000000.0, 4], "id": 9}]"#);
    let ids = vec![Some(vec![3, 4, 5, 4_000_000_000])];
    assert_eq!(page.expect("it is right").columns, [Column::BigintArray(ids)]);
}

#[test]
fn arrays_in_no_order_are_put_in_order() {
    let page = by_columns(
        "name:char n:integer",
        r#"{"id": [3, 1, 2], "__count": 3, "name": ["c", "a", null], "n": [30, 10, 20]}"#,
    )
    .expect("it is right");
    assert_eq!(page.ids, [1, 2, 3]);
    assert_eq!(page.columns[0], Column::Text(texts(&[Some("a"), None, Some("c")])));
    assert_eq!(page.columns[1], Column::Bigint(vec![Some(10), Some(20), Some(30)]));
}

#[test]
fn the_arrays_may_bear_either_name_and_come_in_any_order() {
    let plain = by_columns("a:char b:char", r#"{"id": [1], "a": ["x"], "b": ["y"]}"#);
    let suffixed = by_columns(
        "a:char b:char",
        r#"{"__extra_domain": [[1, "=", 1]], "b:array_agg": ["y"], "id:array_agg": [1], "a:array_agg": ["x"]}"#,
    );
    assert_eq!(plain.expect("it is right").columns, suffixed.expect("it is right").columns);
}

#[test]
fn no_records_in_each_shape_that_odoo_has_for_it() {
    for result in [
        "[]",
        r#"[{"__count": 0, "id": null, "name": null}]"#,
        r#"[{"__count": 0, "id": false, "name": false}]"#,
        r#"[{"id:array_agg": [], "name:array_agg": []}]"#,
    ] {
        let page = read(&client(&[result]), &fields("name:char"), &[]).expect(result);
        assert!(page.ids.is_empty() && page.columns == [Column::Text(Texts::default())], "{result}");
    }
}

#[test]
fn a_record_in_one_answer_only_is_left_out() {
    let client = client(&[
        r#"[{"id": [1, 2, 4, 5], "name": ["a", "b", "d", "e"]}]"#,
        r#"[{"id": 2, "x": 20}, {"id": 3, "x": 30}, {"id": 5, "x": 50}]"#,
    ]);
    let page = read(&client, &fields("name:char"), &fields("x:integer")).expect("it is right");
    assert_eq!(page.ids, [2, 5]);
    assert_eq!(page.columns[0], Column::Text(texts(&[Some("b"), Some("e")])));
    assert_eq!(page.columns[1], Column::Bigint(vec![Some(20), Some(50)]));
}
