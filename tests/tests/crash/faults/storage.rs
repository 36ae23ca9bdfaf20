//! The storage fails.

use tenantry_tests::{
    harness::{Actor, borrowed},
    services::{Azurite, FaultProxy, Minio, Webdav},
};

use super::outage::Watched;
use crate::{
    data_folder::DataFolder,
    program::{expect_clean, serve},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_fails_and_comes_back() {
    let minio = Minio::shared().await;
    let (proxy, endpoint) = FaultProxy::before(minio.endpoint()).await;
    let settings = minio.settings("STORAGE", &minio.fresh());
    let settings = settings.into_iter().map(|(key, value)| match &*key {
        "TENANTRY_STORAGE__ENDPOINT" => (key, endpoint.clone()),
        _ => (key, value),
    });
    it_fails_and_comes_back("MinIO", &proxy, settings.collect()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn azure_fails_and_comes_back() {
    let azurite = Azurite::shared().await;
    let (proxy, endpoint) = FaultProxy::before(&azurite.named("BlobEndpoint")).await;
    let connection = format!(
        "AccountName={};AccountKey={};BlobEndpoint={endpoint};",
        azurite.named("AccountName"),
        azurite.named("AccountKey"),
    );
    let settings = azurite.settings("STORAGE", &azurite.fresh());
    let settings = settings.into_iter().map(|(key, value)| match &*key {
        "TENANTRY_STORAGE__CONNECTION_STRING" => (key, connection.clone()),
        _ => (key, value),
    });
    it_fails_and_comes_back("Azurite", &proxy, settings.collect()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webdav_fails_and_comes_back() {
    let webdav = Webdav::shared().await;
    let (proxy, collection) = FaultProxy::before(webdav.fresh().as_str()).await;
    let collection = collection.parse().expect("a URL");
    let settings = webdav.settings("STORAGE", &collection);
    it_fails_and_comes_back("WsgiDAV", &proxy, settings).await;
}

async fn it_fails_and_comes_back(
    server: &str,
    proxy: &FaultProxy,
    mut settings: Vec<(String, String)>,
) {
    let data = DataFolder::new();
    settings.push(("TENANTRY_LOG__LEVEL".to_owned(), "error".to_owned()));
    let settings = borrowed(&settings);
    let process = serve(data.path(), &settings).await;
    let owner = Actor::register(process.base(), "acme").await;
    let file = owner.upload_ready("before.txt", "text/plain", "one").await;
    let path = format!(
        "/api/v1/files/{}/content",
        file["id"].as_str().expect("an id")
    );
    let watched = Watched {
        process: &process,
        proxy,
        reader: &owner,
        path: &path,
        health: "/health/ready",
        may_fail: true,
    };
    watched.every_fault(server).await;
    watched.expect_written("after.txt").await;
    drop(process);
    expect_clean(data.path(), &settings);
}
