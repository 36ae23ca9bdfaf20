//! The service on each provider with a server, next to the embedded ones.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use redis::cmd;
use reqwest::Method;
use tenantry_domain::quota::MIN_CHARGE_BYTES;
use tenantry_tests::{
    harness::{
        Content, Form, Provider, Providers, Section, TestService, borrowed,
        providers::provider_named, record_text,
    },
    services::{Redis, cleanup::CLEANUP},
};

/// Records the versions for the table of providers.
#[tokio::test]
async fn the_versions_of_this_run_are_recorded() {
    let providers = Providers::of_this_run().each();
    for provider in providers.into_iter().filter(|it| it.server.is_some()) {
        let version = provider.server().await.version().await;
        let name = format!("version.{}.{}", provider.section.name(), provider.kind);
        record_text(env!("CARGO_TARGET_TMPDIR"), &name, &version);
    }
}

macro_rules! tests {
    ($($name:ident)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                serves(provider_named(stringify!($name))).await;
            }
        )*
    };
}
tenantry_tests::each_server!(tests);

/// Serves on a namespace of a server, which can be removed afterwards.
async fn serves(provider: &'static Provider) {
    let namespace = provider.namespace_under_load().await;
    let settings = namespace.variables(&provider.section.name().to_uppercase());
    let settings = borrowed(&settings);
    let mut service = TestService::embedded(&settings).await;
    match provider.section {
        Section::Database | Section::Cache => files_and_metadata(&mut service, &settings).await,
        Section::Storage => files_in_parts(&mut service, &settings).await,
    }
    let embedded = match provider.section {
        Section::Database => Some("tenantry.db"),
        Section::Storage => Some("blobs"),
        Section::Cache => None,
    };
    let is_used = embedded.is_some_and(|name| service.data().join(name).exists());
    assert!(!is_used, "the embedded provider is used");
    service.stop().await;

    let server = provider.server().await;
    assert!(server.remove(&namespace.name).await, "no such namespace");
    assert!(!server.remove(&namespace.name).await, "still there");
}

#[tokio::test]
async fn the_cleanup_process_removes_redis_namespaces() {
    let redis = Redis::shared().await;
    let (removed, kept) = (redis.fresh(), redis.fresh());
    let key = |namespace: &str| format!("{namespace}:key");
    for place in [&removed, &kept] {
        let set = cmd("SET").arg(key(&place.namespace)).arg("value").clone();
        redis.run(&set).await;
    }
    let variable = "TENANTRY_TEST_REDIS_URL";
    let mut cleanup = Command::new(env!("CARGO_BIN_EXE_providers"))
        .arg(CLEANUP)
        .env(variable, &removed.url)
        .stdin(Stdio::piped())
        .spawn()
        .expect("start the process");
    let mut stdin = cleanup.stdin.take().expect("its standard input");
    writeln!(stdin, "{variable}\t{}", removed.namespace).expect("write a namespace");
    drop(stdin);
    let status = cleanup.wait().expect("wait for the process");
    assert!(status.success(), "{status}");
    let dump = redis.dump().await;
    assert!(!dump.contains(&key(&removed.namespace)), "{dump}");
    assert!(dump.contains(&key(&kept.namespace)), "{dump}");
}

async fn files_and_metadata(service: &mut TestService, settings: &[(&str, &str)]) {
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;

    let form = Form::new().file("a.txt", "text/plain", "one").end();
    let id = alice.upload_form(form).await.expect(201).text("file_id");
    alice.processed(&id).await;
    let file = alice.upload_ready("a.txt", "text/plain", "two").await;
    assert_eq!(file["content_version"], 2);
    bob.download(&id)
        .await
        .expect_problem(404, "file_not_found");
    let found = alice.get("/api/v1/files?search=A.T").await.expect(200);
    assert_eq!(found.text("items/0/id"), id);
    assert_eq!(
        alice.usage().await["storage_used_bytes"],
        2 * MIN_CHARGE_BYTES
    );
    let ready = alice.get("/health/cache").await.expect(200);
    assert_eq!(ready.text("status"), "healthy");

    service.restart(settings).await;
    let alice = alice.at(service.base());
    assert_eq!(alice.download(&id).await.expect(200).body, "two");
    alice
        .delete(&format!("/api/v1/files/{id}"))
        .await
        .expect(204);
    alice.file(&id).await.expect_problem(404, "file_not_found");
    assert_eq!(alice.usage().await["storage_used_bytes"], 0);
}

async fn files_in_parts(service: &mut TestService, settings: &[(&str, &str)]) {
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    let large = Content::new(7, 20 * 1024 * 1024 + 3);

    let file = alice.upload_ready("a.txt", "text/plain", "one").await;
    let id = file["id"].as_str().expect("an id").to_owned();
    let file = alice
        .upload_ready("large.bin", "application/octet-stream", large.body())
        .await;
    assert_eq!(file["status"], "ready", "{file}");
    let large_id = file["id"].as_str().expect("an id").to_owned();
    assert_eq!(alice.download(&id).await.expect(200).body, "one");
    bob.download(&id)
        .await
        .expect_problem(404, "file_not_found");
    // Across the boundary of two parts.
    let range = alice
        .request(Method::GET, &format!("/api/v1/files/{large_id}/content"))
        .header("Range", "bytes=8388600-8388620");
    let part = alice.send(range).await.expect(206).body;
    let ready = alice.get("/health/storage").await.expect(200);
    assert_eq!(ready.text("status"), "healthy");

    service.restart(settings).await;
    let alice = alice.at(service.base());
    let whole = alice.download(&large_id).await.expect(200).body;
    assert_eq!(whole.slice(8_388_600..8_388_621), part);
    assert_eq!(whole.len() as u64, large.size());
    alice
        .delete(&format!("/api/v1/files/{large_id}"))
        .await
        .expect(204);
    assert_eq!(alice.usage().await["storage_used_bytes"], MIN_CHARGE_BYTES);
}
