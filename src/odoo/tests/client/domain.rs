//! Domains.

use odoo::{Domain, ErrorKind};
use serde_json::{Value, json};

use crate::servers::servers;

fn domain(value: Value) -> Domain {
    Domain::parse(&value).unwrap_or_else(|error| panic!("{value}: {error}"))
}

#[test]
fn shapes_that_are_domains() {
    for value in [
        json!([]),
        json!([["state", "=", "posted"]]),
        json!([["state", "=", "posted"], ["active", "=", false]]),
        json!(["|", ["a", "=", 1], ["b", "=", 2]]),
        json!(["!", ["a", "=", 1]]),
        json!(["!", "&", ["a", "=", 1], "|", ["b", "=", null], ["c", "in", [1, 2]]]),
        json!(["|", ["a", "=", 1], ["b", "=", 2], ["c", "=", 3]]),
        json!([["line_ids", "any", [["quantity", ">", 1]]]]),
        json!([[1, "=", 1]]),
        json!([[0, "=", 1]]),
    ] {
        assert_eq!(domain(value.clone()).to_value(), value);
        assert_eq!(domain(value.clone()).to_string(), value.to_string());
    }
}

#[test]
fn shapes_that_are_none() {
    for value in [
        json!(null),
        json!({}),
        json!("[]"),
        json!([1]),
        json!([[]]),
        json!([["state", "="]]),
        json!([["state", "=", 1, 2]]),
        json!([["", "=", 1]]),
        json!([["state", "", 1]]),
        json!([[2, "=", 1]]),
        json!([[1, "=", 2]]),
        json!([{"state": "posted"}]),
        json!(["state", "=", "posted"]),
        json!(["|", ["a", "=", 1]]),
        json!(["!"]),
        json!(["&", "|", ["a", "=", 1], ["b", "=", 2]]),
        json!([["a", "=", 1], "|", ["b", "=", 2]]),
    ] {
        let error = Domain::parse(&value).expect_err(&value.to_string());
        assert_eq!(error.kind, ErrorKind::InvalidDomain, "{value}");
        assert!(error.hint.is_some(), "{value}");
    }
}

#[test]
fn and_keeps_an_or_to_its_own_part() {
    let either = domain(json!(["|", ["a", "=", 1], ["b", "=", 2]]));
    let two = domain(json!([["c", "=", 3], "!", ["d", "=", 4]]));
    assert_eq!(
        either.and(&two).to_value(),
        json!(["&", "|", ["a", "=", 1], ["b", "=", 2], "&", ["c", "=", 3], "!", ["d", "=", 4]])
    );
    assert_eq!(either.and(&Domain::all()), either);
    assert_eq!(Domain::all().and(&either), either);
    assert_eq!(Domain::all().and(&Domain::all()), Domain::all());
}

#[test]
fn ranges_and_ids() {
    assert_eq!(Domain::id_range(None, None), Domain::all());
    assert_eq!(Domain::id_range(Some(3), None).to_value(), json!([["id", ">=", 3]]));
    assert_eq!(Domain::id_range(None, Some(9)).to_value(), json!([["id", "<=", 9]]));
    assert_eq!(Domain::id_range(Some(3), Some(9)).to_value(), json!(["&", ["id", ">=", 3], ["id", "<=", 9]]));
    assert_eq!(Domain::ids(&[1, 5]).to_value(), json!([["id", "in", [1, 5]]]));
}

#[test]
fn odoo_understands_what_and_makes() {
    for server in servers() {
        let client = server.client();
        let ids = client.search("res.partner", &Domain::all(), Some(4)).expect(server.name);
        let [a, b, c, d] = ids[..] else { panic!("{} has too few partners", server.name) };
        let either = domain(json!(["|", ["id", "=", a], ["id", "=", c]]));
        let both = either.and(&domain(json!(["|", ["id", "=", c], ["id", "=", d]])));
        assert_eq!(client.search("res.partner", &both, None), Ok(vec![c]), "{}", server.name);
        let range = either.and(&Domain::id_range(Some(a), Some(b)));
        assert_eq!(client.search("res.partner", &range, None), Ok(vec![a]), "{}", server.name);
        let none = either.and(&Domain::ids(&[]));
        assert_eq!(client.search("res.partner", &none, None), Ok(vec![]), "{}", server.name);
        assert_eq!(client.count("res.partner", &both), Ok(1), "{}", server.name);
    }
}
