//! The permissions of the files in a data directory.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use tenantry_tests::harness::{Actor, Content, Providers};

use crate::{
    data_folder::DataFolder,
    large::{MIB, put},
    program::serve,
};

#[tokio::test]
async fn only_the_owner_can_read_the_data() {
    let data = DataFolder::new();
    let place = Providers::named("sqlite+local+memory").place().await;
    let process = serve(data.path(), &place.settings()).await;
    let owner = Actor::register(process.base(), "acme").await;
    // One is stored whole, the other in chunks.
    for (number, size) in [(0, 1000), (1, 3 * MIB)] {
        let file = put(&owner, &format!("{number}.bin"), Content::new(number, size)).await;
        owner.processed(&file).await;
    }
    let mut findings = Vec::new();
    let count = check(data.path(), &mut findings);
    assert!(findings.is_empty(), "{findings:#?}");
    // The secret, the database with its log, two blobs, and directories.
    assert!(count >= 9, "only {count} files");
    assert_eq!(data.blob_files().len(), 2);
}

/// Checks everything in a directory and returns the number of its files and
/// directories.
fn check(folder: &Path, findings: &mut Vec<String>) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("a directory") {
        let entry = entry.expect("an entry");
        let Ok(metadata) = entry.metadata() else {
            // A probe that was deleted meanwhile.
            continue;
        };
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        let mode = metadata.permissions().mode() & 0o777;
        if mode != expected {
            findings.push(format!("{}: {mode:o}", entry.path().display()));
        }
        count += 1;
        if metadata.is_dir() {
            count += check(&entry.path(), findings);
        }
    }
    count
}
