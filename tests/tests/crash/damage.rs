//! Damaged bytes and rows.

use std::{
    fs,
    path::{Path, PathBuf},
};

use reqwest::{Method, header::RANGE};
use tenantry_tests::harness::{Actor, ApiResponse, Content, ServiceProcess, Settings};

use crate::{
    data_folder::DataFolder,
    program::{CommandOutput, expect_clean, run, serve},
};

const SETTINGS: Settings<'static> = &[("TENANTRY_LOG__LEVEL", "off")];

/// Four pieces of 256 KiB and a remainder.
const CONTENT: Content = Content::new(1, 1_100_000);
/// The damaged byte, in the third piece.
const DAMAGED: usize = 600_000;

/// A service with one file.
struct World {
    data: DataFolder,
    process: Option<ServiceProcess>,
    owner: Actor,
    file: String,
}

impl World {
    async fn new() -> Self {
        let data = DataFolder::new();
        let process = serve(data.path(), SETTINGS).await;
        let owner = Actor::register(process.base(), "acme").await;
        let file = owner
            .upload_ready("a.bin", "application/octet-stream", CONTENT.bytes())
            .await;
        let file = file["id"].as_str().expect("an id").to_owned();
        Self {
            data,
            process: Some(process),
            owner,
            file,
        }
    }

    /// Returns the file of the only blob.
    fn blob(&self) -> PathBuf {
        let files = self.data.blob_files();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }

    /// Returns the key of a blob, `t/<tenant>/<blob>`.
    fn key_of(file: &Path) -> String {
        let parts: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
        parts[parts.len() - 3..].join("/")
    }

    fn stop(&mut self) {
        self.process.take().expect("a running service").kill();
    }

    fn fsck(&self) -> CommandOutput {
        run(self.data.path(), SETTINGS, &["fsck"])
    }

    /// Repairs, and asserts that no inconsistency is left.
    fn expect_repaired(&self) {
        let repaired = run(self.data.path(), SETTINGS, &["fsck", "--repair"]);
        assert!(repaired.is_success(), "{}", repaired.text());
        expect_clean(self.data.path(), SETTINGS);
    }

    /// Downloads a range of the content.
    async fn part(&self, first: usize, last: usize) -> reqwest::Result<ApiResponse> {
        self.parts(&format!("{first}-{last}")).await
    }

    /// Downloads one or more ranges of the content.
    async fn parts(&self, ranges: &str) -> reqwest::Result<ApiResponse> {
        let path = format!("/api/v1/files/{}/content", self.file);
        let request = self.owner.request(Method::GET, &path);
        let range = format!("bytes={ranges}");
        self.owner.try_send(request.header(RANGE, range)).await
    }
}

#[track_caller]
fn expect_found(checked: &CommandOutput, what: &str) {
    assert!(!checked.is_success(), "{}", checked.text());
    let stdout = checked.stdout();
    assert!(stdout.contains(what), "no {what:?} in {stdout}");
}

#[tokio::test]
async fn damaged_content_is_not_served() {
    let world = World::new().await;
    let (blob, whole) = (world.blob(), CONTENT.bytes());
    let mut bytes = fs::read(&blob).expect("a blob");
    assert_eq!(bytes, whole);
    bytes[DAMAGED] ^= 1;
    fs::write(&blob, bytes).expect("damage");

    let path = format!("/api/v1/files/{}/content", world.file);
    let download = world.owner.request(Method::GET, &path);
    let download = world.owner.try_send(download).await;
    assert!(download.is_err(), "damaged content was served");
    let damaged_part = world.part(DAMAGED - 10, DAMAGED - 5).await;
    assert!(damaged_part.is_err(), "part of a damaged piece was served");
    // The second of several ranges is in the damaged piece.
    let parts = world.parts("0-9,599990-599995,900000-900009").await;
    assert!(parts.is_err(), "part of a damaged piece was served");
    let parts = world.parts("900000-900009,0-9").await.expect("a response");
    assert_eq!(parts.expect(206).range_parts().len(), 2);

    let before = world.part(1000, 299_999).await.expect("a response");
    assert!(before.expect(206).body == whole[1000..300_000]);
    let after = world.part(786_432, 1_099_999).await.expect("a response");
    assert!(after.expect(206).body == whole[786_432..]);

    let key = World::key_of(&blob);
    expect_found(&world.fsck(), &format!("blob {key}: the bytes are damaged"));
    let repaired = run(world.data.path(), SETTINGS, &["fsck", "--repair"]);
    expect_found(&repaired, "0 repaired");
    assert!(blob.exists(), "the only copy was removed");
}

#[tokio::test]
async fn truncated_content_is_not_served() {
    let world = World::new().await;
    let blob = world.blob();
    let truncated = fs::OpenOptions::new().write(true).open(&blob);
    truncated
        .and_then(|file| file.set_len(700_000))
        .expect("truncated");
    let path = format!("/api/v1/files/{}/content", world.file);
    let download = world.owner.request(Method::GET, &path);
    assert!(world.owner.try_send(download).await.is_err());
    expect_found(&world.fsck(), "the bytes are damaged");
}

#[tokio::test]
async fn missing_content_is_an_internal_error() {
    let world = World::new().await;
    let blob = world.blob();
    fs::remove_file(&blob).expect("removed");
    let download = world.owner.download(&world.file).await;
    download.expect_problem(500, "internal");
    let key = World::key_of(&blob);
    expect_found(&world.fsck(), &format!("blob {key}: the bytes are missing"));
}

#[tokio::test]
async fn orphaned_content_is_found_and_removed() {
    let world = World::new().await;
    let blob = world.blob();
    let unknown = blob.with_file_name("0190a0a0-0000-7000-8000-000000000000");
    fs::write(&unknown, "unknown").expect("written");
    let key = World::key_of(&unknown);
    let found = format!("blob {key}: the bytes have no record");
    expect_found(&world.fsck(), &found);
    assert!(unknown.exists(), "a check removed content");
    world.expect_repaired();
    assert!(!unknown.exists());
    let download = world.owner.download(&world.file).await.expect(200);
    assert!(download.body == CONTENT.bytes());
}

#[tokio::test]
async fn wrong_usage_is_repaired() {
    let mut world = World::new().await;
    world.stop();
    world
        .data
        .change("UPDATE quotas SET used_bytes = used_bytes + 5, reserved_bytes = 7")
        .await;
    let size = CONTENT.size();
    let found = format!(
        "quota of {} used and 7 reserved bytes recorded, {size} and 0 counted",
        size + 5
    );
    expect_found(&world.fsck(), &found);
    world.expect_repaired();
    let process = serve(world.data.path(), SETTINGS).await;
    let usage = world.owner.at(process.base()).usage().await;
    assert_eq!(usage["storage_used_bytes"], size);
    assert_eq!(usage["storage_reserved_bytes"], 0);
}

#[tokio::test]
async fn wrong_reference_counts_are_repaired() {
    let mut world = World::new().await;
    world.stop();
    world
        .data
        .change("UPDATE blobs SET reference_count = 3 WHERE state = 'stored'")
        .await;
    expect_found(&world.fsck(), "3 references recorded, 1 counted");
    world.expect_repaired();
}

#[tokio::test]
async fn changed_audit_entries_are_reported() {
    let mut world = World::new().await;
    // Seals the entries.
    expect_clean(world.data.path(), SETTINGS);
    world.stop();
    world
        .data
        .change("UPDATE audit_entries SET action = 'file.delete' WHERE action = 'file.upload'")
        .await;
    let query = "SELECT sequence FROM audit_entries WHERE action = 'file.delete'";
    let sequence = world.data.number(query).await;
    let found = format!("the audit chain is broken at entry {sequence}");
    expect_found(&world.fsck(), &found);
}

#[tokio::test]
async fn removed_audit_entries_are_reported() {
    let mut world = World::new().await;
    expect_clean(world.data.path(), SETTINGS);
    world.stop();
    let query = "SELECT sequence FROM audit_entries WHERE action = 'file.process'";
    let sequence = world.data.number(query).await;
    world
        .data
        .change("DELETE FROM audit_entries WHERE action = 'file.process'")
        .await;
    let found = format!("the audit chain is broken at entry {sequence}");
    expect_found(&world.fsck(), &found);
}
