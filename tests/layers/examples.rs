//! Small trees with one thing wrong each, and what is said of it.

use crate::RULES;
use crate::rules::problems;

/// What is said of a tree of these files; a root that is not among them is an empty one.
fn said(files: &[(&str, &str)]) -> Vec<String> {
    let roots = RULES
        .crates
        .iter()
        .filter(|root| files.iter().all(|(path, _)| path != *root))
        .map(|root| ((*root).to_owned(), String::new()));
    let given = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let all: Vec<(String, String)> = roots.chain(given).collect();
    problems(&RULES, &all)
}

/// A tree of two layers, `pg` and above it `run`, with this text in a file of `pg`.
fn in_pg(text: &str) -> Vec<String> {
    said(&[
        ("src/lib.rs", "mod pg; mod run;"),
        ("src/run/mod.rs", "pub mod store;"),
        ("src/run/store.rs", "pub struct Page; pub fn store() {}"),
        ("src/pg/mod.rs", "pub mod rows;"),
        ("src/pg/rows.rs", text),
    ])
}

/// What is said of a path in line 2 of `src/pg/rows.rs` that leads upward.
fn above(path: &str) -> Vec<String> {
    vec![format!(
        "src/pg/rows.rs:2: `{path}` (src/run/store.rs): `run` is above `pg`, which may import encode, failure"
    )]
}

#[test]
fn downward_is_fine() {
    let tree = [
        ("src/lib.rs", "mod failure; mod pg; mod run; use run::go;"),
        ("src/run/mod.rs", "mod store; pub use store::store; pub fn go() { crate::pg::rows::rows(); store() }"),
        ("src/run/store.rs", "use crate::{failure::Failure, pg::rows}; pub fn store() { rows::rows(); }"),
        ("src/pg/mod.rs", "pub mod rows;"),
        ("src/pg/rows.rs", "use std::fmt; use crate::failure::Failure; pub fn rows() { unsafe { pgrx::pg_sys::f() } }"),
        ("src/failure.rs", "pub struct Failure;"),
        ("src/odoo/lib.rs", "mod url; pub use url::Url;"),
        ("src/odoo/url.rs", "pub struct Url;"),
        ("src/odoo/tests/url.rs", "use odoo::Url;"),
    ];
    assert_eq!(said(&tree), [""; 0]);
}

#[test]
fn a_plain_use_upward() {
    assert_eq!(in_pg("\nuse crate::run::store::Page;"), above("crate::run::store::Page"));
    assert_eq!(in_pg("\nuse crate::run::store as other;"), above("crate::run::store"));
    assert_eq!(in_pg("\nuse crate::run::store::*;"), above("crate::run::store"));
}

#[test]
fn a_grouped_use_upward() {
    let said = in_pg("use crate::{\n    run::{store::{self, Page}},\n};");
    assert_eq!(said, [above("crate::run::store"), above("crate::run::store::Page")].concat());
}

#[test]
fn super_upward() {
    assert_eq!(in_pg("\nuse super::super::run::store::Page;"), above("super::super::run::store::Page"));
    // within a module of the file, one more
    assert_eq!(
        in_pg("mod inner {\n    use super::super::super::run::store::Page; }"),
        above("super::super::super::run::store::Page")
    );
}

#[test]
fn a_path_upward_in_a_type_or_an_expression() {
    assert_eq!(in_pg("fn f() {\n    crate::run::store::store() }"), above("crate::run::store::store"));
    assert_eq!(in_pg("struct A {\n    page: Vec<Option<crate::run::store::Page>> }"), above("crate::run::store::Page"));
    assert_eq!(in_pg("fn f() { use \n crate::run::store::store; }"), above("crate::run::store::store"));
}

#[test]
fn a_path_upward_in_the_arguments_of_a_macro_or_an_attribute() {
    assert_eq!(
        in_pg("fn f() { assert_eq!(1,\n    g(crate::run::store::store())); }"),
        above("crate::run::store::store")
    );
    assert_eq!(
        in_pg("macro_rules! m { () => {\n    $crate::run::store::store() } }"),
        above("crate::run::store::store")
    );
    assert_eq!(
        in_pg("macro_rules! m { () => {\n    use crate::run::{store::Page}; } }"),
        above("crate::run::store::Page")
    );
    assert_eq!(
        in_pg("\n#[pg_extern(requires = [crate::run::store::store])] fn f() {}"),
        above("crate::run::store::store")
    );
}

#[test]
fn a_re_export_upward() {
    assert_eq!(in_pg("\npub use crate::run::store::Page;"), above("crate::run::store::Page"));
}

#[test]
fn a_path_that_begins_with_a_name_from_a_use() {
    let said = in_pg("use crate::run;\nfn f() { run::store::store() }");
    assert_eq!(
        said,
        [
            "src/pg/rows.rs:1: `crate::run` (src/run/mod.rs): `run` is above `pg`, which may import encode, failure"
                .to_owned(),
            above("run::store::store")[0].clone(),
        ]
    );
}

#[test]
fn what_is_of_the_root_is_above_all() {
    assert_eq!(
        in_pg("use crate::Thing;"),
        ["src/pg/rows.rs:1: `crate::Thing` (src/lib.rs): `lib` is above `pg`, which may import encode, failure"]
    );
}

#[test]
fn a_layer_that_the_table_lacks() {
    let said = said(&[("src/lib.rs", "mod extra;"), ("src/extra.rs", "")]);
    assert_eq!(
        said,
        ["src/extra.rs: `extra` is no layer; there are lib, entry, api, worker, run, connection, state, reader, \
          mirror, settings, pg, encode, failure"]
    );
}

#[test]
fn what_only_tests_import_does_not_count() {
    let said = said(&[
        ("src/lib.rs", "mod pg; mod run;"),
        ("src/run.rs", "pub fn run() {}"),
        ("src/pg/mod.rs", "#[cfg(test)] mod tests; #[cfg(test)] mod more { use crate::run::run; }"),
        ("src/pg/tests.rs", "use crate::run::run;"),
    ]);
    assert_eq!(said, [""; 0]);
}

#[test]
fn neither_does_how_far_something_is_visible() {
    assert_eq!(in_pg("pub(in crate::pg) fn f() {} pub(crate) fn g() {}"), [""; 0]);
}

#[test]
fn a_circle_of_three_files() {
    let said = said(&[
        ("src/odoo/lib.rs", "mod a; mod b; mod c; mod d;"),
        ("src/odoo/a.rs", "use crate::b::B;\npub struct A;"),
        ("src/odoo/b.rs", "pub struct B;\n\nfn b(c: super::c::C) {}"),
        ("src/odoo/c.rs", "pub struct C;\nuse crate::{a::A, d::D};"),
        ("src/odoo/d.rs", "pub struct D;"),
    ]);
    assert_eq!(
        said,
        [
            "src/odoo/a.rs, src/odoo/b.rs, src/odoo/c.rs import each other; what they share belongs into a file below them:\n    \
          src/odoo/a.rs:1: `crate::b::B` (src/odoo/b.rs)\n    \
          src/odoo/b.rs:3: `super::c::C` (src/odoo/c.rs)\n    \
          src/odoo/c.rs:2: `crate::a::A` (src/odoo/a.rs)"
        ]
    );
}

#[test]
fn a_folder_and_its_parts() {
    let said = said(&[
        ("src/lib.rs", "mod pg;"),
        ("src/pg/mod.rs", "mod rows; pub use rows::Rows; pub struct Oid;"),
        ("src/pg/rows.rs", "use super::Oid; pub struct Rows;"),
    ]);
    assert_eq!(
        said,
        ["src/pg/mod.rs, src/pg/rows.rs import each other; what they share belongs into a file below them:\n    \
          src/pg/mod.rs:1: `rows::Rows` (src/pg/rows.rs)\n    \
          src/pg/rows.rs:1: `super::Oid` (src/pg/mod.rs)"]
    );
}

#[test]
fn a_circle_of_folders_without_one_of_files() {
    let said = said(&[
        ("src/odoo/lib.rs", "mod read; mod write;"),
        ("src/odoo/read/mod.rs", "pub mod page; pub mod source;"),
        ("src/odoo/read/page.rs", "pub struct Page;"),
        ("src/odoo/read/source.rs", "use crate::write::row::Row;"),
        ("src/odoo/write/mod.rs", "pub mod row; pub mod store;"),
        ("src/odoo/write/row.rs", "pub struct Row;"),
        ("src/odoo/write/store.rs", "\nuse crate::read::page::Page;"),
    ]);
    assert_eq!(
        said,
        ["src/odoo/read, src/odoo/write import each other; one of them has to be below the others:\n    \
          src/odoo/read/source.rs:1: `crate::write::row::Row` (src/odoo/write/row.rs)\n    \
          src/odoo/write/store.rs:2: `crate::read::page::Page` (src/odoo/read/page.rs)"]
    );
}

#[test]
fn postgresql_where_threads_are() {
    let said = said(&[
        ("src/lib.rs", "mod pg; mod reader;"),
        ("src/pg.rs", "pub struct Rows;"),
        ("src/reader/mod.rs", "use crate::pg::Rows;\nfn f() { pgrx::log!(\"\") }"),
        ("src/odoo/lib.rs", "\n\nuse pgrx::prelude::*;"),
    ]);
    assert_eq!(
        said,
        [
            "src/reader/mod.rs:2: `pgrx`: this file must do without PostgreSQL, which is called from src/pg",
            "src/reader/mod.rs:1: `crate::pg::Rows` (src/pg.rs): this file must do without PostgreSQL, which is \
             called from there",
            "src/odoo/lib.rs:3: `pgrx`: this file must do without PostgreSQL, which is called from src/pg",
        ]
    );
}

#[test]
fn unsafe_elsewhere_than_in_pg() {
    let said = said(&[
        ("src/lib.rs", "mod entry; mod pg; mod run;"),
        ("src/entry.rs", "#[unsafe(no_mangle)] pub extern \"C\" fn f() {}\nunsafe fn g() {}"),
        ("src/pg/mod.rs", "unsafe extern \"C\" { fn f(); }"),
        ("src/run.rs", "\n#[unsafe(no_mangle)] fn f() {}\nfn g() { m!(unsafe { 1 }) }"),
    ]);
    assert_eq!(
        said,
        [
            "src/entry.rs:2: `unsafe`: that belongs into src/pg",
            "src/run.rs:2: `unsafe`: that belongs into src/pg or src/entry",
            "src/run.rs:3: `unsafe`: that belongs into src/pg",
        ]
    );
}

#[test]
fn what_cannot_be_read_is_told() {
    let said = said(&[("src/lib.rs", "mod gone; mod pg;"), ("src/pg.rs", "fn ("), ("src/run.rs", "")]);
    assert_eq!(said[0], "src/lib.rs: `mod gone` has no file");
    assert!(said[1].starts_with("src/pg.rs: "), "{said:?}");
    assert_eq!(
        said[2..],
        [
            "src/pg.rs: no `mod` leads to it, so that it is not compiled",
            "src/run.rs: no `mod` leads to it, so that it is not compiled"
        ]
    );
}
