//! What a file names of other files of its crate.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, VisRestricted};

use crate::source::{Crate, Module, is_for_tests};

/// A path in one file that leads into another.
pub struct Import {
    /// The place among the crate's files of the one that names it.
    pub from: usize,
    /// The place of the one that is named.
    pub to: usize,
    /// The line that it is named in.
    pub line: usize,
    /// The path as it is written, groups spelled out.
    pub path: String,
}

/// Everything that the files of a crate name of one another, but for what only tests need.
pub fn imports(this: &Crate) -> Vec<Import> {
    let mut all = Vec::new();
    for (from, file) in this.files.iter().enumerate().filter(|(_, file)| !file.test) {
        let mut written = Written { scope: file.module.clone(), paths: Vec::new() };
        written.visit_file(&file.syntax);
        let known = Known::new(this, &written.paths);
        for path in &written.paths {
            let Some(absolute) = known.resolve(&path.scope, &path.segments) else {
                continue;
            };
            let to = this.file_at(&absolute);
            if to != from {
                all.push(Import { from, to, line: path.line, path: path.segments.join("::") });
            }
        }
    }
    all.sort_by(|a, b| (a.from, a.line, &a.path).cmp(&(b.from, b.line, &b.path)));
    all.dedup_by(|b, a| (a.from, a.line, &a.path) == (b.from, b.line, &b.path));
    all
}

/// A path somewhere in a file.
struct Path {
    /// The module that it stands in.
    scope: Module,
    segments: Vec<String>,
    line: usize,
    kind: Kind,
}

enum Kind {
    /// In a type, an expression, a macro's arguments, …
    Named,
    /// In a `use`, under this name from then on.
    Used(String),
    /// In a `use` of all that is in it.
    Glob,
}

/// The names that a file's `use` items give to modules.
struct Known<'a> {
    this: &'a Crate,
    names: BTreeMap<(Module, String), Module>,
    globs: Vec<(Module, Module)>,
}

impl<'a> Known<'a> {
    fn new(this: &'a Crate, paths: &[Path]) -> Self {
        let mut known = Self { this, names: BTreeMap::new(), globs: Vec::new() };
        // a `use` may begin with a name that another one gives
        loop {
            let before = known.names.len() + known.globs.len();
            for path in paths {
                let target = match &path.kind {
                    Kind::Named => None,
                    Kind::Used(_) | Kind::Glob => {
                        known.resolve(&path.scope, &path.segments).filter(|absolute| this.modules.contains(absolute))
                    }
                };
                let Some(target) = target else { continue };
                let scope = path.scope.clone();
                match &path.kind {
                    Kind::Used(name) => {
                        known.names.entry((scope, name.clone())).or_insert(target);
                    }
                    _ if !known.globs.contains(&(scope.clone(), target.clone())) => {
                        known.globs.push((scope, target));
                    }
                    _ => {}
                }
            }
            if before == known.names.len() + known.globs.len() {
                return known;
            }
        }
    }

    /// A path from the crate's root; none for another crate's, and for what is the file's own.
    fn resolve(&self, scope: &[String], segments: &[String]) -> Option<Vec<String>> {
        let (first, rest) = segments.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([scope, rest].concat()),
            "super" => {
                let ups = segments.iter().take_while(|name| *name == "super").count();
                let above = &scope[..scope.len().checked_sub(ups)?];
                Some([above, &segments[ups..]].concat())
            }
            _ => {
                let module = self.module_named(scope, first)?;
                Some([module.as_slice(), rest].concat())
            }
        }
    }

    /// The module that a bare name stands for: one that is declared here, or brought here by a `use`.
    fn module_named(&self, scope: &[String], name: &String) -> Option<Module> {
        let below = |module: &[String]| {
            let child = [module, std::slice::from_ref(name)].concat();
            self.this.modules.contains(&child).then_some(child)
        };
        below(scope).or_else(|| self.names.get(&(scope.to_vec(), name.clone())).cloned()).or_else(|| {
            let mut here = self.globs.iter().filter(|(where_, _)| where_.as_slice() == scope);
            here.find_map(|(_, module)| below(module))
        })
    }
}

/// Collects the paths of a file.
struct Written {
    scope: Module,
    paths: Vec<Path>,
}

impl Written {
    fn add(&mut self, segments: Vec<String>, line: usize, kind: Kind) {
        self.paths.push(Path { scope: self.scope.clone(), segments, line, kind });
    }

    /// The paths of a `use`, one for each name that it brings.
    fn add_tree(&mut self, prefix: &[String], tree: &UseTree) {
        let with = |name: &Ident| [prefix, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&with(&path.ident), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.add_tree(prefix, item)),
            UseTree::Glob(glob) => {
                self.add(prefix.to_vec(), glob.star_token.span.start().line, Kind::Glob);
            }
            UseTree::Name(name) => self.add_name(prefix, &name.ident, &name.ident),
            UseTree::Rename(name) => self.add_name(prefix, &name.ident, &name.rename),
        }
    }

    fn add_name(&mut self, prefix: &[String], name: &Ident, known_as: &Ident) {
        let line = name.span().start().line;
        if name == "self" && !prefix.is_empty() {
            // `a::{self}` is a itself, under its own name unless it gets another
            let kept = if known_as == "self" { prefix[prefix.len() - 1].clone() } else { known_as.to_string() };
            self.add(prefix.to_vec(), line, Kind::Used(kept));
        } else {
            let path = [prefix, &[name.to_string()]].concat();
            self.add(path, line, Kind::Used(known_as.to_string()));
        }
    }

    /// The paths in a macro's or an attribute's arguments, which have no syntax but their tokens.
    fn add_tokens(&mut self, tokens: &TokenStream) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.add_tokens(&group.stream()),
                TokenTree::Ident(first) if !follows_colons(&tokens[..at]) => {
                    let mut segments = vec![first.to_string()];
                    while let (true, Some(TokenTree::Ident(next))) = (colons(&tokens, at + 1), tokens.get(at + 3)) {
                        segments.push(next.to_string());
                        at += 3;
                    }
                    let open = colons(&tokens, at + 1);
                    match tokens.get(at + 3) {
                        // a `use` of several names
                        Some(TokenTree::Group(group)) if open && group.delimiter() == Delimiter::Brace => {
                            let tree: TokenStream = [TokenTree::Group(group.clone())].into_iter().collect();
                            match syn::parse2::<UseTree>(tree) {
                                Ok(tree) => self.add_tree(&segments, &tree),
                                Err(_) => self.add_tokens(&group.stream()),
                            }
                            at += 3;
                        }
                        _ if open || segments.len() > 1 => {
                            self.add(segments, first.span().start().line, Kind::Named);
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }
}

/// Whether `::` stands there.
fn colons(tokens: &[TokenTree], at: usize) -> bool {
    matches!(
        (tokens.get(at), tokens.get(at + 1)),
        (Some(TokenTree::Punct(a)), Some(TokenTree::Punct(b)))
            if a.as_char() == ':' && a.spacing() == Spacing::Joint && b.as_char() == ':'
    )
}

/// Whether what comes next belongs to a path that has begun before, or to another crate's.
fn follows_colons(before: &[TokenTree]) -> bool {
    before.len() >= 2 && colons(before, before.len() - 2)
}

/// The attributes of an item that can be for tests only.
fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

impl<'ast> Visit<'ast> for Written {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.scope.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.scope.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.add_tree(&[], &item.tree);
        }
    }

    /// `pub(in crate::a)` imports nothing.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.add(segments, path.segments[0].ident.span().start().line, Kind::Named);
        }
        visit::visit_path(self, path);
    }

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        self.add_tokens(tokens);
    }
}
