//! Files larger than the memory that may be spent on them.

use std::{future::Future, time::Duration};

use futures_util::future::{join_all, select};
use reqwest::{Method, multipart};
use tenantry_tests::{
    harness::{Actor, Content, Digester, ServiceProcess, Settings, borrowed},
    services::Minio,
};
use tokio::time::sleep;

use crate::{
    data_folder::DataFolder,
    program::{expect_clean, serve},
    tier::Tier,
};

const MIB: u64 = 1024 * 1024;

const SETTINGS: Settings<'static> = &[
    ("TENANTRY_LIMITS__MAX_FILE_MB", "1024"),
    ("TENANTRY_LIMITS__QUOTA_MB", "10240"),
];

/// How much memory transfers may take, whatever their size and number.
const GROWTH: u64 = 64 * MIB;
/// The same where the storage takes files in parts, each gathered whole.
const GROWTH_IN_PARTS: u64 = 160 * MIB;

/// A service that has done each kind of work once, and what it holds at rest.
struct World {
    data: DataFolder,
    process: ServiceProcess,
    owner: Actor,
    idle: u64,
    growth: u64,
}

impl World {
    async fn new() -> Self {
        Self::with(SETTINGS, GROWTH).await
    }

    async fn with(settings: Settings<'_>, growth: u64) -> Self {
        let data = DataFolder::new();
        let process = serve(data.path(), settings).await;
        let owner = Actor::register(process.base(), "acme").await;
        let small = Content::new(0, 1000);
        let file = put(&owner, "small.bin", small).await;
        owner.processed(&file).await;
        owner.download(&file).await.expect(200);
        let idle = process.resident_bytes();
        Self {
            data,
            process,
            owner,
            idle,
            growth,
        }
    }

    /// Does something, and fails if the service takes more memory for it than
    /// it may.
    async fn within_bounds<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        let mut peak = 0;
        let watch = async {
            loop {
                peak = peak.max(self.process.resident_bytes());
                sleep(Duration::from_millis(5)).await;
            }
        };
        let done = tokio::select! {
            biased;
            () = watch => None,
            done = work => Some(done),
        };
        let growth = peak.saturating_sub(self.idle);
        let shown = growth / MIB;
        println!(
            "{what}: {shown} MiB over the {} MiB of rest",
            self.idle / MIB
        );
        assert!(growth <= self.growth, "{what}: {shown} MiB are too much");
        done.expect("an end")
    }
}

async fn put(owner: &Actor, path: &str, content: Content) -> String {
    let request = owner.put_content(path, content.size()).body(content.body());
    let uploaded = owner.send(request).await.expect(201);
    assert_eq!(uploaded.text("digest"), content.digest());
    uploaded.text("file_id")
}

async fn post(owner: &Actor, content: Content) -> String {
    let form = multipart::Form::new().part("file", content.part("form.bin"));
    let request = owner.request(Method::POST, "/api/v1/files");
    let uploaded = owner.send(request.multipart(form)).await.expect(201);
    uploaded.text("file_id")
}

/// Downloads without keeping anything, and compares.
async fn expect_download(owner: &Actor, file: &str, content: Content) {
    let path = format!("/api/v1/files/{file}/content");
    let response = owner.request(Method::GET, &path).send().await;
    let response = response.expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(response.content_length(), Some(content.size()));
    let digest = Digester::of(response).await.expect("a whole body");
    assert_eq!(digest, content.digest());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_takes_little_memory() {
    let size = Tier::of_this_run().pick(64, 1024) * MIB;
    let world = World::new().await;
    let owner = &world.owner;

    let raw = Content::new(1, size);
    let upload = put(owner, "raw.bin", raw);
    let raw_file = world.within_bounds("raw upload", upload).await;
    let processed = wait_long(owner, &raw_file);
    world.within_bounds("validation", processed).await;
    let download = expect_download(owner, &raw_file, raw);
    world.within_bounds("download", download).await;

    let form = Content::new(2, size);
    let upload = post(owner, form);
    let form_file = world.within_bounds("form upload", upload).await;
    wait_long(owner, &form_file).await;
    let download = expect_download(owner, &form_file, form);
    world.within_bounds("second download", download).await;

    let usage = owner.usage().await;
    assert_eq!(usage["storage_used_bytes"], 2 * size + 1000);
    assert_eq!(usage["storage_reserved_bytes"], 0);
    expect_clean(world.data.path(), SETTINGS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_uploads_at_once_take_little_memory() {
    let size = Tier::of_this_run().pick(4, 64) * MIB;
    many_uploads_at_once(&World::new().await, size).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_uploads_in_parts_take_a_bounded_memory() {
    let size = Tier::of_this_run().pick(28, 1024) * MIB;
    let minio = Minio::shared().await;
    let mut settings = minio.settings("STORAGE", &minio.fresh());
    for (name, value) in SETTINGS {
        settings.push(((*name).to_owned(), (*value).to_owned()));
    }
    let quota = ("TENANTRY_LIMITS__QUOTA_MB".to_owned(), "20480".to_owned());
    settings.push(quota);
    let world = World::with(&borrowed(&settings), GROWTH_IN_PARTS).await;
    many_uploads_at_once(&world, size).await;
}

async fn many_uploads_at_once(world: &World, size: u64) {
    let uploads = (0..16).map(|number| {
        let owner = world.owner.clone();
        async move {
            let content = Content::new(100 + number, size);
            put(&owner, &format!("{number}.bin"), content).await
        }
    });
    let files = join_all(uploads);
    let files = world.within_bounds("16 uploads at once", files).await;
    for (number, file) in (0..).zip(&files) {
        wait_long(&world.owner, file).await;
        expect_download(&world.owner, file, Content::new(100 + number, size)).await;
    }
}

/// Processing of a large file takes longer than tests wait for others.
async fn wait_long(owner: &Actor, file: &str) {
    let ready = async {
        while owner.file(file).await.expect(200).json()["status"] == "pending" {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let patience = sleep(Duration::from_mins(5));
    select(Box::pin(ready), Box::pin(patience)).await;
    let file = owner.file(file).await.expect(200).json();
    assert_eq!(file["status"], "ready", "{file}");
}
