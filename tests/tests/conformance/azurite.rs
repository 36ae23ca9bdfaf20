//! Bytes in a container of Azure Blob Storage, on Azurite.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::sync::Arc;

use object_store::azure::MicrosoftAzureBuilder;
use tenantry_blob::{AzureCredential, AzureOptions, ObjectBlobStore};
use tenantry_tests::{
    conformance::{blob_store::BlobFixture, signed_requests::SignedFixture},
    services::Azurite,
};

use crate::objects::{Objects, context};

tenantry_tests::blob_store_suite!(fixture);

mod signed_requests {
    use super::*;

    tenantry_tests::signed_requests_suite!(signing);
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
    SignedFixture::by_itself(Arc::new(store.expect("opened")))
}

async fn fixture() -> BlobFixture {
    let azurite = Azurite::shared().await;
    let options = options(azurite);
    let store = ObjectBlobStore::azure(&options, context()).await;
    let behind = MicrosoftAzureBuilder::new()
        .with_container_name(&options.container)
        .with_account(azurite.named("AccountName"))
        .with_access_key(azurite.named("AccountKey"))
        .with_endpoint(azurite.named("BlobEndpoint"))
        .with_allow_http(true)
        .build();
    let behind = Objects(Arc::new(behind.expect("a client")));
    BlobFixture::new(Arc::new(store.expect("opened")), Box::new(behind))
}
