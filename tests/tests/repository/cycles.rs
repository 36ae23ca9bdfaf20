//! Import cycles within a crate: between files, and between the children of a
//! module.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    expect_none,
    imports::{Edge, edges},
    modules::{Files, Modules, modules},
    tree::sources,
};

/// The modules that each module imports from, each with an item.
type Graph = BTreeMap<String, BTreeMap<String, String>>;

#[test]
fn modules_side_by_side_have_no_cycles() {
    expect_none("import cycles:", &all_cycles(by_sibling));
}

#[test]
fn files_have_no_cycles() {
    expect_none("import cycles:", &all_cycles(by_file));
}

/// Returns the cycles of every crate in the graph that `view` makes of it.
fn all_cycles(view: fn(&Modules, &str) -> Graph) -> Vec<String> {
    let sources = sources(".rs").into_iter();
    let files: Files = sources.map(|source| (source.path, source.text)).collect();
    let is_root = |file: &&String| file.ends_with("/lib.rs") || file.ends_with("/main.rs");
    let roots = files.keys().filter(is_root);
    let found: BTreeSet<_> = roots
        .flat_map(|root| cycles(&view(&modules(&files, root), root)))
        .collect();
    found.into_iter().collect()
}

/// Returns the imports between files.
fn by_file(modules: &Modules, _root: &str) -> Graph {
    let mut graph = Graph::new();
    for edge in edges(modules) {
        let file = |path| modules[path].file.clone();
        add(&mut graph, file(&edge.from), file(&edge.to), &edge.item);
    }
    graph
}

/// Returns the imports between the children of each module, a child with
/// everything below it.
fn by_sibling(modules: &Modules, root: &str) -> Graph {
    let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut graph = Graph::new();
    for edge in edges(modules) {
        if let Some((from, to)) = siblings(&edge) {
            let label = |path: &[String]| format!("{folder}/{}", path.join("/"));
            add(&mut graph, label(from), label(to), &edge.item);
        }
    }
    graph
}

/// Returns the two children of the nearest common ancestor that an import is
/// between; `None` if one end is an ancestor of the other.
fn siblings(edge: &Edge) -> Option<(&[String], &[String])> {
    let pairs = edge.from.iter().zip(&edge.to);
    let common = pairs.take_while(|(from, to)| from == to).count();
    Some((edge.from.get(..=common)?, edge.to.get(..=common)?))
}

fn add(graph: &mut Graph, from: String, to: String, item: &str) {
    if from != to {
        let edges = graph.entry(from).or_default();
        edges.entry(to).or_insert_with(|| item.to_owned());
    }
}

/// Returns the shortest cycle of each set of files that import each other.
fn cycles(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for file in graph.keys() {
        if seen.contains(file) {
            continue;
        }
        if let Some(cycle) = shortest_cycle(graph, file) {
            let steps = cycle.windows(2).map(|step| {
                let item = &graph[&step[0]][&step[1]];
                format!("{} -> {} ({item})", step[0], step[1])
            });
            found.push(steps.collect::<Vec<_>>().join(", "));
            seen.extend(cycle);
        }
    }
    found
}

/// Searches breadth first for a way back to `start`.
fn shortest_cycle(graph: &Graph, start: &str) -> Option<Vec<String>> {
    let mut ways = VecDeque::from([vec![start.to_owned()]]);
    let mut visited = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let last = way.last()?;
        for next in graph.get(last).into_iter().flat_map(BTreeMap::keys) {
            let longer: Vec<_> = way.iter().chain([next]).cloned().collect();
            if next == start {
                return Some(longer);
            }
            if visited.insert(next.clone()) {
                ways.push_back(longer);
            }
        }
    }
    None
}

fn crate_of(files: &[(&str, &str)]) -> Vec<String> {
    let files = files
        .iter()
        .map(|(file, text)| (format!("a/src/{file}"), (*text).to_owned()))
        .collect();
    let modules = modules(&files, "a/src/lib.rs");
    let graphs = [by_file(&modules, ""), by_sibling(&modules, "a/src/lib.rs")];
    graphs.iter().flat_map(cycles).collect()
}

#[test]
fn a_cycle_is_found_and_shown() {
    let found = crate_of(&[
        ("lib.rs", "mod b; mod c; mod d;"),
        ("b.rs", "use crate::c::C; struct B;"),
        ("c.rs", "struct C(super::d::D);"),
        ("d.rs", "pub struct D; fn f() { crate::b::B; }"),
    ]);
    let cycle = "a/src/b.rs -> a/src/c.rs (crate::c::C), \
                 a/src/c.rs -> a/src/d.rs (super::d::D), \
                 a/src/d.rs -> a/src/b.rs (crate::b::B)";
    assert_eq!(found, [cycle, &cycle.replace(".rs", "")]);
}

#[test]
fn exports_count_as_the_module_that_defines_the_item() {
    let found = crate_of(&[
        ("lib.rs", "mod b; pub use b::B;"),
        (
            "b/mod.rs",
            "mod c; mod d; pub(crate) use self::{c::C, d::B};",
        ),
        ("b/c.rs", "pub(crate) struct C;"),
        ("b/d.rs", "use super::C; pub struct B(C);"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_parent_and_a_child_that_use_each_other_are_a_cycle() {
    let parent = "mod c; pub(crate) struct B; fn f() { c::g(); }";
    let files = [
        ("lib.rs", "mod b;"),
        ("b.rs", parent),
        ("b/c.rs", "fn g(b: super::B) {}"),
    ];
    assert_eq!(
        crate_of(&files),
        ["a/src/b.rs -> a/src/b/c.rs (c::g), a/src/b/c.rs -> a/src/b.rs (super::B)"]
    );
}

#[test]
fn siblings_can_be_a_cycle_without_one_between_files() {
    let found = crate_of(&[
        ("lib.rs", "mod b; mod c;"),
        ("b/mod.rs", "mod d; mod e;"),
        ("b/d.rs", "use crate::c::C;"),
        ("b/e.rs", "pub struct E;"),
        ("c.rs", "pub struct C; use crate::b::e; fn f() { e::E; }"),
    ]);
    assert_eq!(
        found,
        ["a/src/b -> a/src/c (crate::c::C), a/src/c -> a/src/b (e::E)"]
    );
}

#[test]
fn tests_may_import_anything() {
    let found = crate_of(&[
        ("lib.rs", "mod b; mod c;"),
        (
            "b.rs",
            "pub struct B; #[cfg(test)] mod tests { use crate::c::C; }",
        ),
        ("c.rs", "use crate::b::B; pub struct C;"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}
