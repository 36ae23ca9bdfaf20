//! The files of the repository, except those in `.gitignore`.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Returns the root: Cargo runs tests in the folder of their package.
pub(crate) fn root() -> PathBuf {
    let package = std::env::current_dir().expect("there is a working folder");
    package
        .parent()
        .expect("the package has a folder")
        .to_owned()
}

/// A text file with its path relative to the root, with slashes.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// Formats a finding with its place.
    pub(crate) fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{}: {what}", self.path, line + 1)
    }
}

/// Returns every file whose name ends in `ending`.
pub(crate) fn sources(ending: &str) -> Vec<Source> {
    let found = matching(|path| path.ends_with(ending));
    assert!(!found.is_empty(), "no file ends in {ending}");
    found
}

/// Returns every text file whose path `is_wanted`.
pub(crate) fn matching(is_wanted: impl Fn(&str) -> bool) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    walk(&root, &root, &ignored(&root), &mut |path| {
        if is_wanted(path) {
            let text = fs::read_to_string(root.join(path)).expect("sources are UTF-8");
            found.push(Source {
                path: path.to_owned(),
                text,
            });
        }
    });
    found
}

/// Returns the names at the top level.
pub(crate) fn top_level() -> Vec<String> {
    let root = root();
    let ignored = ignored(&root);
    let mut names = entries(&root);
    names.retain(|name| !is_ignored(&ignored, name));
    names
}

fn walk(root: &Path, folder: &Path, ignored: &[String], visit: &mut impl FnMut(&str)) {
    for name in entries(folder) {
        let path = folder.join(&name);
        let below = path.strip_prefix(root).expect("the walk began at the root");
        let below = below.to_string_lossy().replace('\\', "/");
        if is_ignored(ignored, &below) {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, ignored, visit);
        } else {
            visit(&below);
        }
    }
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("the entry can be read").file_name())
        .map(|name| name.into_string().expect("names are UTF-8"))
        .collect();
    names.sort();
    names
}

fn ignored(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join(".gitignore")).expect("there is a .gitignore");
    let lines = text.lines().map(str::trim);
    let mut names: Vec<_> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.trim_end_matches('/').to_owned())
        .collect();
    let plain = |name: &String| !name.contains(['*', '?', '!']);
    assert!(
        names.iter().all(plain),
        "only plain names in .gitignore are supported"
    );
    names.push("/.git".to_owned());
    names
}

/// Returns whether a path is ignored: `/name` is a path, `name` a name anywhere.
fn is_ignored(ignored: &[String], path: &str) -> bool {
    ignored.iter().any(|entry| match entry.strip_prefix('/') {
        Some(exact) => path == exact,
        None => path.rsplit('/').next() == Some(entry),
    })
}
