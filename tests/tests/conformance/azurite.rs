//! Blobs in a container of Azure Blob Storage, on Azurite.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use object_store::{
    azure::{MicrosoftAzure, MicrosoftAzureBuilder},
    path::Path,
    signer::Signer,
};
use reqwest::Method;
use tenantry_application::ports::BlobKey;
use tenantry_blob::{AzureCredential, AzureOptions, ObjectBlobStore};
use tenantry_tests::{
    conformance::{
        blob_store::{BlobFixture, DirectAccess, UnfinishedEnd},
        signed_requests::SignedFixture,
    },
    services::Azurite,
};

use crate::objects::{abandon_upload, context, names, plant, sizes};

tenantry_tests::blob_store_suite!(fixture);

mod signed_requests {
    use super::*;

    tenantry_tests::signed_requests_suite!(signing);
}

struct Container(MicrosoftAzure);

#[async_trait]
impl DirectAccess for Container {
    async fn plant(&self, name: &str, bytes: Vec<u8>) {
        plant(&self.0, name, bytes).await;
    }

    async fn names(&self) -> Vec<String> {
        names(&self.0).await
    }

    fn unfinished_end(&self) -> UnfinishedEnd {
        // After a week.
        UnfinishedEnd::Expired
    }

    async fn abandon_write(&self, key: BlobKey) {
        abandon_upload(&self.0, &key.to_string()).await;
    }

    /// Lists the uncommitted blocks, which all writes of a key share.
    async fn unfinished_writes(&self, key: BlobKey) -> Vec<Vec<u64>> {
        let path = Path::parse(key.to_string()).expect("a path");
        let url = self
            .0
            .signed_url(Method::GET, &path, Duration::from_mins(1));
        let mut url = url.await.expect("a signed URL");
        url.query_pairs_mut()
            .extend_pairs([("comp", "blocklist"), ("blocklisttype", "uncommitted")]);
        let response = reqwest::get(url).await.expect("a response");
        if response.status() == 404 {
            return Vec::new();
        }
        let blocks = response.error_for_status().expect("a list").text().await;
        let sizes = sizes(&blocks.expect("a list"));
        if sizes.is_empty() {
            Vec::new()
        } else {
            vec![sizes]
        }
    }
}

fn options(azurite: &Azurite) -> AzureOptions {
    let connection_string = azurite.connection_string().to_owned();
    AzureOptions {
        account: None,
        container: azurite.fresh(),
        credential: AzureCredential::ConnectionString(connection_string),
        endpoint: None,
        public_endpoint: None,
        create: true,
        may_be_new: true,
    }
}

async fn signing() -> SignedFixture {
    let options = options(Azurite::shared().await);
    let store = ObjectBlobStore::azure(&options, context()).await;
    SignedFixture::of_store(Arc::new(store.expect("opened")))
}

async fn fixture() -> BlobFixture {
    let azurite = Azurite::shared().await;
    let options = options(azurite);
    let store = ObjectBlobStore::azure(&options, context()).await;
    let container = MicrosoftAzureBuilder::new()
        .with_container_name(&options.container)
        .with_account(azurite.named("AccountName"))
        .with_access_key(azurite.named("AccountKey"))
        .with_endpoint(azurite.named("BlobEndpoint"))
        .with_allow_http(true)
        .build();
    let direct = Box::new(Container(container.expect("a client")));
    BlobFixture::new(Arc::new(store.expect("opened")), direct)
}
