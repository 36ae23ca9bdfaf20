//! Two processes on one data folder.

use futures_util::future::join_all;
use tenantry_tests::harness::{Actor, ApiResponse, Content, Settings};

use crate::{
    data_folder::DataFolder,
    ledger::{KnownFile, SharedPath},
    program::{expect_clean, serve},
};

const SETTINGS: Settings<'static> = &[];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_can_share_a_folder() {
    let data = DataFolder::new();
    let first = serve(data.path(), SETTINGS).await;
    let second = serve(data.path(), SETTINGS).await;
    let alice = Actor::register(first.base(), "acme").await;
    let alice_on_second = alice.at(second.base());

    let writes = (0..60).map(|number| {
        let actor = if number % 2 == 0 {
            &alice
        } else {
            &alice_on_second
        };
        async move {
            let content = Content::new(number, 50_000);
            let own = format!("own-{number}.bin");
            (
                content,
                put(actor, &own, content).await,
                put(actor, SharedPath::PATH, content).await,
            )
        }
    });
    let mut shared = SharedPath::default();
    let mut acknowledged = Vec::new();
    for (number, (content, own, common)) in join_all(writes).await.into_iter().enumerate() {
        if let Some(id) = accepted(&own) {
            acknowledged.push(KnownFile {
                id: Some(id),
                versions: vec![content],
                ..KnownFile::new(format!("own-{number}.bin"))
            });
        }
        if accepted(&common).is_some() {
            let number = common.json()["version"].as_u64().expect("a number");
            shared.versions.push((number, content));
        }
    }
    assert!(!acknowledged.is_empty() && !shared.versions.is_empty());
    for reader in [&alice, &alice_on_second] {
        for file in &acknowledged {
            reader.processed(file.id.as_deref().expect("an id")).await;
            file.verify(reader).await;
        }
    }
    expect_clean(data.path(), SETTINGS);
    first.kill();
    shared.verify(&alice_on_second).await;
    second.kill();
    expect_clean(data.path(), SETTINGS);
}

/// Returns the id of an accepted upload. Other uploads must be rejected with a
/// status that permits a retry.
#[track_caller]
fn accepted(response: &ApiResponse) -> Option<String> {
    match response.status.as_u16() {
        200 | 201 => Some(response.text("file_id")),
        409 | 503 => None,
        _ => panic!("{response:?}"),
    }
}

async fn put(actor: &Actor, path: &str, content: Content) -> ApiResponse {
    let request = actor.put_content(path, content.size());
    actor.send(request.body(content.bytes())).await
}
