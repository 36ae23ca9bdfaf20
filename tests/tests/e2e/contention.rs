//! Rows and names that many clients write at the same time.

use std::{collections::BTreeSet, fmt::Debug, hash::Hash, time::Duration};

use futures_util::future::join_all;
use serde_json::json;
use tenantry_application::{
    contention::{MAX_ROUNDS, Retried},
    ports::{BlobKey, PresignAccess, PresignRequest},
    transfers,
};
use tenantry_domain::{
    blob::{Blob, BlobState},
    id::BlobId,
    media_type::MediaType,
    quota::MIN_CHARGE_BYTES,
    tenant::{ActiveTenant, TenantStatus},
};
use tenantry_tests::harness::{Actor, ApiResponse, Form, PASSWORD, TestService};

/// The number of clients that write at the same time.
const CLIENTS: usize = 32;

/// Runs a request of every client at the same time.
async fn all<F: Future<Output = ApiResponse>>(request: impl Fn(usize) -> F) -> Vec<ApiResponse> {
    join_all((0..CLIENTS).map(request)).await
}

/// Returns how many responses have each status.
fn count(responses: &[ApiResponse], status: u16) -> usize {
    let with_status = responses
        .iter()
        .filter(|response| response.status == status);
    with_status.count()
}

/// Asserts that every response has a status, and returns a distinct text of
/// each.
#[track_caller]
fn distinct<T: Eq + Hash + Ord + Debug>(
    responses: &[ApiResponse],
    status: u16,
    value: impl Fn(&ApiResponse) -> T,
) -> BTreeSet<T> {
    assert_eq!(count(responses, status), CLIENTS, "{responses:?}");
    let values: BTreeSet<T> = responses.iter().map(value).collect();
    assert_eq!(values.len(), CLIENTS, "{values:?}");
    values
}

/// Checks every use case that decides again: no client is refused because of the
/// others, and no run needs the last round.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_write_one_row_in_few_rounds() {
    let service = TestService::start().await;
    let embedded = TestService::embedded(&[]).await;
    for use_case in Retried::ALL {
        let service = match use_case {
            // Other storages receive the content of signed requests themselves.
            Retried::UploadHeartbeat | Retried::BlobDamage => &embedded,
            _ => &service,
        };
        let owner = service.company(&use_case.as_str().replace('.', "-")).await;
        contend(service, &owner, *use_case).await;
        let runs = service.services().contention.counts().of(*use_case);
        let name = use_case.as_str();
        assert!(runs.iter().sum::<u64>() > 0, "{name} did not run");
        assert_eq!(runs[MAX_ROUNDS - 1], 0, "{name}: {runs:?}");
    }
}

async fn contend(service: &TestService, owner: &Actor, use_case: Retried) {
    match use_case {
        Retried::FileUpload => upload_versions(owner).await,
        Retried::FileUpdate => tag_one_file(owner).await,
        Retried::FileDelete => delete_one_file(owner).await,
        Retried::FileProcess => process_versions(owner).await,
        Retried::BlobDamage => read_damaged_content(service, owner).await,
        Retried::UploadHeartbeat => upload_to_one_url(service, owner).await,
        Retried::ProjectUpdate => update_one_project(owner).await,
        Retried::SettingsUpdate => {
            let updated = all(async |client| {
                let rule = ["strict", "safe", "off"][client % 3];
                let body = json!({ "content_types": rule });
                owner.put("/api/v1/settings", &body).await
            });
            let updated = updated.await;
            assert_eq!(count(&updated, 200), CLIENTS, "{updated:?}");
        }
        Retried::ProjectDelete => delete_one_project(owner).await,
        Retried::Register => register_one_label(service).await,
        Retried::Login => {
            let body = json!({ "identifier": owner.email, "password": PASSWORD });
            let login = |_| owner.post("/api/v1/auth/login", &body);
            distinct(&all(login).await, 200, |response| {
                response.text("refresh_token")
            });
        }
        Retried::Refresh => {
            let body = json!({ "refresh_token": owner.refresh_token });
            let refreshed = all(|_| owner.post("/api/v1/auth/refresh", &body)).await;
            assert_eq!(count(&refreshed, 200), CLIENTS, "{refreshed:?}");
        }
        Retried::Logout => {
            let body = json!({});
            let ended = all(|_| owner.post("/api/v1/auth/logout", &body)).await;
            let (done, late) = (count(&ended, 204), count(&ended, 401));
            assert!(done > 0 && done + late == CLIENTS, "{ended:?}");
        }
        Retried::UserUpdate => {
            let updated = all(async |client| {
                let body = json!({ "display_name": format!("Owner {client}") });
                owner.put("/api/v1/auth/me", &body).await
            });
            distinct(&updated.await, 200, |response| {
                response.header("etag").map(str::to_owned)
            });
        }
    }
}

async fn upload_versions(owner: &Actor) {
    let uploaded = all(async |client| {
        owner
            .upload("one.txt", "text/plain", format!("{client}"))
            .await
    });
    let uploaded = uploaded.await;
    let (new, old) = (count(&uploaded, 201), count(&uploaded, 200));
    assert_eq!((new, old), (1, CLIENTS - 1), "{uploaded:?}");
    let versions: BTreeSet<u64> = uploaded
        .iter()
        .map(|response| response.json()["version"].as_u64().expect("a number"))
        .collect();
    assert!(versions.into_iter().eq(1..=CLIENTS as u64), "{uploaded:?}");
    owner.processed(&uploaded[0].text("file_id")).await;
}

async fn tag_one_file(owner: &Actor) {
    let file = owner.upload_ready("one.txt", "text/plain", "one").await;
    let path = format!("/api/v1/files/{}", file["id"].as_str().expect("an id"));
    let tag = |client| {
        let (owner, path) = (owner.clone(), path.clone());
        async move {
            let body = json!({ "tags": { "client": client } });
            owner.patch(&path, &body).await
        }
    };
    distinct(&all(tag).await, 200, |response| {
        response.header("etag").map(str::to_owned)
    });
    // A precondition lets one of them succeed.
    let etag = owner.get(&path).await.expect(200);
    let etag = etag.header("etag").expect("a tag");
    let conditional = |client| {
        let body = json!({ "tags": { "other": client } });
        let request = owner.request(reqwest::Method::PATCH, &path).json(&body);
        owner.send(request.header(reqwest::header::IF_MATCH, etag))
    };
    let updated = all(conditional).await;
    let (done, refused) = (count(&updated, 200), count(&updated, 412));
    assert_eq!((done, refused), (1, CLIENTS - 1), "{updated:?}");
}

async fn delete_one_file(owner: &Actor) {
    let file = owner.upload_ready("one.txt", "text/plain", "one").await;
    let path = format!("/api/v1/files/{}", file["id"].as_str().expect("an id"));
    let deleted = all(|_| owner.delete(&path)).await;
    let (done, late) = (count(&deleted, 204), count(&deleted, 404));
    assert_eq!((done, late), (1, CLIENTS - 1), "{deleted:?}");
}

async fn process_versions(owner: &Actor) {
    let file = owner.upload_ready("one.txt", "text/plain", "one").await;
    let id = file["id"].as_str().expect("an id");
    let path = format!("/api/v1/files/{id}");
    let written = all(async |client| {
        if client % 2 == 0 {
            owner
                .upload("one.txt", "text/plain", format!("{client}"))
                .await
        } else {
            let body = json!({ "tags": { "client": client } });
            owner.patch(&path, &body).await
        }
    });
    let written = written.await;
    assert_eq!(count(&written, 200), CLIENTS, "{written:?}");
    let file = owner.processed(id).await;
    assert_eq!(file["status"], "ready");
}

async fn upload_to_one_url(service: &TestService, owner: &Actor) {
    let services = service.services();
    let backend = services.blobs.default_name();
    let key = BlobKey {
        tenant_id: owner.tenant_id.parse().expect("an id"),
        blob_id: BlobId::from_uuid(services.ids.next()),
    };
    let active = ActiveTenant::of(key.tenant_id, TenantStatus::Active).expect("the witness");
    let store = services.store.open(active).await.expect("its store");
    let blob = Blob::open(
        key.blob_id,
        key.tenant_id,
        backend.clone(),
        10,
        services.now(),
    );
    let mut work = store.begin();
    work.blobs().add(&blob);
    work.quota().reserve(10);
    store.commit(work).await.expect("an intent");
    let access = PresignAccess::Put {
        size_bytes: 10,
        content_type: MediaType::parse("text/plain").expect("a type"),
    };
    let request = PresignRequest {
        key,
        access,
        expires_in: Duration::from_mins(1),
    };
    let signed = transfers::presign(services, backend, &request).await;
    let signed = signed.expect("signed");
    let url = format!("{}{}", service.base(), signed.url);
    let client = reqwest::Client::new();
    let put = |_| {
        let headers = signed.headers.iter();
        let request = headers.fold(client.put(&url), |request, (name, value)| {
            request.header(name, value)
        });
        request.body("0123456789").send()
    };
    let responses = join_all((0..CLIENTS).map(put)).await;
    let stored = responses
        .iter()
        .flatten()
        .filter(|it| it.status().is_success());
    assert!(stored.count() > 0, "{responses:?}");
}

/// Reads damaged content while versions of it are deleted.
async fn read_damaged_content(service: &TestService, owner: &Actor) {
    let mut ids = Vec::new();
    for client in 0..=CLIENTS {
        let path = format!("{client}.txt");
        let file = owner.upload_ready(&path, "text/plain", "intact").await;
        ids.push(file["id"].as_str().expect("an id").to_owned());
    }
    let folder = service.data().join("blobs/t").join(&owner.tenant_id);
    let mut files = std::fs::read_dir(folder).expect("a directory");
    let blob = files.next().expect("a blob").expect("an entry").path();
    let last = ids.pop().expect("an id");
    let path = format!("/api/v1/files/{last}/content");
    std::fs::write(&blob, "broken").expect("damaged");
    let read = join_all((0..CLIENTS).map(|client| {
        let (owner, path, id) = (owner.clone(), path.clone(), ids[client].clone());
        async move {
            let other = format!("/api/v1/files/{id}");
            let deleted = owner.delete(&other);
            let read = owner.try_send(owner.request(reqwest::Method::GET, &path));
            let (deleted, read) = futures_util::future::join(deleted, read).await;
            assert_eq!(deleted.status, 204, "{deleted:?}");
            read.is_ok_and(|response| response.body == "intact")
        }
    }));
    assert!(read.await.iter().all(|is_intact| !is_intact));
    let key: BlobId = blob
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.parse().ok())
        .expect("an id");
    let tenant = owner.tenant_id.parse().expect("an id");
    let active = ActiveTenant::of(tenant, TenantStatus::Active).expect("the witness");
    let store = service.services().store.open(active).await;
    let store = store.expect("its store");
    let record = store.blobs().lookup(key).await.expect("read");
    let state = record.expect("a record").state;
    let is_marked = matches!(
        state,
        BlobState::Stored {
            corrupt_at: Some(_),
            ..
        }
    );
    assert!(is_marked, "{state:?}");
}

async fn update_one_project(owner: &Actor) {
    let created = owner
        .post("/api/v1/projects", &json!({ "name": "One" }))
        .await;
    let path = format!("/api/v1/projects/{}", created.expect(201).text("id"));
    let updated = all(async |client| {
        let body = json!({ "description": format!("{client}") });
        owner.patch(&path, &body).await
    });
    distinct(&updated.await, 200, |response| {
        response.header("etag").map(str::to_owned)
    });
}

async fn delete_one_project(owner: &Actor) {
    let created = owner
        .post("/api/v1/projects", &json!({ "name": "One" }))
        .await;
    let path = format!("/api/v1/projects/{}", created.expect(201).text("id"));
    let deleted = all(|_| owner.delete(&path)).await;
    let (done, late) = (count(&deleted, 204), count(&deleted, 404));
    assert_eq!((done, late), (1, CLIENTS - 1), "{deleted:?}");
}

/// Registers companies whose names yield the same subdomain.
async fn register_one_label(service: &TestService) {
    let stranger = service.anonymous();
    let registered = all(async |client| {
        let body = json!({
            "email": format!("owner{client}@crowd.example.com"),
            "password": PASSWORD,
            "organization_name": format!("Crowd {}", "!".repeat(client)),
        });
        stranger.post("/api/v1/auth/register", &body).await
    });
    distinct(&registered.await, 201, |response| {
        response.text("tenant_id")
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_one_name_get_different_names() {
    let service = TestService::start().await;
    let owner = service.company("acme").await;
    let form = Form::new()
        .file("one.txt", "text/plain", "same content")
        .end();
    for _ in 0..2 {
        let uploaded = all(|_| owner.upload_form(form.clone())).await;
        distinct(&uploaded, 201, |response| response.text("filename"));
    }
    let runs = service.services().contention.counts();
    let runs = runs.of(Retried::FileUpload);
    assert_eq!(runs[MAX_ROUNDS - 1], 0, "{runs:?}");
    let files = owner.get("/api/v1/files?search=one&limit=100").await;
    let files = files.expect(200).json();
    let names = files["items"].as_array().expect("a list").iter();
    let names: BTreeSet<_> = names.filter_map(|file| file["filename"].as_str()).collect();
    assert_eq!(names.len(), 2 * CLIENTS);
    for name in ["one.txt", "one (2).txt", "one (20).txt"] {
        assert!(names.contains(name), "{name}: {names:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_one_content_are_uploaded_and_deleted_together() {
    let service = TestService::start().await;
    let owner = service.company("acme").await;
    owner.upload_ready("first.txt", "text/plain", "same").await;
    let uploaded = all(async |client| {
        let path = format!("{client}.txt");
        owner.upload(&path, "text/plain", "same").await
    });
    let ids = distinct(&uploaded.await, 201, |response| response.text("file_id"));
    let runs = service
        .services()
        .contention
        .counts()
        .of(Retried::FileUpload);
    assert_eq!(runs[0], CLIENTS as u64 + 1, "{runs:?}");
    let used = MIN_CHARGE_BYTES * (CLIENTS as u64 + 1);
    assert_eq!(owner.usage().await["storage_used_bytes"], used);
    let deleted = join_all(ids.iter().map(async |id| {
        owner.processed(id).await;
        owner.delete(&format!("/api/v1/files/{id}")).await
    }));
    let deleted = deleted.await;
    assert_eq!(count(&deleted, 204), CLIENTS, "{deleted:?}");
    assert_eq!(owner.usage().await["storage_used_bytes"], MIN_CHARGE_BYTES);
    let report = tenantry_application::upkeep::fsck(service.services(), false).await;
    assert_eq!(report.expect("a report").findings, []);
}
