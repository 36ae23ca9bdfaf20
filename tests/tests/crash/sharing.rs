//! Two processes on one data folder.

use futures_util::future::join_all;
use tenantry_tests::harness::{Actor, Answer, Content, Settings};

use crate::{
    data_folder::DataFolder,
    ledger::{Crowded, Known},
    program::{expect_clean, serve},
};

const SETTINGS: Settings<'static> = &[];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_a_folder_without_harm() {
    let data = DataFolder::new();
    let first = serve(data.path(), SETTINGS).await;
    let second = serve(data.path(), SETTINGS).await;
    let alice = Actor::register(first.base(), "acme").await;
    let same_alice = alice.at(second.base());

    let writes = (0..60).map(|number| {
        let actor = if number % 2 == 0 { &alice } else { &same_alice };
        async move {
            let content = Content::new(number, 50_000);
            let own = format!("own-{number}.bin");
            (
                content,
                put(actor, &own, content).await,
                put(actor, Crowded::PATH, content).await,
            )
        }
    });
    let mut crowded = Crowded::default();
    let mut acknowledged = Vec::new();
    for (number, (content, own, shared)) in join_all(writes).await.into_iter().enumerate() {
        if let Some(id) = accepted(&own) {
            acknowledged.push(Known {
                id: Some(id),
                versions: vec![content],
                ..Known::new(format!("own-{number}.bin"))
            });
        }
        if accepted(&shared).is_some() {
            let number = shared.json()["version"].as_u64().expect("a number");
            crowded.versions.push((number, content));
        }
    }
    assert!(!acknowledged.is_empty() && !crowded.versions.is_empty());
    for reader in [&alice, &same_alice] {
        for file in &acknowledged {
            reader.processed(file.id.as_deref().expect("an id")).await;
            file.verify(reader).await;
        }
    }
    expect_clean(data.path(), SETTINGS);
    first.kill();
    crowded.verify(&same_alice).await;
    second.kill();
    expect_clean(data.path(), SETTINGS);
}

/// The id of what was stored; otherwise it was refused as what may be tried
/// again, and not as a fault.
#[track_caller]
fn accepted(answer: &Answer) -> Option<String> {
    match answer.status.as_u16() {
        200 | 201 => Some(answer.text("file_id")),
        409 | 503 => None,
        _ => panic!("{answer:?}"),
    }
}

async fn put(actor: &Actor, path: &str, content: Content) -> Answer {
    let request = actor.put_content(path, content.size());
    actor.send(request.body(content.bytes())).await
}
