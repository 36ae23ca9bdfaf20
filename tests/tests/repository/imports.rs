//! The imports between the modules of a crate.

use std::collections::BTreeSet;

use crate::modules::{Import, Modules, Path, is_in_name};

/// A module, or the item that a path names in a module.
enum Target {
    Module(Path),
    Item(Path),
}

/// An import of one module from another, with the path that the source has.
pub(crate) struct Edge {
    pub(crate) from: Path,
    pub(crate) to: Path,
    pub(crate) item: String,
}

/// Returns the imports between modules. Declaring a module, and exporting an
/// item of another one, is not an import.
pub(crate) fn edges(modules: &Modules) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (from, module) in modules {
        let imports = module.imports.iter().filter(|import| !import.is_public);
        let imported = imports.map(|import| (resolve(modules, from, &import.path), &import.path));
        let paths = paths_in(&module.code);
        let used = paths
            .iter()
            .map(|path| (resolve_used(modules, from, path), path));
        for (target, path) in imported.chain(used) {
            if let Some(Target::Item(to)) = target {
                edges.push(Edge {
                    from: from.clone(),
                    to,
                    item: path.join("::"),
                });
            }
        }
    }
    edges
}

/// Finds the module that defines the item of a path in a `use` declaration
/// or of a path in code that is not shortened by an import.
fn resolve(modules: &Modules, module: &[String], path: &[String]) -> Option<Target> {
    resolve_from(modules, module, path, 0)
}

fn resolve_from(
    modules: &Modules,
    module: &[String],
    path: &[String],
    depth: u32,
) -> Option<Target> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => resolve_below(modules, Vec::new(), rest, depth),
        "self" => resolve_below(modules, module.to_owned(), rest, depth),
        "super" => {
            let parent = &module[..module.len().checked_sub(1)?];
            match rest.first().map(String::as_str) {
                Some("super") => resolve_from(modules, parent, rest, depth),
                _ => resolve_below(modules, parent.to_owned(), rest, depth),
            }
        }
        name if modules[module].children.contains(name) => {
            resolve_below(modules, module.to_owned(), path, depth)
        }
        _ => None,
    }
}

/// Finds the module that defines the item of a path in code.
fn resolve_used(modules: &Modules, module: &[String], path: &[String]) -> Option<Target> {
    let (first, rest) = path.split_first()?;
    if rest.is_empty() && modules[module].children.contains(first) {
        return None;
    }
    let imports = modules[module].imports.iter();
    let Some(import) = imports.rev().find(|import| import.name == *first) else {
        return resolve(modules, module, path);
    };
    let whole: Path = import.path.iter().chain(rest).cloned().collect();
    resolve(modules, module, &whole)
}

/// Follows a path downwards, through the names that modules import.
fn resolve_below(modules: &Modules, start: Path, path: &[String], depth: u32) -> Option<Target> {
    let mut module = start;
    for (at, name) in path.iter().enumerate() {
        let current = modules.get(&module)?;
        if current.children.contains(name) {
            module.push(name.clone());
            continue;
        }
        let followed = imported(modules, &module, name, depth);
        return match followed {
            Some(Target::Module(target)) => resolve_below(modules, target, &path[at + 1..], depth),
            Some(item) => Some(item),
            None => Some(Target::Item(module)),
        };
    }
    Some(Target::Module(module))
}

/// Finds the target of a name that a module imports.
fn imported(modules: &Modules, module: &Path, name: &str, depth: u32) -> Option<Target> {
    /// Imports that lead through each other in a circle end here.
    const MAX_DEPTH: u32 = 8;
    if depth == MAX_DEPTH {
        return None;
    }
    let imports = &modules[module].imports;
    let follow = |import: &Import, rest: &[String]| {
        let whole: Path = import.path.iter().chain(rest).cloned().collect();
        let is_itself = whole.len() == 1 && whole[0] == name;
        let is_child = modules[module].children.contains(name);
        let is_circular = is_itself && !is_child;
        let target = (!is_circular).then(|| resolve_from(modules, module, &whole, depth + 1));
        target.flatten()
    };
    if let Some(import) = imports.iter().find(|import| import.name == name) {
        return follow(import, &[]);
    }
    let globs = imports.iter().filter(|import| import.name == "*");
    globs
        .filter_map(|glob| follow(glob, &[name.to_owned()]))
        .find(|target| match target {
            Target::Module(_) => true,
            Target::Item(module) => defines(&modules[module].code, name),
        })
}

/// Returns whether code defines an item.
fn defines(code: &str, name: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "const", "enum", "fn", "static", "struct", "trait", "type", "union",
    ];
    code.match_indices(name).any(|(at, _)| {
        let is_whole = !code[at + name.len()..].starts_with(is_in_name);
        let before = code[..at].trim_end();
        is_whole && before.len() < at && KEYWORDS.iter().any(|keyword| before.ends_with(keyword))
    })
}

/// Returns every path and name in code.
fn paths_in(code: &str) -> BTreeSet<Path> {
    let mut paths = BTreeSet::new();
    let mut rest = code;
    while let Some(start) = rest.find(is_in_name) {
        let before = rest[..start].chars().next_back();
        let is_start = !matches!(before, Some('.' | ':' | '\''));
        rest = &rest[start..];
        let mut path = Path::new();
        loop {
            let end = rest.find(|c| !is_in_name(c)).unwrap_or(rest.len());
            path.push(rest[..end].to_owned());
            rest = &rest[end..];
            match rest.strip_prefix("::") {
                Some(below) if below.starts_with(is_in_name) => rest = below,
                _ => break,
            }
        }
        if is_start {
            paths.insert(path);
        }
    }
    paths
}

#[test]
fn paths_in_code_are_found() {
    let code = "fn f(a: b::C) { d::e::<F>(); g.h(); i::j!(); <K as L>::m() }";
    let found: Vec<_> = paths_in(code).iter().map(|path| path.join("::")).collect();
    assert_eq!(
        found,
        [
            "F", "K", "L", "a", "as", "b::C", "d::e", "f", "fn", "g", "i::j"
        ]
    );
}
