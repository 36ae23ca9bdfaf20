//! The durability of changes to directories.

use crate::{expect_none, rust::Rust, tree::sources};

/// Calls that change a directory. `tenantry-disk` wraps them, and syncs the
/// directory where something relies on the change.
const CALLS: &[&str] = &[
    "DirBuilder",
    "File::create",
    "File::options",
    "OpenOptions",
    "create_dir(",
    "create_dir_all",
    "fs::copy",
    "fs::hard_link",
    "fs::rename",
    "fs::write",
    "remove_dir",
    "remove_file",
    "set_permissions",
    "symlink(",
];

/// The places of tests.
const EXEMPT: &[&str] = &["tests/", "/tests.rs", "/testing.rs", "/testing/"];

#[test]
fn only_one_crate_changes_directories() {
    let mut findings = Vec::new();
    for source in sources(".rs") {
        let is_test = EXEMPT.iter().any(|part| source.path.contains(part));
        if is_test || source.path.starts_with("adapters/disk/") {
            continue;
        }
        let rust = Rust::parse(&source.text).without_tests();
        for call in CALLS {
            for (place, _) in rust.code.match_indices(call) {
                // Not the end of a longer name.
                if rust.code[..place].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                    continue;
                }
                findings.push(source.at(rust.line(place), call));
            }
        }
    }
    expect_none(
        "changes of directories outside of tenantry-disk:",
        &findings,
    );
}
