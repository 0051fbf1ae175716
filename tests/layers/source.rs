//! A crate's files, found as the compiler finds them: from its root, by `mod` declarations.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use syn::{Attribute, Item, Meta};

/// A module's path from the crate's root, whose own path is empty.
pub type Module = Vec<String>;

/// One file of a crate.
pub struct File {
    /// Its path within the repository.
    pub path: String,
    /// The module that it is.
    pub module: Module,
    /// Whether it is compiled for tests only.
    pub test: bool,
    /// What it says, token by token.
    pub tokens: TokenStream,
    /// What it says, as the compiler reads it.
    pub syntax: syn::File,
}

/// A crate's files and modules.
#[derive(Default)]
pub struct Crate {
    /// The files, the root first.
    pub files: Vec<File>,
    /// Each module that is a file, and the file's place among them.
    pub file_of: BTreeMap<Module, usize>,
    /// Every module, those within a file too.
    pub modules: BTreeSet<Module>,
    /// What could not be read.
    pub unread: Vec<String>,
}

impl Crate {
    /// Reads the crate whose root is at this path.
    pub fn read(root: &str, texts: &BTreeMap<&str, &str>) -> Self {
        let mut this = Self::default();
        if texts.contains_key(root) {
            this.add(root, Module::new(), folder_of(root), false, texts);
        } else {
            this.unread.push(format!("{root}: there is no such file, and it is a crate's root"));
        }
        this
    }

    /// The file that a path leads into: the one of the longest module that the path begins with.
    pub fn file_at(&self, path: &[String]) -> usize {
        (0..=path.len())
            .rev()
            .find_map(|length| self.file_of.get(&path[..length]))
            .copied()
            .expect("the root is a module of every crate")
    }

    fn add(&mut self, path: &str, module: Module, folder: String, test: bool, texts: &BTreeMap<&str, &str>) {
        let parsed = texts[path].parse::<TokenStream>().map_err(|error| error.to_string());
        let parsed = parsed.and_then(|tokens| {
            let syntax = syn::parse2(tokens.clone()).map_err(|error| error.to_string())?;
            Ok((tokens, syntax))
        });
        let (tokens, syntax): (TokenStream, syn::File) = match parsed {
            Ok(parsed) => parsed,
            Err(error) => return self.unread.push(format!("{path}: {error}")),
        };
        let children = declared(&syntax.items, &module, &folder, test);
        self.file_of.insert(module.clone(), self.files.len());
        self.modules.insert(module.clone());
        self.files.push(File { path: path.to_owned(), module, test, tokens, syntax });
        for child in children {
            self.modules.insert(child.module.clone());
            if child.inline {
                continue;
            }
            let (plain, nested) = (format!("{}.rs", child.folder), format!("{}/mod.rs", child.folder));
            match [plain, nested].iter().find(|path| texts.contains_key(path.as_str())) {
                Some(found) => self.add(found, child.module, child.folder, child.test, texts),
                None => self.unread.push(format!("{path}: `mod {}` has no file", child.module.join("::"))),
            }
        }
    }
}

/// The folder that a file is in.
pub fn folder_of(path: &str) -> String {
    path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
}

/// A `mod` item.
struct Declared {
    module: Module,
    /// The folder of the modules below it.
    folder: String,
    /// Whether its content is right there, and in no file of its own.
    inline: bool,
    test: bool,
}

fn declared(items: &[Item], module: &Module, folder: &str, test: bool) -> Vec<Declared> {
    let mut all = Vec::new();
    for item in items {
        let Item::Mod(item) = item else { continue };
        let name = item.ident.to_string();
        let below = Declared {
            module: [module.as_slice(), std::slice::from_ref(&name)].concat(),
            folder: format!("{folder}/{name}"),
            inline: item.content.is_some(),
            test: test || is_for_tests(&item.attrs),
        };
        let nested = item.content.as_ref().map(|(_, items)| declared(items, &below.module, &below.folder, below.test));
        all.push(below);
        all.extend(nested.into_iter().flatten());
    }
    all
}

/// Whether an item is compiled for tests only.
pub fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}
