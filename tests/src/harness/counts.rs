//! Numbers that a run of the tests ends with: how much it tried.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

/// How many cases of each name there were.
static CASES: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// Leaves a number for whoever sums a run up, in `test-counts/<name>` of the
/// target folder. `tmpdir` is `env!("CARGO_TARGET_TMPDIR")`, which only tests
/// know.
pub fn record_count(tmpdir: &str, name: &str, count: usize) {
    record_text(tmpdir, name, &count.to_string());
}

/// Counts one more case of a name that this process runs, in `cases.<name>`.
pub fn count_case(tmpdir: &str, name: &str) {
    // Held while it is written, so that the last number is the whole.
    let mut cases = CASES.lock().unwrap_or_else(PoisonError::into_inner);
    let count = cases.entry(name.to_owned()).or_default();
    *count += 1;
    record_count(tmpdir, &format!("cases.{name}"), *count);
}

/// Leaves anything in a line.
pub fn record_text(tmpdir: &str, name: &str, line: &str) {
    let target = Path::new(tmpdir).parent().expect("a target folder");
    let folder = target.join("test-counts");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), format!("{line}\n")).expect("a line written");
}
