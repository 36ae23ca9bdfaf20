//! Bytes and rows that are no longer what was once written.

use std::{
    fs,
    path::{Path, PathBuf},
};

use reqwest::{Method, header::RANGE};
use tenantry_tests::harness::{Actor, Answer, Content, ServiceProcess, Settings};

use crate::{
    data_folder::DataFolder,
    program::{Ended, expect_clean, run, serve},
};

const SETTINGS: Settings<'static> = &[("TENANTRY_LOG__LEVEL", "off")];

/// Four pieces of 256 KiB and a little.
const CONTENT: Content = Content::new(1, 1_100_000);
/// Where it is damaged: in the third piece.
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

    /// Its one blob's file.
    fn blob(&self) -> PathBuf {
        let files = self.data.blob_files();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }

    /// `t/<tenant>/<blob>`, as the service names it.
    fn key_of(file: &Path) -> String {
        let parts: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
        parts[parts.len() - 3..].join("/")
    }

    fn stop(&mut self) {
        self.process.take().expect("a running service").kill();
    }

    fn fsck(&self) -> Ended {
        run(self.data.path(), SETTINGS, &["fsck"])
    }

    /// Repairs, which must succeed, and finds nothing wrong afterwards.
    fn expect_repaired(&self) {
        let repaired = run(self.data.path(), SETTINGS, &["fsck", "--repair"]);
        assert!(repaired.is_success(), "{}", repaired.all());
        expect_clean(self.data.path(), SETTINGS);
    }

    /// Downloads a part of the content.
    async fn part(&self, first: usize, last: usize) -> reqwest::Result<Answer> {
        let path = format!("/api/v1/files/{}/content", self.file);
        let request = self.owner.request(Method::GET, &path);
        let range = format!("bytes={first}-{last}");
        self.owner.try_send(request.header(RANGE, range)).await
    }
}

#[track_caller]
fn expect_found(checked: &Ended, what: &str) {
    assert!(!checked.is_success(), "{}", checked.all());
    let said = checked.said();
    assert!(said.contains(what), "no {what:?} in {said}");
}

#[tokio::test]
async fn a_flipped_bit_never_leaves() {
    let world = World::new().await;
    let (blob, whole) = (world.blob(), CONTENT.bytes());
    let mut bytes = fs::read(&blob).expect("a blob");
    assert_eq!(bytes, whole);
    bytes[DAMAGED] ^= 1;
    fs::write(&blob, bytes).expect("damage");

    let path = format!("/api/v1/files/{}/content", world.file);
    let download = world.owner.request(Method::GET, &path);
    let download = world.owner.try_send(download).await;
    assert!(download.is_err(), "a damaged download ended well");
    let around = world.part(DAMAGED - 10, DAMAGED - 5).await;
    assert!(around.is_err(), "a part of the damaged piece was served");

    let before = world.part(1000, 299_999).await.expect("an answer");
    assert!(before.expect(206).body == whole[1000..300_000]);
    let behind = world.part(786_432, 1_099_999).await.expect("an answer");
    assert!(behind.expect(206).body == whole[786_432..]);

    let key = World::key_of(&blob);
    expect_found(&world.fsck(), &format!("blob {key}: the bytes are damaged"));
    let repaired = run(world.data.path(), SETTINGS, &["fsck", "--repair"]);
    expect_found(&repaired, "0 repaired");
    assert!(blob.exists(), "damaged bytes are the only ones there are");
}

#[tokio::test]
async fn bytes_cut_short_are_not_served_as_whole() {
    let world = World::new().await;
    let blob = world.blob();
    let cut = fs::OpenOptions::new().write(true).open(&blob);
    cut.and_then(|file| file.set_len(700_000)).expect("a cut");
    let path = format!("/api/v1/files/{}/content", world.file);
    let download = world.owner.request(Method::GET, &path);
    assert!(world.owner.try_send(download).await.is_err());
    expect_found(&world.fsck(), "the bytes are damaged");
}

#[tokio::test]
async fn missing_bytes_are_a_fault_of_the_service() {
    let world = World::new().await;
    let blob = world.blob();
    fs::remove_file(&blob).expect("removed");
    let download = world.owner.download(&world.file).await;
    download.expect_problem(500, "internal");
    let key = World::key_of(&blob);
    expect_found(&world.fsck(), &format!("blob {key}: the bytes are missing"));
}

#[tokio::test]
async fn unknown_bytes_are_found_and_removed() {
    let world = World::new().await;
    let blob = world.blob();
    let unknown = blob.with_file_name("0190a0a0-0000-7000-8000-000000000000");
    fs::write(&unknown, "unknown").expect("written");
    let key = World::key_of(&unknown);
    let found = format!("blob {key}: the bytes have no record");
    expect_found(&world.fsck(), &found);
    assert!(unknown.exists(), "a check alone changes nothing");
    world.expect_repaired();
    assert!(!unknown.exists());
    let download = world.owner.download(&world.file).await.expect(200);
    assert!(download.body == CONTENT.bytes());
}

#[tokio::test]
async fn a_wrong_ledger_is_summed_anew() {
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
async fn wrong_references_are_counted_anew() {
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
async fn a_changed_audit_entry_is_named() {
    let mut world = World::new().await;
    // Seals what is not sealed yet.
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
async fn a_removed_audit_entry_is_named() {
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
