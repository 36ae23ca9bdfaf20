//! Files larger than the allowed memory.

use std::{future::Future, time::Duration};

use futures_util::future::{join_all, select};
use reqwest::{Method, multipart};
use tenantry_domain::quota::MIN_CHARGE_BYTES;
use tenantry_tests::harness::{
    Actor, Content, Digester, Place, Providers, ServiceProcess, Settings,
};
use tokio::time::sleep;

use crate::{
    data_folder::DataFolder,
    program::{expect_clean, serve},
    tier::Tier,
};

pub(crate) const MIB: u64 = 1024 * 1024;

const SETTINGS: Settings<'static> = &[
    ("TENANTRY_LIMITS__MAX_FILE_MB", "1024"),
    ("TENANTRY_LIMITS__QUOTA_MB", "20480"),
];

/// The memory that transfers may take, regardless of their size and number.
const GROWTH: u64 = 64 * MIB;
/// The same for a storage that takes parts, which are buffered whole.
const GROWTH_IN_PARTS: u64 = 160 * MIB;

/// A service that has done each kind of work once, with its memory at rest.
pub(crate) struct World {
    place: Place,
    data: DataFolder,
    pub(crate) process: ServiceProcess,
    pub(crate) owner: Actor,
    idle: u64,
}

impl World {
    pub(crate) async fn on(providers: Providers) -> Self {
        Self::with(providers, &[]).await
    }

    /// Starts a service with further settings.
    pub(crate) async fn with(providers: Providers, further: Settings<'_>) -> Self {
        let place = providers.place().await;
        let data = DataFolder::new();
        let settings = [settings(&place), further.to_vec()].concat();
        let process = serve(data.path(), &settings).await;
        let owner = Actor::register(process.base(), "acme").await;
        let small = Content::new(0, 1000);
        let file = put(&owner, "small.bin", small).await;
        owner.processed(&file).await;
        owner.download(&file).await.expect(200);
        let idle = process.resident_bytes();
        Self {
            place,
            data,
            process,
            owner,
            idle,
        }
    }

    fn growth(&self) -> u64 {
        if self.place.providers.storage.takes_parts {
            GROWTH_IN_PARTS
        } else {
            GROWTH
        }
    }

    /// Runs `work` and asserts that the service's memory stays within its bound.
    async fn within_bounds<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        self.within(self.growth(), what, work).await
    }

    /// Runs `work` and asserts that it adds at most `bound` bytes of memory.
    pub(crate) async fn within<T>(
        &self,
        bound: u64,
        what: &str,
        work: impl Future<Output = T>,
    ) -> T {
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
            "{what}: {shown} MiB more than the {} MiB at rest",
            self.idle / MIB
        );
        assert!(
            growth <= bound,
            "{what}: {shown} MiB exceed the bound of {} MiB",
            bound / MIB
        );
        done.expect("an end")
    }
}

fn settings(place: &Place) -> Vec<(&str, &str)> {
    [place.settings(), SETTINGS.to_vec()].concat()
}

pub(crate) async fn put(owner: &Actor, path: &str, content: Content) -> String {
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

/// Downloads without buffering, and compares the digest.
pub(crate) async fn expect_download(owner: &Actor, file: &str, content: Content) {
    let path = format!("/api/v1/files/{file}/content");
    let response = owner.request(Method::GET, &path).send().await;
    let response = response.expect("a response");
    assert_eq!(response.status(), 200);
    assert_eq!(response.content_length(), Some(content.size()));
    let digest = Digester::of(response).await.expect("a complete body");
    assert_eq!(digest, content.digest());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_files_take_bounded_memory() {
    let size = Tier::of_this_run().pick(64, 1024) * MIB;
    let world = World::on(Providers::of_this_run()).await;
    let owner = &world.owner;

    let raw = Content::new(1, size);
    let upload = put(owner, "raw.bin", raw);
    let raw_file = world.within_bounds("raw upload", upload).await;
    let processed = expect_processed(owner, &raw_file);
    world.within_bounds("validation", processed).await;
    let download = expect_download(owner, &raw_file, raw);
    world.within_bounds("download", download).await;

    let form = Content::new(2, size);
    let upload = post(owner, form);
    let form_file = world.within_bounds("form upload", upload).await;
    expect_processed(owner, &form_file).await;
    let download = expect_download(owner, &form_file, form);
    world.within_bounds("second download", download).await;

    let usage = owner.usage().await;
    assert_eq!(usage["storage_used_bytes"], 2 * size + MIN_CHARGE_BYTES);
    assert_eq!(usage["storage_reserved_bytes"], 0);
    world.process.kill();
    expect_clean(world.data.path(), &settings(&world.place));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_uploads_take_bounded_memory() {
    upload_concurrently(Providers::of_this_run()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_uploads_to_s3_take_bounded_memory() {
    upload_concurrently(Providers::named("sqlite+s3+memory")).await;
}

/// Uploads files whose total size exceeds the bound.
async fn upload_concurrently(providers: Providers) {
    let tier = Tier::of_this_run();
    let size = if providers.storage.takes_parts {
        tier.pick(28, 1024) * MIB
    } else {
        tier.pick(8, 64) * MIB
    };
    let world = World::on(providers).await;
    let uploads = (0..16).map(|number| {
        let owner = world.owner.clone();
        async move {
            let content = Content::new(100 + number, size);
            put(&owner, &format!("{number}.bin"), content).await
        }
    });
    let files = join_all(uploads);
    let files = world.within_bounds("16 concurrent uploads", files).await;
    for (number, file) in (0..).zip(&files) {
        expect_processed(&world.owner, file).await;
        expect_download(&world.owner, file, Content::new(100 + number, size)).await;
    }
}

/// Waits longer than [`until`](tenantry_tests::harness::until) for the
/// processing of a large file.
pub(crate) async fn expect_processed(owner: &Actor, file: &str) {
    let ready = async {
        while owner.file(file).await.expect(200).json()["status"] == "pending" {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let timeout = sleep(Duration::from_mins(5));
    select(Box::pin(ready), Box::pin(timeout)).await;
    let file = owner.file(file).await.expect(200).json();
    assert_eq!(file["status"], "ready", "{file}");
}
