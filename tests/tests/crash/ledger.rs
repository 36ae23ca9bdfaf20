//! The acknowledgements that clients received, compared with the stored files.

use serde_json::Value;
use tenantry_tests::harness::{Actor, Content};

/// A file, as its only writer knows it.
#[derive(Debug, Clone)]
pub(crate) struct KnownFile {
    /// The path.
    pub(crate) path: String,
    /// The id, after the first acknowledgement.
    pub(crate) id: Option<String>,
    /// The acknowledged versions, in order.
    pub(crate) versions: Vec<Content>,
    /// Whether its deletion was acknowledged.
    pub(crate) is_deleted: bool,
    /// The last request, if it got no response.
    pub(crate) unacknowledged: Option<Unacknowledged>,
}

/// A request without a response: it may have taken effect or not.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unacknowledged {
    /// An upload of a version.
    Upload(Content),
    /// A deletion of the file.
    Delete,
}

impl KnownFile {
    /// Creates the record of a path without a file.
    pub(crate) fn new(path: String) -> Self {
        Self {
            path,
            id: None,
            versions: Vec::new(),
            is_deleted: false,
            unacknowledged: None,
        }
    }

    /// Asserts that every acknowledged version is stored, and nothing that was
    /// never uploaded.
    pub(crate) async fn verify(&self, owner: &Actor) {
        let Some(id) = self.find(owner).await else {
            let may_be_gone = self.versions.is_empty()
                || matches!(self.unacknowledged, Some(Unacknowledged::Delete));
            assert!(self.is_deleted || may_be_gone, "lost: {self:?}");
            return;
        };
        assert!(!self.is_deleted, "not deleted: {self:?}");
        let mut expected = self.versions.clone();
        let versions = versions(owner, &id).await;
        if let Some(Unacknowledged::Upload(content)) = self.unacknowledged
            && versions.len() > expected.len()
        {
            expected.push(content);
        }
        assert_eq!(versions.len(), expected.len(), "{self:?}: {versions:?}");
        for (version, content) in versions.iter().zip(expected) {
            expect_content(owner, &id, version, content).await;
        }
    }

    async fn find(&self, owner: &Actor) -> Option<String> {
        if let Some(id) = &self.id {
            let response = owner.get(&format!("/api/v1/files/{id}")).await;
            return (response.status != 404).then(|| response.expect(200).text("id"));
        }
        let found = owner
            .get(&format!("/api/v1/files?path={}", self.path))
            .await;
        let found = found.expect(200).json();
        found["items"][0]["id"].as_str().map(str::to_owned)
    }
}

/// A path that all clients upload to concurrently.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedPath {
    /// The acknowledged versions with their numbers.
    pub(crate) versions: Vec<(u64, Content)>,
    /// The versions without a response.
    pub(crate) unacknowledged: Vec<Content>,
}

impl SharedPath {
    /// The path.
    pub(crate) const PATH: &str = "shared.bin";

    /// Adds the versions of another client.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.versions.extend(&other.versions);
        self.unacknowledged.extend(&other.unacknowledged);
    }

    /// Asserts that every version is the acknowledged one of its number or an
    /// unacknowledged one.
    pub(crate) async fn verify(&self, owner: &Actor) {
        let found = owner
            .get(&format!("/api/v1/files?path={}", Self::PATH))
            .await;
        let found = found.expect(200).json();
        let Some(id) = found["items"][0]["id"].as_str() else {
            assert!(self.versions.is_empty(), "lost: {self:?}");
            return;
        };
        let versions = versions(owner, id).await;
        for (number, _) in &self.versions {
            assert!(
                versions.iter().any(|v| v["version"] == *number),
                "lost: {number}"
            );
        }
        for version in &versions {
            let acknowledged = self.versions.iter().find(|(n, _)| version["version"] == *n);
            let content = match acknowledged {
                Some((_, content)) => Some(content),
                None => self
                    .unacknowledged
                    .iter()
                    .find(|c| version["digest"] == c.digest()),
            };
            let content = *content.expect("an uploaded version");
            expect_content(owner, id, version, content).await;
        }
    }
}

async fn expect_content(owner: &Actor, id: &str, version: &Value, content: Content) {
    assert_eq!(version["status"], "ready", "{version}");
    assert_eq!(version["size_bytes"], content.size(), "{version}");
    assert_eq!(version["digest"], content.digest(), "{version}");
    let number = &version["version"];
    let path = format!("/api/v1/files/{id}/content?version={number}");
    let download = owner.get(&path).await.expect(200);
    assert!(download.body == content.bytes(), "{path} has other bytes");
}

/// Returns the versions of a file, oldest first.
pub(crate) async fn versions(owner: &Actor, id: &str) -> Vec<Value> {
    let mut versions = pages(owner, &format!("/api/v1/files/{id}/versions?limit=100")).await;
    versions.reverse();
    versions
}

/// Returns the files of the company's space.
pub(crate) async fn files(owner: &Actor) -> Vec<Value> {
    pages(owner, "/api/v1/files?limit=100").await
}

async fn pages(owner: &Actor, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = owner
            .get(&format!("{path}{cursor}"))
            .await
            .expect(200)
            .json();
        items.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}
