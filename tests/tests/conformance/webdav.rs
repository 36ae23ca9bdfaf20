//! Blobs in a collection of `WebDAV`, on `WsgiDAV`.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{StreamExt, TryStreamExt};
use object_store::{
    ClientOptions, ObjectMeta, ObjectStore,
    http::{HttpBuilder, HttpStore},
};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use tenantry_application::ports::{BlobKey, BlobStore, IdGenerator, PortErrorKind, PutError};
use tenantry_blob::{ObjectBlobStore, WebdavLogin, WebdavOptions};
use tenantry_crypto::UuidV7Ids;
use tenantry_tests::{
    conformance::blob_store::{BlobFixture, DirectAccess, UnfinishedEnd},
    services::Webdav,
};

use crate::objects::{MARK, context, key, plant, put};

tenantry_tests::blob_store_suite!(fixture);

fn options(webdav: &Webdav) -> WebdavOptions {
    WebdavOptions {
        url: webdav.fresh(),
        login: Some(WebdavLogin {
            username: webdav.username().to_owned(),
            password: webdav.password().to_owned(),
        }),
        authorities: None,
        create: true,
        may_be_new: true,
    }
}

struct Collection {
    objects: HttpStore,
    /// The prefix of every name in a list.
    prefix: String,
}

impl Collection {
    fn of(options: &WebdavOptions) -> Self {
        let login = options.login.as_ref().expect("a login");
        let pair = STANDARD.encode(format!("{}:{}", login.username, login.password));
        let value = HeaderValue::try_from(format!("Basic {pair}")).expect("a header");
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
        let client = ClientOptions::new()
            .with_allow_http(true)
            .with_default_headers(headers);
        let builder = HttpBuilder::new().with_url(options.url.as_str());
        let objects = builder.with_client_options(client).build();
        Self {
            objects: objects.expect("a client"),
            prefix: format!("{}/", options.url.path().trim_matches('/')),
        }
    }

    /// Returns the names and sizes of all objects.
    async fn list(&self) -> Vec<(String, u64)> {
        let metas: Vec<_> = self.objects.list(None).try_collect().await.expect("listed");
        let named = |meta: &ObjectMeta| {
            let name = meta.location.as_ref().strip_prefix(&self.prefix)?;
            Some((name.to_owned(), meta.size))
        };
        metas.iter().filter_map(named).collect()
    }
}

#[async_trait]
impl DirectAccess for Collection {
    async fn plant(&self, name: &str, bytes: Vec<u8>) {
        plant(&self.objects, name, bytes).await;
    }

    async fn names(&self) -> Vec<String> {
        let names = self.list().await.into_iter().map(|(name, _)| name);
        names.filter(|name| name != MARK).collect()
    }

    fn unfinished_end(&self) -> UnfinishedEnd {
        UnfinishedEnd::Removed
    }

    fn has_atomic_writes(&self) -> bool {
        // `WsgiDAV` looks for the destination of a `MOVE` first.
        false
    }

    async fn abandon_write(&self, _key: BlobKey) {
        let name = format!("staging/{}", UuidV7Ids.next());
        self.plant(&name, b"half a body".to_vec()).await;
    }

    async fn unfinished_writes(&self, _key: BlobKey) -> Vec<Vec<u64>> {
        let objects = self.list().await.into_iter();
        objects
            .filter(|(name, _)| name.starts_with("staging/"))
            .map(|(_, size)| vec![size])
            .collect()
    }
}

async fn fixture() -> BlobFixture {
    let options = options(Webdav::shared().await);
    let store = ObjectBlobStore::webdav(&options, context()).await;
    let direct = Box::new(Collection::of(&options));
    BlobFixture::new(Arc::new(store.expect("opened")), direct)
}

#[tokio::test]
async fn a_missing_collection_is_not_an_empty_collection() {
    let webdav = Webdav::shared().await;
    let options = options(webdav);
    let store = ObjectBlobStore::webdav(&options, context()).await;
    let store = store.expect("opened");
    let key = key();
    let content = put(&store, key, 10).await.expect("stored");
    let (away, empty) = (webdav.fresh(), webdav.fresh());
    webdav.rename(&options.url, &away).await;
    for exists in [false, true] {
        if exists {
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
            let failed = put(&store, crate::objects::key(), size).await;
            assert!(matches!(failed, Err(PutError::Store(e)) if Some(e.kind) == unavailable));
        }
    }
    // Nothing was written to the empty collection.
    webdav.rename(&options.url, &empty).await;
    let written = Collection::of(&WebdavOptions {
        url: empty,
        ..options.clone()
    });
    assert!(written.names().await.is_empty());
    webdav.rename(&away, &options.url).await;
    assert_eq!(store.size(key).await.expect("found"), Some(10));
    let stored = put(&store, crate::objects::key(), 3_000_000).await;
    stored.expect("stored");
}

#[tokio::test]
async fn a_reopened_store_has_its_objects() {
    let mut options = options(Webdav::shared().await);
    let key = key();
    let store = ObjectBlobStore::webdav(&options, context()).await;
    let content = put(&store.expect("opened"), key, 10).await.expect("stored");
    options.may_be_new = false;
    let store = ObjectBlobStore::webdav(&options, context()).await;
    let store = store.expect("opened");
    store.verify(key, &content).await.expect("intact");
}
