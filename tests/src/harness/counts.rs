//! Numbers that a run of the tests ends with: how much it tried.

use std::{fs, path::Path};

/// Leaves a number for whoever sums a run up, in `test-counts/<name>` of the
/// target folder. `tmpdir` is `env!("CARGO_TARGET_TMPDIR")`, which only tests
/// know.
pub fn record_count(tmpdir: &str, name: &str, count: usize) {
    record_text(tmpdir, name, &count.to_string());
}

/// The same for anything in a line.
pub fn record_text(tmpdir: &str, name: &str, line: &str) {
    let target = Path::new(tmpdir).parent().expect("a target folder");
    let folder = target.join("test-counts");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), format!("{line}\n")).expect("a line written");
}
