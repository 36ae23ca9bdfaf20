//! Bytes in a collection of `WebDAV`, on `WsgiDAV`.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use object_store::{ClientOptions, http::HttpBuilder};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use tenantry_application::ports::{BlobKey, BlobStore, IdGenerator, PortErrorKind, PutError};
use tenantry_blob::{ObjectBlobStore, WebdavLogin, WebdavOptions};
use tenantry_crypto::UuidV7Ids;
use tenantry_domain::{
    blob::Content,
    id::{BlobId, TenantId},
};
use tenantry_tests::{
    conformance::blob_store::{BehindTheStore, BlobFixture},
    services::Webdav,
};

use crate::objects::{MARK, Objects, context};

tenantry_tests::blob_store_suite!(fixture);

fn options(webdav: &Webdav) -> WebdavOptions {
    WebdavOptions {
        url: webdav.fresh(),
        login: Some(WebdavLogin {
            username: webdav.username().to_owned(),
            password: webdav.password().to_owned(),
        }),
        ca_file: None,
        create: true,
        may_be_new: true,
    }
}

/// The way around a store.
struct Behind {
    objects: Objects,
    /// What stands before every name that is listed.
    prefix: String,
}

#[async_trait]
impl BehindTheStore for Behind {
    async fn plant(&self, name: &str, bytes: Vec<u8>) {
        self.objects.plant(name, bytes).await;
    }

    async fn names(&self) -> Vec<String> {
        let names = self.objects.names().await;
        let names = names
            .iter()
            .filter_map(|name| name.strip_prefix(&self.prefix));
        let names = names.filter(|name| *name != MARK).map(str::to_owned);
        names.collect()
    }
}

fn behind(options: &WebdavOptions) -> Behind {
    let login = options.login.as_ref().expect("a login");
    let pair = STANDARD.encode(format!("{}:{}", login.username, login.password));
    let value = HeaderValue::try_from(format!("Basic {pair}")).expect("a header");
    let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
    let client = ClientOptions::new()
        .with_allow_http(true)
        .with_default_headers(headers);
    let builder = HttpBuilder::new().with_url(options.url.as_str());
    let behind = builder.with_client_options(client).build();
    Behind {
        objects: Objects(Arc::new(behind.expect("a client"))),
        prefix: format!("{}/", options.url.path().trim_matches('/')),
    }
}

async fn fixture() -> BlobFixture {
    let options = options(Webdav::shared().await);
    let store = ObjectBlobStore::webdav(&options, context()).await;
    let behind = Box::new(behind(&options));
    BlobFixture::new(Arc::new(store.expect("opened")), behind)
}

fn key() -> BlobKey {
    BlobKey {
        tenant_id: TenantId::from_uuid(UuidV7Ids.next()),
        blob_id: BlobId::from_uuid(UuidV7Ids.next()),
    }
}

async fn put(store: &ObjectBlobStore, key: BlobKey, size: usize) -> Result<Content, PutError> {
    let frames = vec![Ok(Bytes::from(vec![7; size]))];
    store.put(key, stream::iter(frames).boxed(), u64::MAX).await
}

#[tokio::test]
async fn a_lost_collection_is_no_empty_collection() {
    let webdav = Webdav::shared().await;
    let options = options(webdav);
    let store = ObjectBlobStore::webdav(&options, context()).await;
    let store = store.expect("opened");
    let key = key();
    let content = put(&store, key, 10).await.expect("stored");
    let (away, empty) = (webdav.fresh(), webdav.fresh());
    webdav.rename(&options.url, &away).await;
    for is_there in [false, true] {
        if is_there {
            webdav.make(&options.url).await;
        }
        let unavailable = Some(PortErrorKind::Unavailable);
        assert_eq!(store.size(key).await.err().map(|e| e.kind), unavailable);
        assert_eq!(store.delete(key).await.err().map(|e| e.kind), unavailable);
        let read = store.read(key, &content, 0..10).await;
        assert_eq!(read.err().map(|e| e.kind), unavailable);
        let listed = store.list().next().await.and_then(Result::err);
        assert_eq!(listed.map(|e| e.kind), unavailable);
        assert_eq!(store.probe().await.err().map(|e| e.kind), unavailable);
        for size in [10, 3_000_000] {
            let refused = put(&store, self::key(), size).await;
            assert!(matches!(refused, Err(PutError::Store(e)) if Some(e.kind) == unavailable));
        }
    }
    // Nothing was written to where nothing is mounted.
    webdav.rename(&options.url, &empty).await;
    let written = behind(&WebdavOptions {
        url: empty,
        ..options.clone()
    });
    assert!(written.names().await.is_empty());
    webdav.rename(&away, &options.url).await;
    assert_eq!(store.size(key).await.expect("found"), Some(10));
    put(&store, self::key(), 3_000_000).await.expect("stored");
}

#[tokio::test]
async fn a_store_opened_again_has_what_it_had() {
    let mut options = options(Webdav::shared().await);
    let key = key();
    let store = ObjectBlobStore::webdav(&options, context()).await;
    let content = put(&store.expect("opened"), key, 10).await.expect("stored");
    options.may_be_new = false;
    let store = ObjectBlobStore::webdav(&options, context()).await;
    let store = store.expect("opened");
    store.verify(key, &content).await.expect("unharmed");
}
