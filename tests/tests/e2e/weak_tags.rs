//! Entity tags that a compressing proxy has weakened, in the `If-Match` of every
//! operation that takes it.

use tenantry_tests::harness::{Operation, TestService};

use crate::cases::{Resources, served_operations, valid_call};

fn takes_if_match(operation: &Operation) -> bool {
    let mut parameters = operation.parameters.iter();
    parameters.any(|it| it.place == "header" && it.name.eq_ignore_ascii_case("if-match"))
}

#[tokio::test]
async fn changes_accept_weakened_tags_and_downloads_do_not() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let operations = served_operations(&alice).await;
    let (mut changes, mut downloads) = (0, 0);
    for operation in operations.iter().filter(|it| takes_if_match(it)) {
        let own = Resources::create(&service, &alice, &operation.id).await;
        let read = |it: &&Operation| it.method == "GET" && it.path == operation.path;
        let read = operations.iter().find(read);
        let mut read = valid_call(read.expect("a way to read the tag"), &own);
        let mut call = valid_call(operation, &own);
        if operation.parameters.iter().any(|it| it.name == "path") {
            // The content to replace.
            read.set("query", "path", &own.path);
            call.set("query", "path", &own.path);
        }
        let tag = alice.send(read.request(&alice)).await.expect(200);
        let tag = tag.header("etag").expect("a tag").to_owned();
        assert!(tag.starts_with('"'), "{tag}");

        let send = async |tags: &str| {
            let call = call.with("header", "If-Match", tags);
            alice.send(call.request(&alice)).await
        };
        let stale = if tag.starts_with("\"r") {
            "W/\"r999\"".to_owned()
        } else {
            format!("W/\"{}\"", "0".repeat(64))
        };
        send(&stale).await.expect(412);
        let weak = send(&format!("{stale}, W/{tag}")).await;
        if matches!(operation.method.as_str(), "GET" | "HEAD") {
            weak.expect(412);
            send(&tag).await.expect(200);
            downloads += 1;
        } else {
            let status = weak.status.as_u16();
            assert!((200..300).contains(&status), "{}: {status}", operation.id);
            changes += 1;
        }
    }
    assert!(changes > 0 && downloads > 0, "{changes}, {downloads}");
}
