//! Uploads and downloads of a file of one GiB.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;
use tenantry_tests::harness::Content;
use tokio::time::Instant;

use crate::{
    nginx::Nginx,
    raw_http,
    table::{Rate, Table},
    tools::{is_installed, output_of},
    world::World,
};

/// One GiB.
const SIZE: u64 = 1024 * 1024 * 1024;
const ROUNDS: usize = 5;
pub(crate) const UNIT: &str = "MiB/s";
/// A folder in memory, to measure without the disk.
const MEMORY: &str = "/dev/shm";

/// Measures receiving, hashing and storing, compared with hashing alone.
pub(crate) fn upload(table: &mut Table) {
    let file = Source::of(SIZE);
    upload_to(table, &file, "raw upload, 1 GiB", &std::env::temp_dir());
    if Path::new(MEMORY).is_dir() {
        let subject = "raw upload, 1 GiB, data directory in memory";
        upload_to(table, &file, subject, Path::new(MEMORY));
    }
}

fn upload_to(table: &mut Table, file: &Source, subject: &str, place: &Path) {
    let world = World::within(place);
    let (mut ours, mut openssl) = (Rate::of(UNIT), Rate::of(UNIT));
    let mut disk = Rate::of(UNIT);
    for round in 0..ROUNDS {
        let mut command = Command::new("openssl");
        command.args(["dgst", "-sha256"]).arg(&file.path);
        let stdout = measure(&mut openssl, || output_of(&mut command));
        let digest = stdout
            .rsplit(' ')
            .next()
            .expect("a digest")
            .trim()
            .to_owned();

        let id = measure(&mut ours, || world.put(round, &file.path));
        let id = id.expect_digest(&digest);
        world.delete(&id);

        let copy = world.data().join("copy");
        measure(&mut disk, || write_durably(file, &copy));
        std::fs::remove_file(copy).expect("removed");
    }
    let peer = "openssl dgst -sha256";
    table.compare(subject, (ours.clone(), openssl), peer, Some(0.80));
    let subject = format!("{subject}, for reference");
    table.compare(&subject, (ours, disk), "writing a file and fsync", None);
}

/// Measures reading, checking and sending, compared with sending alone.
pub(crate) fn download(table: &mut Table) {
    let subject = "download, 1 GiB";
    if !is_installed("nginx") {
        return table.not_run(subject, "nginx is missing (apt-get install nginx-light)");
    }
    let file = Source::of(SIZE);
    let world = World::within(&std::env::temp_dir());
    let id = world.put(0, &file.path).id();
    let ready = world.owner.processed(&id);
    world.runtime.block_on(ready);
    let nginx = Nginx::serve(file.folder.path());
    let head = world
        .owner
        .head("GET", &format!("/api/v1/files/{id}/content"));
    let (mut ours, mut theirs) = (Rate::of(UNIT), Rate::of(UNIT));
    for _ in 0..ROUNDS {
        let count = measure(&mut theirs, || {
            let head = "GET /source HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
            raw_http::get(nginx.address(), head)
        });
        assert_eq!(count, SIZE);
        let count = measure(&mut ours, || raw_http::get(&world.address(), &head));
        assert_eq!(count, SIZE);
    }
    table.compare(subject, (ours, theirs), "nginx, sendfile", Some(0.85));
}

/// Measures `work` on one GiB.
fn measure<T>(rate: &mut Rate, work: impl FnOnce() -> T) -> T {
    measure_bytes(SIZE, rate, work)
}

/// Measures `work` on `size` bytes.
pub(crate) fn measure_bytes<T>(size: u64, rate: &mut Rate, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = work();
    let mib = f64::from(u32::try_from(size / 1024 / 1024).unwrap_or(u32::MAX));
    rate.add(mib / started.elapsed().as_secs_f64());
    done
}

/// The file to transfer, in the page cache.
pub(crate) struct Source {
    folder: TempDir,
    pub(crate) path: PathBuf,
}

impl Source {
    pub(crate) fn of(size: u64) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("source");
        let mut file = File::create(&path).expect("a file");
        for chunk in Content::new(1, size).chunks() {
            file.write_all(&chunk).expect("written");
        }
        file.sync_all().expect("written");
        Self { folder, path }
    }
}

fn write_durably(source: &Source, to: &Path) {
    let mut from = File::open(&source.path).expect("a file");
    let mut to = File::create(to).expect("a file");
    let mut buffer = vec![0; 1024 * 1024];
    loop {
        use std::io::Read;
        match from.read(&mut buffer).expect("read") {
            0 => break,
            count => to.write_all(&buffer[..count]).expect("written"),
        }
    }
    to.sync_all().expect("written");
}

/// The response to an upload.
pub(crate) struct UploadResponse(serde_json::Value);

impl UploadResponse {
    pub(crate) fn id(&self) -> String {
        self.0["file_id"].as_str().expect("an id").to_owned()
    }

    fn expect_digest(&self, digest: &str) -> String {
        assert_eq!(self.0["digest"], digest);
        self.id()
    }
}

impl World {
    pub(crate) fn put(&self, round: usize, file: &Path) -> UploadResponse {
        let path = format!("/api/v1/files/content?path={round}.bin");
        let head = self.owner.head("PUT", &path);
        let head = format!("{head}Content-Type: application/octet-stream\r\n");
        let (status, body) = raw_http::put(&self.address(), &head, file);
        assert!(status.contains(" 201 "), "{status}: {body}");
        UploadResponse(serde_json::from_str(&body).expect("an answer"))
    }

    /// Waits for background work and deletes the file, so that every round
    /// starts alike.
    pub(crate) fn delete(&self, id: &str) {
        self.runtime.block_on(async {
            self.owner.processed(id).await;
            let path = format!("/api/v1/files/{id}");
            self.owner.delete(&path).await.expect(204);
        });
    }
}
