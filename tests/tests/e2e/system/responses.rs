//! Properties of the responses of all operations, and of the log of those that fail.

use futures_util::TryStreamExt;
use tenantry_tests::harness::{PASSWORD, TestService};

use crate::cases::{Resources, served_operations, valid_call};
use crate::thread_log::Log;

/// Parts of stored values that no client needs.
const STORED: &[&str] = &["$argon2", "password_hash", PASSWORD];

#[tokio::test]
async fn responses_state_their_type_and_contain_no_stored_secret() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let mut findings = Vec::new();
    let mut bodies = 0;
    for operation in served_operations(&alice).await {
        // New resources, since the previous call may have deleted them.
        let own = Resources::create(&service, &alice, &format!("{}.pdf", operation.id)).await;
        let mut caller = alice.clone();
        caller.sign_in().await;
        let call = valid_call(&operation, &own);
        for actor in [&caller, &caller.with_token(None)] {
            let response = actor.send(call.request(actor)).await;
            if response.body.is_empty() {
                continue;
            }
            bodies += 1;
            let media_type = response.header("content-type").unwrap_or_default();
            let is_text = media_type.starts_with("text/") || media_type.contains("xml");
            if media_type.is_empty() || (is_text && !media_type.contains("charset=")) {
                findings.push(format!("{}: {media_type:?}", response.request));
            }
            let text = String::from_utf8_lossy(&response.body);
            for secret in STORED.iter().filter(|secret| text.contains(**secret)) {
                findings.push(format!("{}: {secret}", response.request));
            }
        }
    }
    assert!(findings.is_empty(), "{findings:#?}");
    assert!(bodies > 30, "only {bodies} responses have a body");
}

#[tokio::test]
async fn unexpected_errors_are_logged_but_not_shown() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
    // The runtime of the test runs on this thread alone.
    let _guard = tracing::subscriber::set_default(subscriber);
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let file = alice.upload_ready("a.txt", "text/plain", "lost").await;
    let mut lost = Vec::new();
    for (_, blobs) in service.services().blobs.iter() {
        let entries: Vec<_> = blobs.list().try_collect().await.expect("a list");
        for entry in entries {
            blobs.delete(entry.key).await.expect("deleted");
            lost.push(entry.key.to_string());
        }
    }
    assert_eq!(lost.len(), 1);

    let id = file["id"].as_str().expect("an id");
    let failed = alice.download(id).await.expect_problem(500, "internal");
    let request_id = failed.text("request_id");
    assert!(!failed.json().to_string().contains(&lost[0]));

    let text = log.text();
    let logged = text.lines().find(|line| line.contains("request failed"));
    let logged = logged.expect("the error is logged");
    assert!(
        logged.contains("ERROR") && logged.contains(&request_id),
        "{logged}"
    );
}
