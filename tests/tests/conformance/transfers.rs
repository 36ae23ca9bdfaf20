//! Signed requests for storages that cannot presign: the service signs and
//! serves them.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use reqwest::{Client, Method, Response};
use tenantry_application::{
    ports::{
        BlobKey, Clock, IdGenerator, PresignAccess, PresignCapability, PresignRequest,
        PresignedRequest, TenantStore,
    },
    transfers,
};
use tenantry_crypto::{SystemClock, UuidV7Ids};
use tenantry_domain::{
    blob::{Blob, Content},
    id::{BlobId, TenantId},
    media_type::MediaType,
    tenant::{ActiveTenant, TenantStatus},
};
use tenantry_tests::{
    conformance::signed_requests::{SignedFixture, Signer},
    harness::{self, TestService},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

mod local_disk {
    async fn signing() -> super::SignedFixture {
        super::fixture(&[]).await
    }

    tenantry_tests::signed_requests_suite!(signing);
}

mod memory {
    async fn signing() -> super::SignedFixture {
        super::fixture(&[("TENANTRY_STORAGE__KIND", "memory")]).await
    }

    tenantry_tests::signed_requests_suite!(signing);
}

/// A service, and a company in it.
struct World {
    service: TestService,
    company: TenantId,
    store: Arc<dyn TenantStore>,
}

impl World {
    async fn with(settings: &[(&str, &str)]) -> Self {
        let service = TestService::embedded(settings).await;
        let owner = service.company("acme").await;
        let company = owner.tenant_id.parse().expect("an id");
        let active = ActiveTenant::of(company, TenantStatus::Active).expect("the witness");
        let store = service.services().store.open(active).await;
        Self {
            store: store.expect("its store"),
            service,
            company,
        }
    }

    fn open(&self, key: BlobKey, size_bytes: u64) -> Blob {
        let backend = self.service.services().blobs.default_name().clone();
        Blob::open(
            key.blob_id,
            key.tenant_id,
            backend,
            size_bytes,
            SystemClock.now(),
        )
    }

    /// Commits the intent to store an object, as a use case does before it
    /// signs a write.
    async fn intend(&self, key: BlobKey, size_bytes: u64) {
        let mut work = self.store.begin();
        work.blobs().add(&self.open(key, size_bytes));
        work.quota().reserve(size_bytes);
        self.store.commit(work).await.expect("an intent");
    }

    async fn presign(&self, request: &PresignRequest) -> PresignedRequest {
        let services = self.service.services();
        let backend = services.blobs.default_name();
        let signed = transfers::presign(services, backend, request).await;
        signed.expect("signed")
    }

    /// Presigns a write of ten bytes of text without an intent.
    async fn presign_ten_bytes(&self) -> (BlobKey, PresignedRequest) {
        let key = BlobKey {
            tenant_id: self.company,
            blob_id: BlobId::from_uuid(UuidV7Ids.next()),
        };
        let access = PresignAccess::Put {
            size_bytes: 10,
            content_type: MediaType::parse("text/plain").expect("a type"),
        };
        let request = PresignRequest {
            key,
            access,
            expires_in: Duration::from_mins(1),
        };
        (key, self.presign(&request).await)
    }

    /// Returns the size of the object of a key.
    async fn size(&self, key: BlobKey) -> Option<u64> {
        let services = self.service.services();
        let store = services.blobs.get(services.blobs.default_name());
        store.expect("a store").size(key).await.expect("looked up")
    }

    /// Starts to send ten bytes.
    async fn start(&self, signed: &PresignedRequest) -> TcpStream {
        let host = self.service.base().trim_start_matches("http://");
        let head = format!(
            "PUT {} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             content-type: text/plain\r\nif-none-match: *\r\ncontent-length: 10\r\n\r\nten",
            signed.url
        );
        let mut stream = TcpStream::connect(host).await.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("sent");
        stream
    }

    async fn put(&self, signed: &PresignedRequest, body: &'static [u8]) -> Response {
        let url = format!("{}{}", self.service.base(), signed.url);
        let headers = signed.headers.iter();
        let request = headers.fold(Client::new().put(url), |request, (name, value)| {
            request.header(name, value)
        });
        request.body(body).send().await.expect("a response")
    }
}

#[async_trait]
impl Signer for World {
    fn binds(&self) -> PresignCapability {
        transfers::SERVICE_BINDS
    }

    fn tenant(&self) -> TenantId {
        self.company
    }

    async fn stored(&self, key: BlobKey, content: &Content) {
        let mut blob = self.open(key, content.size_bytes);
        blob.store(content.clone()).expect("open");
        let mut work = self.store.begin();
        work.blobs().add(&blob);
        self.store.commit(work).await.expect("a record");
    }

    async fn sign(&self, request: &PresignRequest) -> PresignedRequest {
        if let PresignAccess::Put { size_bytes, .. } = request.access {
            self.intend(request.key, size_bytes).await;
        }
        let mut signed = self.presign(request).await;
        // The URL is relative to the API.
        signed.url.insert_str(0, self.service.base());
        signed
    }
}

async fn fixture(settings: &[(&str, &str)]) -> SignedFixture {
    let world = World::with(settings).await;
    let services = world.service.services();
    let store = services.blobs.get(services.blobs.default_name());
    let store = Arc::clone(store.expect("a store"));
    SignedFixture::new(store, Box::new(world))
}

#[tokio::test]
async fn urls_start_with_the_public_url() {
    let public = "https://files.example.com/tenantry/";
    let world = World::with(&[("TENANTRY_HTTP__PUBLIC_URL", public)]).await;
    let (key, signed) = world.presign_ten_bytes().await;
    let expected = format!("{public}transfers/default/{key}?expires=");
    assert!(signed.url.starts_with(&expected), "{}", signed.url);
}

#[tokio::test]
async fn writes_without_an_intent_are_rejected() {
    let world = World::with(&[]).await;
    // There never was an intent.
    let (key, signed) = world.presign_ten_bytes().await;
    assert_eq!(world.put(&signed, b"ten bytes!").await.status(), 409);
    assert_eq!(world.size(key).await, None);
    // The intent was abandoned.
    let (key, signed) = world.presign_ten_bytes().await;
    world.intend(key, 10).await;
    let mut blob = world.open(key, 10);
    blob.abandon().expect("open");
    let mut work = world.store.begin();
    work.blobs().update(&blob);
    work.quota().release_reserved(10);
    world.store.commit(work).await.expect("abandoned");
    assert_eq!(world.put(&signed, b"ten bytes!").await.status(), 409);
    assert_eq!(world.size(key).await, None);
}

#[tokio::test]
async fn an_interrupted_upload_can_be_retried() {
    let world = World::with(&[]).await;
    let (key, signed) = world.presign_ten_bytes().await;
    world.intend(key, 10).await;
    let stream = world.start(&signed).await;
    drop(stream);
    assert_eq!(world.put(&signed, b"ten bytes!").await.status(), 201);
    assert_eq!(world.size(key).await, Some(10));
    // The URL is valid for one write.
    let again = world.put(&signed, b"ten bytes?").await;
    assert_eq!(again.status(), 412);
    let problem = again.text().await.expect("a body");
    assert!(problem.contains("precondition_failed"), "{problem}");
}

#[tokio::test]
async fn one_of_two_uploads_wins() {
    let world = World::with(&[]).await;
    let (key, signed) = world.presign_ten_bytes().await;
    world.intend(key, 10).await;
    let mut slow = world.start(&signed).await;
    assert_eq!(world.put(&signed, b"ten bytes!").await.status(), 201);
    slow.write_all(b" others").await.expect("sent");
    let mut response = String::new();
    let read = slow.read_to_string(&mut response).await;
    read.expect("a response");
    assert!(response.starts_with("HTTP/1.1 412 "), "{response}");
    assert_eq!(world.size(key).await, Some(10));
}

const CONTENT_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'; sandbox";

#[tokio::test]
async fn downloads_are_inert_and_not_cached() {
    let world = World::with(&[]).await;
    let (key, signed) = world.presign_ten_bytes().await;
    world.intend(key, 10).await;
    assert_eq!(world.put(&signed, b"ten bytes!").await.status(), 201);
    let read = PresignRequest {
        key,
        access: PresignAccess::Get,
        expires_in: Duration::from_mins(1),
    };
    let signed = world.presign(&read).await;
    let url = format!("{}{}", world.service.base(), signed.url);
    // Until the record says that it is stored, the object is missing.
    let early = reqwest::get(&url).await.expect("a response");
    assert_eq!(early.status(), 404);
    let services = world.service.services();
    let store = services.blobs.get(services.blobs.default_name());
    let bytes = futures_util::stream::iter([Ok("ten bytes!".into())]);
    let content = store.expect("a store").digest(Box::pin(bytes), 10).await;
    let mut blob = world.open(key, 10);
    let record = world.store.blobs().lookup(key.blob_id).await.expect("read");
    blob.revision = record.expect("a record").revision;
    blob.store(content.expect("a digest")).expect("open");
    let mut work = world.store.begin();
    work.blobs().update(&blob);
    work.quota().release_reserved(10);
    world.store.commit(work).await.expect("stored");

    for (method, body) in [(Method::GET, "ten bytes!"), (Method::HEAD, "")] {
        let response = Client::new().request(method, &url).send().await;
        let response = response.expect("a response");
        assert_eq!(response.status(), 200);
        for (name, value) in [
            ("content-type", "application/octet-stream"),
            ("content-disposition", "attachment"),
            ("content-security-policy", CONTENT_POLICY),
            ("cache-control", "private, no-store"),
            ("x-content-type-options", "nosniff"),
            ("content-length", "10"),
        ] {
            assert_eq!(response.headers()[name], value);
        }
        assert_eq!(response.text().await.expect("a body"), body);
    }
    let beyond = Client::new().get(&url).header("range", "bytes=10-");
    assert_eq!(beyond.send().await.expect("a response").status(), 416);
}

#[tokio::test]
async fn several_ranges_are_sent_in_parts() {
    for settings in [&[][..], &[("TENANTRY_STORAGE__KIND", "memory")]] {
        let fixture = World::with(settings).await;
        let bytes = harness::Content::new(3, 600_000).bytes();
        let key = BlobKey {
            tenant_id: fixture.company,
            blob_id: BlobId::from_uuid(UuidV7Ids.next()),
        };
        let services = fixture.service.services();
        let store = services.blobs.get(services.blobs.default_name());
        let body = futures_util::stream::iter([Ok(bytes.clone())]);
        let content = store.expect("a store").put(key, Box::pin(body), 600_000);
        fixture.stored(key, &content.await.expect("stored")).await;
        let read = PresignRequest {
            key,
            access: PresignAccess::Get,
            expires_in: Duration::from_mins(1),
        };
        let path = fixture.presign(&read).await.url;
        let client = fixture.service.anonymous();

        let get = |range: &str| client.request(Method::GET, &path).header("range", range);
        let sent = client.send(get("bytes=599990-,0-9")).await.expect(206);
        assert_eq!(sent.header("content-range"), None);
        let parts = sent.range_parts();
        let ranges = parts.iter().map(|part| part.range.as_str());
        let expected = ["bytes 599990-599999/600000", "bytes 0-9/600000"];
        assert!(ranges.eq(expected), "{parts:?}");
        assert_eq!(parts[0].bytes, &bytes[599_990..]);
        assert_eq!(parts[1].bytes, &bytes[..10]);
        assert_eq!(parts[0].kind, "application/octet-stream");
        for (range, status) in [
            ("bytes=600000-,-0", 416),
            ("bytes=0-9,600000-", 206),
            ("bytes=0-9,x", 200),
        ] {
            client.send(get(range)).await.expect(status);
        }
        // Ranges are defined for GET alone.
        let head = client.request(Method::HEAD, &path);
        let head = client.send(head.header("range", "bytes=0-9")).await;
        assert_eq!(head.expect(200).header("content-length"), Some("600000"));
    }
}
