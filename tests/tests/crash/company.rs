//! A company whose clients write until the service is killed.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, future::join_all, stream};
use reqwest::Body;
use tenantry_domain::quota::charge;
use tenantry_tests::harness::{Actor, Dice, ServiceProcess, until};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    ledger::{KnownFile, SharedPath, files, versions},
    writer::Writer,
};

/// The number of concurrent clients.
const WRITERS: u64 = 8;
/// The upload that never finishes.
const ENDLESS: &str = "endless.bin";
const PIECE: usize = 64 * 1024;
const PIECES: usize = 1000;

/// A company and the acknowledgements its clients received.
pub(crate) struct Company {
    owner: Actor,
    files: Vec<KnownFile>,
    shared: SharedPath,
}

impl Company {
    /// Uploads and deletes files with several clients, and kills the process
    /// while they do.
    pub(crate) async fn write_until_killed(
        owner: Actor,
        process: ServiceProcess,
        round: u64,
    ) -> Self {
        let mut dice = Dice::new(round);
        let mut writers = JoinSet::new();
        for number in 0..WRITERS {
            let writer = Writer::new(&owner, round * WRITERS + number);
            writers.spawn(writer.write_until_disconnected());
        }
        let endless = tokio::spawn(upload_without_end(owner.clone()));
        sleep(Duration::from_millis(500 + dice.below(1500))).await;
        // Otherwise the sweep would have nothing to do.
        until("an upload is open", async || {
            (owner.usage().await["open_uploads"] != 0).then_some(())
        })
        .await;
        process.kill();

        endless.await.expect("the client's task");
        let (mut files, mut shared) = (Vec::new(), SharedPath::default());
        for writer in writers.join_all().await {
            files.extend(writer.files);
            shared.merge(&writer.shared);
        }
        Self {
            owner,
            files,
            shared,
        }
    }

    /// Returns the number of acknowledged uploads.
    pub(crate) fn acknowledged(&self) -> usize {
        let own: usize = self.files.iter().map(|file| file.versions.len()).sum();
        own + self.shared.versions.len()
    }

    /// Waits until the service has ended the uploads that the kill interrupted.
    pub(crate) async fn expect_ended(&self, process: &ServiceProcess) {
        let owner = self.owner.at(process.base());
        until("every upload has ended", async || {
            (owner.usage().await["open_uploads"] == 0).then_some(())
        })
        .await;
    }

    /// Signs the owner in on a process that has started since.
    pub(crate) async fn sign_in(&mut self, process: &ServiceProcess) {
        self.owner = self.owner.at(process.base());
        self.owner.sign_in().await;
    }

    /// Asserts that every acknowledged change is stored and exactly counted.
    pub(crate) async fn verify(&self, process: &ServiceProcess) {
        let owner = self.owner.at(process.base());
        expect_processed(&owner).await;
        join_all(self.files.iter().map(|file| file.verify(&owner))).await;
        self.shared.verify(&owner).await;
        self.expect_exact_usage(&owner).await;
    }

    /// Asserts that every file was uploaded by a client and that every byte is
    /// counted.
    async fn expect_exact_usage(&self, owner: &Actor) {
        let mut used = 0;
        for file in files(owner).await {
            let path = file["path"].as_str().expect("a path");
            let is_known = path == SharedPath::PATH || self.files.iter().any(|f| f.path == path);
            assert!(is_known, "not uploaded by a client: {file}");
            let versions = versions(owner, file["id"].as_str().expect("an id")).await;
            let sizes = versions.iter().map(|version| &version["size_bytes"]);
            used += sizes
                .map(|size| charge(size.as_u64().expect("a size")))
                .sum::<u64>();
        }
        let usage = owner.usage().await;
        assert_eq!(usage["storage_used_bytes"], used, "{usage}");
        assert_eq!(usage["storage_reserved_bytes"], 0, "{usage}");
    }
}

/// Uploads until the connection breaks, to be in progress at the kill.
async fn upload_without_end(owner: Actor) {
    let pieces = stream::unfold((), |()| async {
        sleep(Duration::from_millis(2)).await;
        Some((Ok::<_, Infallible>(Bytes::from(vec![0; PIECE])), ()))
    });
    let body = Body::wrap_stream(pieces.take(PIECES));
    let request = owner
        .put_content(ENDLESS, (PIECE * PIECES) as u64)
        .body(body);
    let outcome = owner.try_send(request).await;
    assert!(outcome.is_err(), "the upload finished: {outcome:?}");
}

/// Waits until no version is pending.
async fn expect_processed(owner: &Actor) {
    until("every version is processed", async || {
        for file in files(owner).await {
            let versions = versions(owner, file["id"].as_str().expect("an id")).await;
            if versions
                .iter()
                .any(|version| version["status"] == "pending")
            {
                return None;
            }
        }
        Some(())
    })
    .await;
}
