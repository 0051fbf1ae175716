//! The decoder of Odoo's answers, fed with garbled ones: no panic, and no more memory than in proportion to the input.
//!
//! A fixed number of rounds from a fixed seed; `ODOO_SYNC_SEED` is another one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use odoo::decode::{Batch, ColumnsAnswer, RowsAnswer};
use odoo::{Field, FieldKind};
use peak_alloc::PeakAlloc;
use sample_odoo::dice::Dice;
use serde::de::DeserializeSeed;

#[path = "decoder/garble.rs"]
mod garble;

/// Counts what is allocated. The tests of this file therefore run one after the other, in one test.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const SEED: u64 = 20_261_125;
const ROUNDS: usize = 200_000;

/// The most bytes that decoding may take for one byte of input, and for none: a value takes two bytes at least (`1,`),
/// a column's slot for it sixteen, and a growing array three times that while it is moved.
const PER_BYTE: usize = 24;
const AT_LEAST: usize = 64 << 10;

const KINDS: &str =
    "c:char i:integer f:float b:boolean d:date t:datetime m:many2one j:json x:many2many h:html s:selection";

/// Answers as Odoo gives them.
const COLUMNS: &str = r#"[{"__extra_domain": [[1, "=", 1]], "id:array_agg": [1, 2, 3], "c:array_agg": ["a\u0000b", null, "\ud83e\udd86"],
    "i:array_agg": [5, 3000000000.0, null], "f:array_agg": [1.5, "2.50", 1e16], "b:array_agg": [true, false, null],
    "d:array_agg": ["2026-11-25", null, "2026-11-25 10:00:00"], "t:array_agg": ["2026-11-25 10:05:49", null, "1969-12-31 23:59:59.5"],
    "m:array_agg": [[7, "x"], 8, null], "j:array_agg": [{"a": "\u0000"}, null, [[[1]], "\\"]], "x:array_agg": [[3, 1], [], null],
    "h:array_agg": ["<p>x</p>", null, ""], "s:array_agg": ["draft", 1, null]}]"#;
const ROWS: &str = r#"[{"id": 7, "c": "a", "i": 0, "f": 0.0, "b": false, "d": false, "t": false, "m": false, "j": false, "x": [],
    "h": false, "s": false}, {"id": 8, "c": "ä\n", "i": -5, "f": -12.25, "b": true, "d": "2026-11-25", "t": "2026-11-25 10:05:49",
    "m": 9, "j": {"a": [1, {"b": null}]}, "x": [5, 3, 4000000000.0], "h": "<p/>", "s": "done"}]"#;

fn fields() -> Vec<Field> {
    let field = |item: &str| {
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
    };
    KINDS.split_whitespace().map(field).collect()
}

/// What became of an input.
#[derive(Debug, PartialEq)]
enum Outcome {
    Batch,
    Error,
}

/// Decodes as the client does, and checks what comes out and what it took.
fn decode(fields: &[Field], body: &[u8], by_columns: bool) -> Outcome {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let model = "some.model";
        let batch: Result<Batch, _> = if by_columns {
            ColumnsAnswer { model, fields }.deserialize(&mut deserializer)
        } else {
            RowsAnswer { model, fields }.deserialize(&mut deserializer)
        };
        batch.and_then(|batch| deserializer.end().map(|()| batch))
    }));
    let taken = MEMORY.peak_usage().saturating_sub(before);
    let shown = || String::from_utf8_lossy(&body[..body.len().min(2000)]).into_owned();
    let decoded = decoded.unwrap_or_else(|_| panic!("it panicked: {}", shown()));
    let most = AT_LEAST + PER_BYTE * body.len();
    assert!(taken <= most, "{taken} bytes for {} of input, by columns: {by_columns}: {}", body.len(), shown());
    match decoded {
        Err(_) => Outcome::Error,
        Ok(batch) => {
            assert!(batch.ids.is_sorted_by(|a, b| a < b), "{}", shown());
            let is_whole = |column: &odoo::Column| column.len() == batch.ids.len();
            assert!(batch.columns.iter().all(is_whole), "{}", shown());
            Outcome::Batch
        }
    }
}

#[test]
fn garbled_answers_neither_panic_nor_take_more_than_their_share() {
    let fields = fields();
    for (text, by_columns) in [(COLUMNS, true), (ROWS, false)] {
        let outcome = decode(&fields, text.as_bytes(), by_columns);
        assert_eq!(outcome, Outcome::Batch, "what is right is read");
    }
    greedy(&fields);
    deep(&fields);

    let (mut dice, seed) = Dice::seeded(SEED);
    let (mut batches, mut errors) = (0, 0);
    for _ in 0..ROUNDS {
        let by_columns = dice.below(2) == 0;
        let text = if by_columns { COLUMNS } else { ROWS };
        let body = garble::garbled(text.as_bytes(), &mut dice);
        match decode(&fields, &body, by_columns) {
            Outcome::Batch => batches += 1,
            Outcome::Error => errors += 1,
        }
    }
    assert!(batches > ROUNDS / 50, "seed {seed}: {batches} of {ROUNDS}");
    assert!(errors > ROUNDS / 5, "seed {seed}: {errors} of {ROUNDS}");
}

/// Inputs that are small for what they seem to announce.
fn greedy(fields: &[Field]) {
    const MANY: usize = 200_000;
    let ids: Vec<String> = (0..MANY).map(|id| id.to_string()).collect();
    let list = |value: &str| vec![value; MANY].join(",");
    let names = fields.iter().map(|field| field.name.as_str());
    // many ids, and no value of any field
    let empty: String = names.clone().map(|name| format!(r#","{name}":[]"#)).collect();
    let mut inputs = vec![format!(r#"[{{"id":[{}]{empty}}}]"#, ids.join(","))];
    // one and the same id, over and over
    inputs.push(format!(r#"[{{"id":[{}]{empty}}}]"#, list("1")));
    // many values, each as short as can be
    for name in names {
        for value in ["1", "[]", "null", "false", "\"\"", "{}", "[1]"] {
            let values = list(value);
            inputs.push(format!(r#"[{{"id":[1],"{name}":[{values}]}}]"#));
            inputs.push(format!(r#"[{{"id":[{}],"{name}":[{values}]}}]"#, ids.join(",")));
            inputs.push(format!(r#"[{{"id":1,"{name}":[{values}]}}]"#));
        }
    }
    // a text that is long, and one that is long and wrong
    inputs.push(format!(r#"[{{"id":1,"c":"{}"}}]"#, "\\u0000".repeat(MANY)));
    inputs.push(format!(r#"[{{"id":[1],"f":["{}"]}}]"#, "9".repeat(MANY)));
    inputs.push(format!(r#"[{{"id":[1],"d":["{}"]}}]"#, "9".repeat(MANY)));
    inputs.push(format!(r#"[{{"{}":1}}]"#, "k".repeat(MANY)));
    for input in inputs {
        for by_columns in [true, false] {
            decode(fields, input.as_bytes(), by_columns);
        }
    }
}

/// Nesting without end: told, and no stack is used up by it.
fn deep(fields: &[Field]) {
    const DEPTH: usize = 1_000_000;
    let nested = |open: &str, close: &str, depth: usize| open.repeat(depth) + "1" + &close.repeat(depth);
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        for place in ["j", "c", "x", "m", "f", "id", "unknown"] {
            let value = nested(open, close, DEPTH);
            for (by_columns, body) in [
                (true, format!(r#"[{{"id":[1],"{place}":[{value}]}}]"#)),
                (true, format!(r#"[{{"{place}":{value}}}]"#)),
                (false, format!(r#"[{{"id":1,"{place}":{value}}}]"#)),
                (true, value.clone()),
                (false, value.clone()),
                (true, open.repeat(DEPTH)),
            ] {
                let outcome = decode(fields, body.as_bytes(), by_columns);
                assert_eq!(outcome, Outcome::Error, "{place}");
            }
        }
    }
    // as deep as is taken, and one deeper
    let json = &fields[7..8];
    for (depth, expected) in [(128, Outcome::Batch), (129, Outcome::Error)] {
        let value = nested("[", "]", depth);
        let body = format!(r#"[{{"id":1,"j":{value}}}]"#);
        assert_eq!(decode(json, body.as_bytes(), false), expected, "{depth}");
    }
    // what stands in a text is no nesting
    let body = format!(r#"[{{"id":1,"j":"\"{}\\"}}]"#, "[".repeat(1000));
    assert_eq!(decode(json, body.as_bytes(), false), Outcome::Batch);
}
