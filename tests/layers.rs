//! Whether the code below `src/` imports only downward: by layer, by folder and by file.
//!
//! It parses what the compiler parses: `use` trees, paths in types, expressions and attributes, and the arguments of
//! macros.

#[path = "layers/examples.rs"]
mod examples;
#[path = "layers/imports.rs"]
mod imports;
#[path = "layers/rules.rs"]
mod rules;
#[path = "layers/source.rs"]
mod source;

use std::fs;
use std::path::Path;

use rules::{Rules, problems};

/// Where everything of the extension and of its Odoo client belongs.
const RULES: Rules = Rules {
    crates: &["src/lib.rs", "src/odoo/lib.rs"],
    // of the first crate, the top one first: a file imports from its own layer and from those below it
    layers: &[
        "lib",
        "entry",
        "api",
        "worker",
        "run",
        "connection",
        "state",
        "reader",
        "mirror",
        "settings",
        "pg",
        "encode",
        "failure",
    ],
    postgres: &["src/pg"],
    // what helper threads run, which must call nothing of PostgreSQL
    without_postgres: &["src/reader", "src/encode", "src/odoo"],
    unsafe_code: &["src/pg"],
    // #[unsafe(no_mangle)]: PostgreSQL looks up a background worker's function by its C name
    unsafe_attributes: &["src/pg", "src/entry"],
};

#[test]
fn the_code_imports_only_downward() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a folder of the repository");
    let mut files = Vec::new();
    collect(repository, "src", &mut files);
    assert!(files.len() > 50, "only {} files below src", files.len());
    let problems = problems(&RULES, &files);
    assert!(problems.is_empty(), "{} rules are broken:\n\n{}\n", problems.len(), problems.join("\n"));
}

/// Adds each Rust file below a folder: its path within the repository, and its text.
fn collect(repository: &Path, folder: &str, files: &mut Vec<(String, String)>) {
    let here = repository.join(folder);
    let mut names: Vec<String> = fs::read_dir(&here)
        .unwrap_or_else(|error| panic!("{}: {error}", here.display()))
        .map(|entry| {
            let name = entry.expect("a folder can be read to its end").file_name();
            name.into_string().expect("names are UTF-8")
        })
        .collect();
    names.sort();
    for name in names {
        let path = format!("{folder}/{name}");
        let whole = repository.join(&path);
        if whole.is_dir() {
            collect(repository, &path, files);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&whole).unwrap_or_else(|error| panic!("{path}: {error}"));
            files.push((path, text));
        }
    }
}
