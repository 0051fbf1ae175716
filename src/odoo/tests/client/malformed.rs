//! Answers that are wrong, or no answers at all: each is an error that names what is wrong, and nothing worse.

use odoo::ErrorKind;

use crate::decoding::{by_columns, by_rows, envelope, fields, read};
use crate::servers::options;
use crate::wire::{Wire, json, login};

#[test]
fn wrong_columnar_answers_are_told_by_field() {
    for (list, group, says) in [
        ("a:char", r#"{"id": [1, 2], "a": ["x"]}"#, "a: has 1 values for 2 records"),
        ("a:char", r#"{"id": [1], "a": ["x", "y"]}"#, "a: has 2 values for 1 records"),
        ("a:char", r#"{"id": null, "a": ["x"]}"#, "a: has 1 values for 0 records"),
        ("a:char", r#"{"id": [1]}"#, "a: is missing"),
        ("a:char", r#"{"a": ["x"]}"#, "id: is missing"),
        ("a:char", r#"{"id": [1, 1], "a": ["x", "y"]}"#, "id: 1 came twice"),
        ("a:char", r#"{"id": [2, 1, 2], "a": ["x", "y", "z"]}"#, "id: 2 came twice"),
        ("a:char", r#"{"id": [1], "id": [2], "a": ["x"]}"#, "id: came twice"),
        ("a:char", r#"{"id": [1], "a": ["x"], "a": ["y"]}"#, "a: came twice"),
        ("a:char", r#"{"id": ["1"], "a": ["x"]}"#, "id: "),
        ("a:char", r#"{"id": [null], "a": ["x"]}"#, "id: "),
        ("a:char", r#"{"id": [1.5], "a": ["x"]}"#, "id: 1.5 is not an integer"),
        ("a:char", r#"{"id": [1], "a": "x"}"#, "a: "),
        ("a:char", r#"{"id": [1], "a": [true]}"#, "a: "),
        ("a:char", r#"{"id": [1], "a": [["x"]]}"#, "a: "),
        ("a:char", r#"{"id": [1], "a": [{}]}"#, "a: "),
        ("a:integer", r#"{"id": [1], "a": ["1"]}"#, "a: "),
        ("a:integer", r#"{"id": [1], "a": [1.5]}"#, "a: 1.5 is not an integer"),
        ("a:integer", r#"{"id": [1], "a": [1e300]}"#, "a: "),
        ("a:integer", r#"{"id": [1], "a": [9223372036854775808]}"#, "a: "),
        ("a:integer", r#"{"id": [1], "a": [true]}"#, "a: "),
        ("a:many2one", r#"{"id": [1], "a": [[]]}"#, "a: "),
        ("a:float", r#"{"id": [1], "a": ["many"]}"#, "a: expected a number"),
        ("a:float", r#"{"id": [1], "a": ["NaN"]}"#, "a: expected a number"),
        ("a:float", r#"{"id": [1], "a": ["1.2.3"]}"#, "a: expected a number"),
        ("a:float", r#"{"id": [1], "a": [""]}"#, "a: expected a number"),
        ("a:float", r#"{"id": [1], "a": [true]}"#, "a: expected a number"),
        ("a:float", r#"{"id": [1], "a": [[1]]}"#, "a: expected a number"),
        ("a:boolean", r#"{"id": [1], "a": [1]}"#, "a: "),
        ("a:date", r#"{"id": [1], "a": ["2026-02-29"]}"#, "a: "),
        ("a:date", r#"{"id": [1], "a": ["25.11.2026"]}"#, "a: "),
        ("a:date", r#"{"id": [1], "a": [20261125]}"#, "a: "),
        ("a:datetime", r#"{"id": [1], "a": ["2026-11-25"]}"#, "a: "),
        ("a:datetime", r#"{"id": [1], "a": ["2026-11-25 24:00:00"]}"#, "a: "),
        ("a:datetime", r#"{"id": [1], "a": ["2026-11-25 10:05:4ä"]}"#, "a: "),
        ("a:many2many", r#"{"id": [1], "a": [["x"]]}"#, "a: "),
    ] {
        let error = by_columns(list, group).expect_err(group);
        assert_eq!(error.kind, ErrorKind::Malformed, "{group}: {error:?}");
        assert!(error.message.contains(says), "{group}: {error}");
        assert!(error.message.contains("some.model"), "{group}: {error}");
        assert!(!error.message.contains("at line"), "{group}: {error}");
    }
}

#[test]
fn wrong_row_answers_are_told_by_record_and_field() {
    for (records, says) in [
        (r#"[{"id": 7, "a": "x"}]"#, "record 7, n: is missing"),
        (r#"[{"id": 7, "a": "x", "n": 1}, {"id": 8, "n": 1}]"#, "record 8, a: is missing"),
        (r#"[{"id": 7, "a": "x", "a": "y", "n": 1}]"#, "record 7, a: came twice"),
        (r#"[{"a": "x", "n": 1}]"#, "id: is missing"),
        (r#"[{"id": 7, "id": 8, "a": "x", "n": 1}]"#, "id: came twice"),
        (r#"[{"id": 7, "a": "x", "n": 1}, {"id": 7, "a": "x", "n": 1}]"#, "id: 7 came twice"),
        (r#"[{"id": false, "a": "x", "n": 1}]"#, "id: "),
        (r#"[{"id": 7, "a": "x", "n": "one"}]"#, "record 7, n: "),
        (r#"[{"a": {}, "id": 7, "n": 1}]"#, "a: "),
        (r#"[7]"#, "expected a record"),
        (r#"{"id": 7}"#, "expected a list of records"),
    ] {
        let error = by_rows("a:char n:integer", records).expect_err(records);
        assert_eq!(error.kind, ErrorKind::Malformed, "{records}: {error:?}");
        assert!(error.message.contains(says), "{records}: {error}");
        assert!(error.message.contains("some.model"), "{records}: {error}");
    }
}

#[test]
fn what_is_no_answer_at_all() {
    for (bytes, kind) in [
        (envelope("null"), ErrorKind::Malformed),
        (envelope("5"), ErrorKind::Malformed),
        (envelope(r#"[{"id": []}, {"id": []}]"#), ErrorKind::Malformed),
        (json(r#"{"jsonrpc": "2.0", "id": 1}"#), ErrorKind::Malformed),
        (json(r#"{"jsonrpc": "2.0", "id": 1, "result": [NaN]}"#), ErrorKind::Malformed),
        (json(r#"{"jsonrpc": "2.0", "id": 1, "result": [] } }"#), ErrorKind::Malformed),
        (json(r#"{"jsonrpc": "2.0", "id": 1, "result": [{"id": [1,"#), ErrorKind::Dropped),
        (json(""), ErrorKind::NotOdoo),
        (json(r#"{"some": "thing"}"#), ErrorKind::NotOdoo),
        (json(r#"{"jsonrpc": "2.0", "error": {"code": 100, "message": "Odoo Session Expired"}}"#), ErrorKind::Server),
        (json(&("[".repeat(100_000) + &"]".repeat(100_000))), ErrorKind::Malformed),
        (envelope(&format!("[{{\"deep\": {}1{}}}]", "[".repeat(500), "]".repeat(500))), ErrorKind::Malformed),
    ] {
        let text: String = String::from_utf8_lossy(&bytes).chars().take(300).collect();
        let mut answers = login();
        answers.push(bytes);
        let client = Wire::start(answers).open(options()).expect("it lets us in");
        let error = read(&client, &[], &[]).expect_err(&text);
        assert_eq!(error.kind, kind, "{text}: {error:?}");
        assert!(error.message.len() < 500, "{text}: {error}");
    }
}

/// A pseudo-random sequence that is the same in every run (xorshift).
fn dice(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state as usize
}

#[test]
fn garbled_answers_are_errors_or_pages_and_nothing_worse() {
    const ROUNDS: usize = 3_000;
    let list = "c:char i:integer f:float b:boolean d:date t:datetime m:many2one j:json x:many2many";
    let group = r#"[{"id": [1, 2], "c": ["a\u0000b", null], "i": [5, 3000000000.0], "f": [1.5, "2.50"],
        "b": [true, false], "d": ["2026-11-25", null], "t": ["2026-11-25 10:05:49", null],
        "m": [[7, "x"], 8], "j": [{"a": "\u0000"}, null], "x": [[3, 1], []]}]"#;
    let pool = b"[]{}\",:0123456789.eE+-\\unltrfas \x00\xff\xc3";
    let mut state = 0x5eed_0dd0_u64;
    let mut answers = login();
    for _ in 0..ROUNDS {
        let mut body = group.as_bytes().to_vec();
        for _ in 0..=dice(&mut state) % 3 {
            let at = dice(&mut state) % body.len();
            match dice(&mut state) % 4 {
                0 => body[at] = pool[dice(&mut state) % pool.len()],
                1 => body.insert(at, pool[dice(&mut state) % pool.len()]),
                2 => drop(body.remove(at)),
                _ => {
                    let end = body.len().min(at + dice(&mut state) % 40);
                    let piece = body[at..end].to_vec();
                    let to = dice(&mut state) % body.len();
                    body.splice(to..to, piece);
                }
            }
        }
        let mut whole = br#"{"jsonrpc": "2.0", "id": 1, "result": "#.to_vec();
        whole.extend(&body);
        whole.push(b'}');
        let mut bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", whole.len()).into_bytes();
        bytes.extend(&whole);
        answers.push(bytes);
    }
    let client = Wire::start(answers).open(options()).expect("it lets us in");
    let (mut pages, mut errors) = (0, 0);
    for _ in 0..ROUNDS {
        match read(&client, &fields(list), &[]) {
            Ok(page) => {
                assert!(page.ids.is_sorted_by(|a, b| a < b), "{page:?}");
                assert!(page.columns.iter().all(|c| c.len() == page.ids.len()), "{page:?}");
                pages += 1;
            }
            Err(error) => {
                let known = [ErrorKind::Malformed, ErrorKind::Dropped, ErrorKind::NotOdoo];
                assert!(known.contains(&error.kind), "{error:?}");
                errors += 1;
            }
        }
    }
    assert!(pages > ROUNDS / 20 && errors > ROUNDS / 5, "{pages} pages, {errors} errors");
}
