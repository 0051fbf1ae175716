//! What may import what.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};

use crate::imports::{Import, imports};
use crate::source::{Crate, File, folder_of};

/// Where code of each kind belongs. Places are paths without `.rs`: a file, or a folder with all below it.
pub struct Rules {
    /// The roots of the crates below `src/`.
    pub crates: &'static [&'static str],
    /// The layers of the first crate, from the top: its root and the modules right below that.
    pub layers: &'static [&'static str],
    /// What calls PostgreSQL.
    pub postgres: &'static [&'static str],
    /// What must not call it.
    pub without_postgres: &'static [&'static str],
    /// Where there may be `unsafe`.
    pub unsafe_code: &'static [&'static str],
    /// Where there may be `#[unsafe(…)]`.
    pub unsafe_attributes: &'static [&'static str],
}

/// Everything in these files, of path and text each, that breaks a rule.
pub fn problems(rules: &Rules, files: &[(String, String)]) -> Vec<String> {
    let texts: BTreeMap<&str, &str> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let mut problems = Vec::new();
    let mut reached = BTreeSet::new();
    for (place, root) in rules.crates.iter().enumerate() {
        let this = Crate::read(root, &texts);
        problems.extend(this.unread.iter().cloned());
        reached.extend(this.files.iter().map(|file| file.path.clone()));
        let imports = imports(&this);
        let mut folders = folders_of(&this);
        if place == 0 {
            problems.extend(upward(rules, &this, &imports));
            // what is right below the root has the order of the layers, which says more of an import than a circle does
            folders.remove(&folder_of(root));
        }
        problems.extend(circles_of_files(&this, &imports));
        problems.extend(circles_of_folders(&this, &imports, &folders));
        problems.extend(calls_of_postgres(rules, &this, &imports));
        problems.extend(misplaced_unsafe(rules, &this));
    }
    let unreached = texts.keys().filter(|path| !reached.contains(**path) && !is_target(rules, path));
    problems.extend(unreached.map(|path| format!("{path}: no `mod` leads to it, so that it is not compiled")));
    problems
}

/// Whether a file is a test or the like of a crate, which is compiled apart from it.
fn is_target(rules: &Rules, path: &str) -> bool {
    rules.crates.iter().any(|root| {
        let below = path.strip_prefix(&folder_of(root)).unwrap_or(path);
        ["/tests/", "/benches/", "/examples/"].iter().any(|folder| below.starts_with(folder))
    })
}

/// Whether a file is in one of these places.
fn is_in(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| path.strip_prefix(place).is_some_and(|rest| rest == ".rs" || rest.starts_with('/')))
}

/// The imports from a layer that is above.
fn upward(rules: &Rules, this: &Crate, imports: &[Import]) -> Vec<String> {
    let layer = |file: usize| this.files[file].module.first().map_or("lib", String::as_str);
    let height = |layer: &str| rules.layers.iter().position(|name| *name == layer);
    let mut problems = Vec::new();
    let mut unknown = BTreeSet::new();
    for file in 0..this.files.len() {
        if height(layer(file)).is_none() && unknown.insert(layer(file)) {
            problems.push(format!(
                "{}: `{}` is no layer; there are {}",
                this.files[file].path,
                layer(file),
                rules.layers.join(", ")
            ));
        }
    }
    for import in imports {
        let (from, to) = (layer(import.from), layer(import.to));
        let (Some(here), Some(there)) = (height(from), height(to)) else {
            continue;
        };
        if there < here {
            let below = &rules.layers[here + 1..];
            let may = if below.is_empty() { "nothing".to_owned() } else { below.join(", ") };
            problems.push(format!("{}: `{to}` is above `{from}`, which may import {may}", told(this, import)));
        }
    }
    problems
}

/// The files that import each other, however many lie between.
fn circles_of_files(this: &Crate, imports: &[Import]) -> Vec<String> {
    circles_among(this, imports, |file| Some(this.files[file].path.clone()))
        .map(|(names, lines)| {
            format!("{names} import each other; what they share belongs into a file below them:{lines}")
        })
        .collect()
}

/// The folders that a crate's files are in, and those that these are in.
fn folders_of(this: &Crate) -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    for file in &this.files {
        let mut folder = folder_of(&file.path);
        while !folder.is_empty() && folders.insert(folder.clone()) {
            folder = folder_of(&folder);
        }
    }
    folders
}

/// What is right in one of these folders, a folder or a file beside it, and imports each other.
fn circles_of_folders(this: &Crate, imports: &[Import], folders: &BTreeSet<String>) -> Vec<String> {
    let mut problems = Vec::new();
    for folder in folders {
        // a file in this folder, or a folder with all below it
        let within = |file: usize| {
            let path = this.files[file].path.strip_prefix(folder)?;
            let name = path.strip_prefix('/')?.split('/').next()?;
            Some(format!("{folder}/{name}"))
        };
        let circles = circles_among(this, imports, within)
            // those of files alone are told as such
            .filter(|(names, _)| names.split(", ").any(|name| !name.ends_with(".rs")));
        problems.extend(circles.map(|(names, lines)| {
            format!("{names} import each other; one of them has to be below the others:{lines}")
        }));
    }
    problems
}

/// The places of files that import each other: their names, and a line for each two files of which one imports the
/// other.
fn circles_among(
    this: &Crate,
    imports: &[Import],
    place: impl Fn(usize) -> Option<String>,
) -> impl Iterator<Item = (String, String)> {
    let crossing: Vec<(String, String, &Import)> = imports
        .iter()
        .filter_map(|import| Some((place(import.from)?, place(import.to)?, import)))
        .filter(|(from, to, _)| from != to)
        .collect();
    let edges: Vec<(&str, &str)> = crossing.iter().map(|(from, to, _)| (from.as_str(), to.as_str())).collect();
    let mut found = Vec::new();
    for circle in circles(&edges) {
        let mut seen = BTreeSet::new();
        let lines: String = crossing
            .iter()
            .filter(|(from, to, _)| circle.contains(from.as_str()) && circle.contains(to.as_str()))
            .filter(|(_, _, import)| seen.insert((import.from, import.to)))
            .map(|(_, _, import)| format!("\n    {}", told(this, import)))
            .collect();
        let names: Vec<&str> = circle.into_iter().collect();
        found.push((names.join(", "), lines));
    }
    found.into_iter()
}

/// The sets of two or more nodes of which each leads to each other one, in the order of the nodes.
fn circles<N: Ord + Copy>(edges: &[(N, N)]) -> Vec<BTreeSet<N>> {
    let mut next: BTreeMap<N, BTreeSet<N>> = BTreeMap::new();
    for (from, to) in edges {
        next.entry(*from).or_default().insert(*to);
    }
    let reach = |start: N| {
        let (mut reached, mut left) = (BTreeSet::new(), vec![start]);
        while let Some(node) = left.pop() {
            for to in next.get(&node).into_iter().flatten() {
                if reached.insert(*to) {
                    left.push(*to);
                }
            }
        }
        reached
    };
    let reached: BTreeMap<N, BTreeSet<N>> = next.keys().map(|node| (*node, reach(*node))).collect();
    let mut circles: Vec<BTreeSet<N>> = Vec::new();
    for (node, below) in &reached {
        if circles.iter().any(|circle| circle.contains(node)) || !below.contains(node) {
            continue;
        }
        let circle = below.iter().filter(|other| reached.get(*other).is_some_and(|back| back.contains(node)));
        circles.push(circle.copied().collect());
    }
    circles
}

/// PostgreSQL where it must not be called, by its bindings or by the layer that calls it.
fn calls_of_postgres(rules: &Rules, this: &Crate, imports: &[Import]) -> Vec<String> {
    let mut problems = Vec::new();
    let does_without = |file: &&File| is_in(&file.path, rules.without_postgres);
    for file in this.files.iter().filter(does_without) {
        for word in words(&file.tokens).filter(|word| word.text == "pgrx") {
            problems.push(format!(
                "{}:{}: `pgrx`: this file must do without PostgreSQL, which is called from {}",
                file.path,
                word.line,
                rules.postgres.join(" and ")
            ));
        }
    }
    for import in imports {
        if does_without(&&this.files[import.from]) && is_in(&this.files[import.to].path, rules.postgres) {
            problems.push(format!(
                "{}: this file must do without PostgreSQL, which is called from there",
                told(this, import)
            ));
        }
    }
    problems
}

/// `unsafe` where it does not belong.
fn misplaced_unsafe(rules: &Rules, this: &Crate) -> Vec<String> {
    let mut problems = Vec::new();
    for file in &this.files {
        for word in words(&file.tokens).filter(|word| word.text == "unsafe") {
            let places = match word.in_attribute {
                true => rules.unsafe_attributes,
                false => rules.unsafe_code,
            };
            if !is_in(&file.path, places) {
                problems.push(format!(
                    "{}:{}: `unsafe`: that belongs into {}",
                    file.path,
                    word.line,
                    places.join(" or ")
                ));
            }
        }
    }
    problems
}

/// A keyword or a name.
struct Word {
    text: String,
    line: usize,
    in_attribute: bool,
}

/// All words of a file but for those of its comments.
fn words(tokens: &TokenStream) -> impl Iterator<Item = Word> {
    fn collect(tokens: &TokenStream, in_attribute: bool, words: &mut Vec<Word>) {
        // after the `#` of `#[…]`, or the `#!` of `#![…]`
        let mut hash = false;
        for token in tokens.clone() {
            match &token {
                TokenTree::Ident(name) => {
                    words.push(Word { text: name.to_string(), line: name.span().start().line, in_attribute })
                }
                TokenTree::Group(group) => collect(&group.stream(), in_attribute || hash, words),
                _ => {}
            }
            hash = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '#' || hash && mark.as_char() == '!');
        }
    }
    let mut words = Vec::new();
    collect(tokens, false, &mut words);
    words.into_iter()
}

/// An import for the reader: `file:line: path (the file that it leads into)`.
fn told(this: &Crate, import: &Import) -> String {
    format!("{}:{}: `{}` ({})", this.files[import.from].path, import.line, import.path, this.files[import.to].path)
}
