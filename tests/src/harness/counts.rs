//! Counts that a test run reports: servers, cases, rounds.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

/// The number of cases by name.
static CASES: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// Writes a number to `test-counts/<name>` in the target folder, for the summary
/// of the run. `tmpdir` is `env!("CARGO_TARGET_TMPDIR")`, which only tests have.
pub fn record_count(tmpdir: &str, name: &str, count: usize) {
    record_text(tmpdir, name, &count.to_string());
}

/// Counts a case that this process runs, in `cases.<name>`.
pub fn count_case(tmpdir: &str, name: &str) {
    // Locked during the write, so that the highest number is written last.
    let mut cases = CASES.lock().unwrap_or_else(PoisonError::into_inner);
    let count = cases.entry(name.to_owned()).or_default();
    *count += 1;
    record_count(tmpdir, &format!("cases.{name}"), *count);
}

/// Writes a line to `test-counts/<name>`.
pub fn record_text(tmpdir: &str, name: &str, line: &str) {
    let target = Path::new(tmpdir).parent().expect("a target folder");
    let folder = target.join("test-counts");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), format!("{line}\n")).expect("a line written");
}
