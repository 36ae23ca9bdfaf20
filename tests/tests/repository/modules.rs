//! The modules of a crate, with their imports.

use std::collections::{BTreeMap, BTreeSet};

use crate::rust::Rust;

/// Texts of files by their paths.
pub(crate) type Files = BTreeMap<String, String>;

/// The modules of a crate by their paths; the root's is empty.
pub(crate) type Modules = BTreeMap<Path, Module>;

/// The segments of a path.
pub(crate) type Path = Vec<String>;

/// A module that is not a test.
#[derive(Default)]
pub(crate) struct Module {
    /// The file that it is in.
    pub(crate) file: String,
    pub(crate) children: BTreeSet<String>,
    pub(crate) imports: Vec<Import>,
    /// Its code without imports, modules within it, comments and literals.
    pub(crate) code: String,
}

/// One name that a `use` declaration brings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) path: Path,
    /// The name, `*` for all names.
    pub(crate) name: String,
    pub(crate) is_public: bool,
}

/// Reads the modules of the crate whose root is the file `root`.
pub(crate) fn modules(files: &Files, root: &str) -> Modules {
    let mut modules = Modules::new();
    read_file(files, root, Vec::new(), &mut modules);
    modules
}

fn read_file(files: &Files, file: &str, path: Path, modules: &mut Modules) {
    let code = Rust::parse(&files[file]).without_tests().code;
    let mut folder = match file.rsplit_once('/') {
        Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder.to_owned(),
        _ => file.trim_end_matches(".rs").to_owned(),
    };
    folder.push('/');
    read_module(files, (file, &folder), code, path, modules);
}

fn read_module(
    files: &Files,
    (file, folder): (&str, &str),
    mut code: String,
    path: Path,
    modules: &mut Modules,
) {
    let mut module = Module {
        file: file.to_owned(),
        ..Module::default()
    };
    for (start, name) in declarations(&code, "mod ") {
        let after = start + "mod ".len() + name.len();
        let child: Path = path.iter().chain([&name]).cloned().collect();
        let rest = code[after..].trim_start();
        if rest.starts_with('{') {
            let open = code.len() - rest.len();
            let end = block_end(&code, open);
            let inside = code[open + 1..end - 1].to_owned();
            let folder = format!("{folder}{name}/");
            read_module(files, (file, &folder), inside, child, modules);
            blank(&mut code, start, end);
        } else {
            let places = [
                format!("{folder}{name}.rs"),
                format!("{folder}{name}/mod.rs"),
            ];
            let Some(place) = places.iter().find(|place| files.contains_key(*place)) else {
                continue;
            };
            read_file(files, place, child, modules);
        }
        module.children.insert(name);
    }
    for (start, _) in declarations(&code, "use ") {
        let end = code[start..].find(';').map_or(code.len(), |at| start + at);
        let before = code[..start].trim_end();
        let is_public = before.ends_with("pub") || before.ends_with(')') && has_visibility(before);
        let tree = code[start + "use ".len()..end].to_owned();
        read_tree(&tree, &[], is_public, &mut module.imports);
        blank(&mut code, start, end);
    }
    module.code = code;
    modules.insert(path, module);
}

/// Returns the places of a keyword, each with the identifier after it, the last first.
fn declarations(code: &str, keyword: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices(keyword) {
        let is_word = !code[..start].ends_with(|c: char| is_in_name(c) || c == '\'');
        let rest = &code[start + keyword.len()..];
        let name = rest.split(|c| !is_in_name(c)).next().unwrap_or_default();
        if is_word && (keyword == "use " || !name.is_empty()) {
            found.push((start, name.to_owned()));
        }
    }
    found.reverse();
    found
}

/// Returns whether code ends with a restricted `pub(…)`.
fn has_visibility(before: &str) -> bool {
    before
        .rfind('(')
        .is_some_and(|open| before[..open].ends_with("pub"))
}

/// Reads the part of a `use` declaration that is below `prefix`.
fn read_tree(tree: &str, prefix: &[String], is_public: bool, imports: &mut Vec<Import>) {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let segments = tree[..open].split("::").map(str::trim);
        let segments = segments
            .filter(|segment| !segment.is_empty())
            .map(str::to_owned);
        let prefix: Path = prefix.iter().cloned().chain(segments).collect();
        let close = tree.rfind('}').unwrap_or(tree.len());
        for branch in split_branches(&tree[open + 1..close]) {
            read_tree(branch, &prefix, is_public, imports);
        }
        return;
    }
    let (path, alias) = match tree.split_once(" as ") {
        Some((path, alias)) => (path, Some(alias.trim())),
        None => (tree, None),
    };
    let mut path: Path = prefix
        .iter()
        .cloned()
        .chain(path.split("::").map(|segment| segment.trim().to_owned()))
        .collect();
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let Some(last) = path.last().cloned().filter(|last| !last.is_empty()) else {
        return;
    };
    if last == "*" {
        path.pop();
    }
    let name = alias.map_or(last, str::to_owned);
    imports.push(Import {
        path,
        name,
        is_public,
    });
}

/// Splits at the commas outside inner braces.
fn split_branches(branches: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let split = branches.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    split.filter(|branch| !branch.trim().is_empty()).collect()
}

fn block_end(code: &str, open: usize) -> usize {
    let mut depth = 0_u32;
    for (at, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + at + 1;
        }
    }
    code.len()
}

fn blank(code: &mut String, start: usize, end: usize) {
    let blank = " ".repeat(end - start);
    code.replace_range(start..end, &blank);
}

pub(crate) fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn import(path: &str, name: &str, is_public: bool) -> Import {
    Import {
        path: path.split("::").map(str::to_owned).collect(),
        name: name.to_owned(),
        is_public,
    }
}

#[test]
fn imports_and_modules_are_read() {
    let files = Files::from([
        (
            "src/lib.rs".to_owned(),
            "mod a;\nmod b { use super::a; }\npub(crate) use a::{self, C, d::{E as F, *}};\n"
                .to_owned(),
        ),
        (
            "src/a.rs".to_owned(),
            "mod g;\n#[cfg(test)]\nmod tests;".to_owned(),
        ),
        ("src/a/g.rs".to_owned(), "// use h;\nuse std::i;".to_owned()),
        ("src/a/tests.rs".to_owned(), String::new()),
    ]);
    let modules = modules(&files, "src/lib.rs");
    let paths: Vec<_> = modules.keys().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["", "a", "a::g", "b"]);
    assert_eq!(
        modules[&Vec::new()].imports,
        [
            import("a", "a", true),
            import("a::C", "C", true),
            import("a::d::E", "F", true),
            import("a::d", "*", true),
        ]
    );
    assert_eq!(modules[&vec!["b".to_owned()]].file, "src/lib.rs");
}
