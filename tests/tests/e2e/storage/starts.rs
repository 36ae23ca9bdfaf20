//! An unusable storage ends the start with one line that names the fix.

use std::time::Duration;

use object_store::{ObjectStoreExt, path::Path};
use tenantry::Service;
use tenantry_domain::quota::MIN_CHARGE_BYTES;
use tenantry_tests::{
    harness::{TestService, borrowed, configuration},
    services::{Azurite, Fault, FaultProxy, Minio, Webdav},
};
use tokio::time::timeout;

use crate::path_proxy::PathProxy;

type OwnedSettings = Vec<(String, String)>;

/// Returns the settings with changes of the default storage.
fn with(mut settings: OwnedSettings, changes: &[(&str, &str)]) -> OwnedSettings {
    for (key, value) in changes {
        let name = format!("TENANTRY_STORAGE__{key}");
        settings.retain(|(other, _)| *other != name);
        if !value.is_empty() {
            settings.push((name, (*value).to_owned()));
        }
    }
    settings
}

/// Returns the line that a failed start ends with.
async fn refused(settings: &OwnedSettings) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let opened = Service::open(configuration(folder.path(), &borrowed(settings))).await;
    let line = opened.err().expect("a refusal").to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
    for secret in ["hunter2", "tenantry-secret", "Eby8vdM02xNOcq", "sig="] {
        assert!(!line.contains(secret), "{line}");
    }
    line
}

#[track_caller]
fn expect(line: &str, parts: &[&str]) {
    for part in parts {
        assert!(line.contains(part), "no {part:?} in {line}");
    }
}

#[tokio::test]
async fn s3_misconfigurations_are_reported() {
    let minio = Minio::shared().await;
    let settings = || minio.settings("STORAGE", &minio.fresh());
    let line = refused(&with(settings(), &[("CREATE", "false")])).await;
    expect(&line, &["storage default (s3)", "does not exist", "create"]);
    expect(&line, &["NoSuchBucket"]);
    let wrong = with(settings(), &[("SECRET_ACCESS_KEY", "hunter2hunter2")]);
    expect(&refused(&wrong).await, &["credentials", "check keys"]);
    let wrong = with(settings(), &[("ACCESS_KEY_ID", "nobody")]);
    expect(
        &refused(&wrong).await,
        &["credentials", "InvalidAccessKeyId"],
    );
    let wrong = with(settings(), &[("REGION", "eu-west-1")]);
    expect(&refused(&wrong).await, &["region"]);
    let tls = minio.endpoint().replace("http://", "https://");
    let wrong = with(settings(), &[("ENDPOINT", &tls)]);
    expect(
        &refused(&wrong).await,
        &["does not speak TLS", "allow_http"],
    );
    let wrong = with(settings(), &[("CA_FILE", "/nowhere.pem")]);
    expect(&refused(&wrong).await, &["/nowhere.pem"]);
}

#[tokio::test]
async fn minio_below_the_path_of_a_proxy_is_reported() {
    let minio = Minio::shared().await;
    let mut proxy = PathProxy::bind("/minio").await;
    proxy.serve(minio.endpoint());
    let settings = minio.settings("STORAGE", &minio.fresh());
    let settings = with(settings, &[("ENDPOINT", proxy.url())]);
    let line = refused(&settings).await;
    let expected = [
        "storage default (s3)",
        "a proxy removes the path",
        "host name",
    ];
    expect(&line, &expected);
}

#[tokio::test]
async fn development_storage_of_azure_is_the_emulator() {
    let azurite = Azurite::shared().await;
    if azurite.named("AccountName") != "devstoreaccount1" {
        // The service of this run is another one.
        return;
    }
    let host = azurite
        .named("BlobEndpoint")
        .replace("/devstoreaccount1", "");
    let text = format!("UseDevelopmentStorage=true;DevelopmentStorageProxyUri={host}");
    let settings = azurite.settings("STORAGE", &azurite.fresh());
    let settings = with(settings, &[("CONNECTION_STRING", &text)]);
    let service = TestService::embedded(&borrowed(&settings)).await;
    let alice = service.company("acme").await;
    let file = alice.upload_ready("a.txt", "text/plain", "one").await;
    assert_eq!(file["status"], "ready");
}

#[tokio::test]
async fn s3_certificates_are_verified() {
    let (minio, certificate) = Minio::with_tls().await;
    let bucket = minio.fresh();
    let settings = minio.settings("STORAGE", &bucket);
    let line = refused(&settings).await;
    expect(&line, &["unknown authority", "ca_file"]);
    let plain = minio.endpoint().replace("https://", "http://");
    let wrong = with(settings.clone(), &[("ENDPOINT", &plain)]);
    expect(&refused(&wrong).await, &["expects TLS", "https://"]);

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, "no certificate").expect("written");
    let file = file.to_str().expect("a path");
    let settings = with(settings, &[("CA_FILE", file)]);
    expect(&refused(&settings).await, &["ca_file", "no certificate"]);
    std::fs::write(file, certificate).expect("written");
    let service = TestService::embedded(&borrowed(&settings)).await;
    let alice = service.company("acme").await;
    alice.upload_ready("a.txt", "text/plain", "one").await;
}

#[tokio::test]
async fn azure_misconfigurations_are_reported() {
    let azurite = Azurite::shared().await;
    let settings = || azurite.settings("STORAGE", &azurite.fresh());
    let line = refused(&with(settings(), &[("CREATE", "false")])).await;
    expect(
        &line,
        &["storage default (azure)", "does not exist", "create"],
    );
    let (account, endpoint) = (azurite.named("AccountName"), azurite.named("BlobEndpoint"));
    let keyed = |key: &str| {
        let changes = [
            ("CONNECTION_STRING", ""),
            ("ACCOUNT", &account),
            ("ENDPOINT", &endpoint),
            ("ALLOW_HTTP", "true"),
            ("ACCESS_KEY", key),
        ];
        with(settings(), &changes)
    };
    expect(&refused(&keyed("aHVudGVyMg==")).await, &["credentials"]);
    expect(&refused(&keyed("hunter2!")).await, &["base64"]);
    let nothing = with(settings(), &[("CONNECTION_STRING", "hunter2")]);
    expect(
        &refused(&nothing).await,
        &["connection string", "AccountName"],
    );
}

#[tokio::test]
async fn webdav_misconfigurations_are_reported() {
    let (webdav, minio) = (Webdav::shared().await, Minio::shared().await);
    let collection = webdav.fresh();
    let settings = || webdav.settings("STORAGE", &collection);
    let line = refused(&with(settings(), &[("CREATE", "false")])).await;
    expect(
        &line,
        &["storage default (webdav)", "does not exist", "create"],
    );
    let wrong = with(settings(), &[("PASSWORD", "hunter2")]);
    let expected = ["rejected the credentials", "401"];
    expect(&refused(&wrong).await, &expected);
    let wrong = with(settings(), &[("USERNAME", ""), ("PASSWORD", "")]);
    expect(&refused(&wrong).await, &expected);
    let deep = format!("{collection}/deep");
    let wrong = with(settings(), &[("URL", &deep)]);
    expect(&refused(&wrong).await, &["cannot create the collection"]);
    let wrong = with(settings(), &[("URL", minio.endpoint())]);
    expect(&refused(&wrong).await, &["does not speak WebDAV"]);
    let tls = collection.as_str().replace("http://", "https://");
    let wrong = with(settings(), &[("URL", &tls)]);
    expect(
        &refused(&wrong).await,
        &["does not speak TLS", "allow_http"],
    );

    let mut service = TestService::embedded(&borrowed(&settings())).await;
    let alice = service.company("acme").await;
    alice.upload_ready("a.txt", "text/plain", "one").await;
    service.stop().await;
    let empty = webdav.fresh();
    webdav.make(&empty).await;
    let moved = webdav.settings("STORAGE", &empty);
    let opened = Service::open(configuration(service.data(), &borrowed(&moved))).await;
    let line = opened.err().expect("a refusal").to_string();
    expect(
        &line,
        &["storage default (webdav)", "no blobs were ever stored"],
    );
}

#[tokio::test]
async fn webdav_certificates_are_verified() {
    let (webdav, certificate) = Webdav::with_tls().await;
    let settings = webdav.settings("STORAGE", &webdav.fresh());
    expect(&refused(&settings).await, &["unknown authority", "ca_file"]);

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, certificate).expect("written");
    let settings = with(settings, &[("CA_FILE", file.to_str().expect("a path"))]);
    let service = TestService::embedded(&borrowed(&settings)).await;
    let alice = service.company("acme").await;
    alice.upload_ready("a.txt", "text/plain", "one").await;
}

#[tokio::test]
async fn read_only_credentials_of_azure_and_s3_are_reported() {
    let azurite = Azurite::shared().await;
    let container = azurite.fresh();
    let settings = azurite.settings("STORAGE", &container);
    TestService::embedded(&borrowed(&settings))
        .await
        .stop()
        .await;
    let (account, endpoint) = (azurite.named("AccountName"), azurite.named("BlobEndpoint"));
    let signed = |permissions: &str| {
        let changes = [
            ("CONNECTION_STRING", ""),
            ("ACCOUNT", &account),
            ("ENDPOINT", &endpoint),
            ("ALLOW_HTTP", "true"),
            ("SAS", &azurite.signature(permissions)),
        ];
        with(settings.clone(), &changes)
    };
    expect(
        &refused(&signed("rl")).await,
        &["lack permission", "allow them to"],
    );
    TestService::embedded(&borrowed(&signed("rwdlc")))
        .await
        .stop()
        .await;

    let minio = Minio::shared().await;
    let bucket = minio.fresh();
    let settings = minio.settings("STORAGE", &bucket);
    TestService::embedded(&borrowed(&settings))
        .await
        .stop()
        .await;
    let read = ["s3:GetObject", "s3:ListBucket"];
    let temporary = [
        settings.clone(),
        minio.temporary_credentials(&bucket, &read).await,
    ]
    .concat();
    let line = refused(&temporary).await;
    expect(
        &line,
        &["storage default (s3)", "cannot write", "lack permission"],
    );
    expect(&line, &["allow them to", "AccessDenied"]);
    let rest = ["s3:PutObject", "s3:DeleteObject"];
    let temporary = minio
        .temporary_credentials(&bucket, &[&read[..], &rest].concat())
        .await;
    let temporary = [settings.clone(), temporary].concat();
    TestService::embedded(&borrowed(&temporary))
        .await
        .stop()
        .await;
    // A temporary key is invalid without its session token.
    let half = with(temporary, &[("SESSION_TOKEN", "")]);
    expect(&refused(&half).await, &["credentials", "check keys"]);
}

#[tokio::test]
async fn unavailable_storage_is_reported() {
    let minio = Minio::shared().await;
    let proxy = FaultProxy::to(minio.address()).await;
    let endpoint = format!("http://{}", proxy.address());
    let changes = [("ENDPOINT", &*endpoint), ("CONNECT_WAIT_SECONDS", "0")];
    let settings = with(minio.settings("STORAGE", &minio.fresh()), &changes);
    for (fault, expected) in [(Fault::Down, "cannot be reached"), (Fault::Hang, "in time")] {
        proxy.set(fault);
        let line = timeout(Duration::from_secs(5), refused(&settings)).await;
        let line = line.expect("a prompt refusal");
        expect(&line, &["storage default (s3)", expected]);
    }
}

#[tokio::test]
async fn the_start_waits_for_storage() {
    let minio = Minio::shared().await;
    let proxy = FaultProxy::to(minio.address()).await;
    proxy.set(Fault::CutAfter(0));
    let endpoint = format!("http://{}", proxy.address());
    let settings = minio.settings("STORAGE", &minio.fresh());
    let settings = with(settings, &[("ENDPOINT", &*endpoint)]);
    let settings = borrowed(&settings);
    let (service, ()) = tokio::join!(TestService::embedded(&settings), async {
        proxy.tried().await;
        proxy.set(Fault::None);
    });
    let alice = service.company("acme").await;
    alice.upload_ready("a.txt", "text/plain", "one").await;
}

#[tokio::test]
async fn another_bucket_under_the_same_name_is_rejected() {
    let minio = Minio::shared().await;
    let (first, second) = (minio.fresh(), minio.fresh());
    let settings = minio.settings("STORAGE", &first);
    let mut service = TestService::embedded(&borrowed(&settings)).await;
    let alice = service.company("acme").await;
    alice.upload_ready("a.txt", "text/plain", "one").await;
    service.stop().await;

    let moved = minio.settings("STORAGE", &second);
    let opened = Service::open(configuration(service.data(), &borrowed(&moved))).await;
    let line = opened.err().expect("a refusal").to_string();
    expect(&line, &["storage default (s3)", "does not exist"]);
    // Also if the bucket exists.
    let other = minio.settings("STORAGES__OTHER", &second);
    TestService::embedded(&borrowed(&other)).await.stop().await;
    let behind = minio.client(&second);
    behind.delete(&Path::from("tenantry")).await.expect("gone");
    let opened = Service::open(configuration(service.data(), &borrowed(&moved))).await;
    let line = opened.err().expect("a refusal").to_string();
    expect(
        &line,
        &["storage default (s3)", "no blobs were ever stored"],
    );
    // The original bucket still works.
    service.restart(&borrowed(&settings)).await;
    assert_eq!(
        alice.at(service.base()).usage().await["storage_used_bytes"],
        MIN_CHARGE_BYTES
    );
}
