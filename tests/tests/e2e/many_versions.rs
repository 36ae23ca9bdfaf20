//! Files with many versions, and the limit of versions.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tenantry_application::{jobs, ports::TenantStore, upkeep::fsck};
use tenantry_domain::{
    blob::{Blob, Content, Digest},
    id::{BlobId, FileId, TenantId, VersionId},
    quota::{MIN_CHARGE_BYTES, charge},
    tenant::{ActiveTenant, TenantStatus},
    version::FileVersion,
};
use tenantry_tests::harness::{
    Actor, Section, Settings, TestService, borrowed, providers::provider,
};

/// The versions of the planted file.
const VERSIONS: u32 = 5_000;
/// The maximum number of rows in a commit.
const ROWS_PER_COMMIT: u64 = 500;
const LEASE: Duration = Duration::from_mins(1);

/// Starts a service on a database.
async fn serve(database: &str, settings: Settings<'_>) -> TestService {
    let database = provider(Section::Database, database);
    let mut all = Vec::new();
    if database.server.is_some() {
        let namespace = database.namespace_under_load().await;
        all = namespace.variables("DATABASE");
    }
    let own = settings.iter();
    all.extend(own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    TestService::embedded(&borrowed(&all)).await
}

async fn store_of(service: &TestService, owner: &Actor) -> Arc<dyn TenantStore> {
    let tenant: TenantId = owner.tenant_id.parse().expect("an id");
    let active = ActiveTenant::of(tenant, TenantStatus::Active).expect("the witness");
    let store = service.services().store.open(active).await;
    store.expect("its store")
}

async fn versions_of(store: &dyn TenantStore, file: FileId) -> Vec<FileVersion> {
    let mut versions = Vec::new();
    let mut before = None;
    loop {
        let batch = store.versions().list(file, before, 1000).await;
        let batch = batch.expect("versions");
        let Some(last) = batch.last() else {
            return versions;
        };
        before = Some(last.number);
        versions.extend(batch);
    }
}

/// Adds versions to a file, each with its own blob record.
async fn plant(service: &TestService, store: &dyn TenantStore, file: FileId) {
    let services = service.services();
    let first = versions_of(store, file).await;
    let [first] = &first[..] else {
        panic!("{} versions", first.len());
    };
    let numbers: Vec<u32> = (2..=VERSIONS).collect();
    for numbers in numbers.chunks(100) {
        let mut work = store.begin();
        for number in numbers {
            let mut version = FileVersion {
                id: VersionId::from_uuid(services.ids.next()),
                number: *number,
                charged_bytes: charge(1),
                ..first.clone()
            };
            let id = BlobId::from_uuid(services.ids.next());
            let backend = services.blobs.default_name().clone();
            let mut blob = Blob::open(id, version.tenant_id, backend, 0, services.now());
            let mut digest = [0; 32];
            digest[..4].copy_from_slice(&number.to_be_bytes());
            let content = Content {
                size_bytes: 1,
                digest: Digest::from_bytes(digest),
                pieces: vec![*number],
            };
            blob.store(content).expect("open");
            version.blob_id = Some(id);
            work.blobs().add(&blob);
            work.versions().add(&version);
            work.quota().settle(0, version.used_bytes());
            work.quota().add_version(u64::MAX);
        }
        store.commit(work).await.expect("planted");
    }
    let mut row = store.files().lookup(file).await.expect("read").expect("it");
    row.version = VERSIONS;
    let mut work = store.begin();
    work.files().update(&row);
    store.commit(work).await.expect("updated");
}

async fn a_file_is_deleted_in_small_commits(database: &str) {
    // The test runs the jobs itself.
    let settings = [
        ("TENANTRY_WORKER__INLINE", "false"),
        ("TENANTRY_LIMITS__QUOTA_MB", "100"),
    ];
    let service = serve(database, &settings).await;
    let owner = service.company("acme").await;
    let run_job = async || {
        let ran = jobs::run_next(service.services(), "test", LEASE).await;
        ran.expect("a queue")
    };
    let stored = owner.upload("a.txt", "text/plain", "one").await.expect(201);
    let id = stored.text("file_id");
    assert!(run_job().await, "the validation");
    let store = store_of(&service, &owner).await;
    let file: FileId = id.parse().expect("an id");
    plant(&service, store.as_ref(), file).await;
    let path = format!("/api/v1/files/{id}");

    owner.delete(&path).await.expect(204);

    owner.file(&id).await.expect_problem(404, "file_not_found");
    let counted = async || {
        let quota = store.quota().current().await.expect("a quota");
        quota.versions
    };
    let mut left = counted().await;
    expect_small(u64::from(VERSIONS) - left);
    let mut uploads = 0;
    while left > 0 {
        // The tenant's other commits go in between.
        if uploads < 5 {
            let path = format!("{uploads}.txt");
            let upload = owner.upload(&path, "text/plain", "x").await;
            upload.expect(201);
            uploads += 1;
        }
        assert!(run_job().await, "{left} versions are left without a job");
        let now_left = counted().await - uploads;
        expect_small(left - now_left);
        left = now_left;
    }
    assert_eq!(versions_of(store.as_ref(), file).await, []);
    while run_job().await {}
    let usage = owner.usage().await;
    assert_eq!(usage["storage_used_bytes"], uploads * MIN_CHARGE_BYTES);
    assert_eq!(
        usage["buckets"][0]["size_bytes"],
        uploads * MIN_CHARGE_BYTES
    );
    assert_eq!(counted().await, uploads);
}

/// Asserts that a commit which removed versions with their blob records had few
/// rows: the file, the job, the quota and the audit entry are others.
#[track_caller]
fn expect_small(versions: u64) {
    let rows = 2 * versions + 4;
    assert!(rows <= ROWS_PER_COMMIT, "{rows} rows in a commit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_deletes_a_file_of_many_versions() {
    a_file_is_deleted_in_small_commits("sqlite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_deletes_a_file_of_many_versions() {
    a_file_is_deleted_in_small_commits("postgres").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_of_versions_is_limited() {
    let service = TestService::with(&[("TENANTRY_LIMITS__MAX_VERSIONS", "3")]).await;
    let owner = service.company("acme").await;
    let mut ids = Vec::new();
    for path in ["a.txt", "b.txt", "a.txt"] {
        let file = owner.upload_ready(path, "text/plain", "").await;
        ids.push(file["id"].as_str().expect("an id").to_owned());
    }
    let usage = owner.usage().await;
    assert_eq!(usage["storage_used_bytes"], 3 * MIN_CHARGE_BYTES);
    assert_eq!(usage["buckets"][0]["size_bytes"], 3 * MIN_CHARGE_BYTES);
    assert_eq!(usage["stored_bytes"], 0);

    let refused = owner.upload("c.txt", "text/plain", "").await;
    let refused = refused.expect_problem(403, "quota_exceeded");
    let detail = refused.text("detail");
    assert!(detail.contains("maximum of 3 file versions"), "{detail}");
    assert_eq!(owner.usage().await["storage_reserved_bytes"], 0);
    // Another tenant has its own.
    let other = service.company("globex").await;
    other.upload("c.txt", "text/plain", "").await.expect(201);

    let path = format!("/api/v1/files/{}", ids[0]);
    owner.delete(&path).await.expect(204);
    let uploads = (0..6).map(|number| {
        let owner = owner.clone();
        async move {
            let path = format!("new-{number}.txt");
            owner.upload(&path, "text/plain", "").await.status.as_u16()
        }
    });
    let mut statuses = futures_util::future::join_all(uploads).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 403, 403, 403, 403]);
    let report = fsck(service.services(), false).await.expect("a report");
    assert_eq!(report.findings, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_version_releases_its_charge() {
    let service = TestService::start().await;
    let owner = service.company("acme").await;
    let strict = json!({ "content_types": "strict" });
    owner.put("/api/v1/settings", &strict).await.expect(200);
    let file = owner.upload_ready("a.png", "image/png", "text").await;
    assert_eq!(file["status"], "failed");
    assert_eq!(owner.usage().await["storage_used_bytes"], 0);
    let report = fsck(service.services(), false).await.expect("a report");
    assert_eq!(report.findings, []);
}
