//! What a client was told about its files, held against what is there.

use serde_json::Value;
use tenantry_tests::harness::{Actor, Content};

/// One file, as its only writer knows it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// Where it is.
    pub(crate) path: String,
    /// Its id, once an answer has told it.
    pub(crate) id: Option<String>,
    /// The versions that were acknowledged, in their order.
    pub(crate) versions: Vec<Content>,
    /// Whether its deletion was acknowledged.
    pub(crate) is_deleted: bool,
    /// What was asked for and never answered.
    pub(crate) doubt: Option<Doubt>,
}

/// A request without an answer: it may have been done or not.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Doubt {
    /// A version more.
    Upload(Content),
    /// The end of the file.
    Delete,
}

impl Known {
    /// A path that nothing has been stored at.
    pub(crate) fn new(path: String) -> Self {
        Self {
            path,
            id: None,
            versions: Vec::new(),
            is_deleted: false,
            doubt: None,
        }
    }

    /// Finds everything that was acknowledged, byte for byte, and nothing that
    /// was never asked for.
    pub(crate) async fn verify(&self, owner: &Actor) {
        let Some(id) = self.find(owner).await else {
            let may_be_gone = self.versions.is_empty() || matches!(self.doubt, Some(Doubt::Delete));
            assert!(self.is_deleted || may_be_gone, "lost: {self:?}");
            return;
        };
        assert!(!self.is_deleted, "deleted and still there: {self:?}");
        let mut expected = self.versions.clone();
        let versions = versions(owner, &id).await;
        if let Some(Doubt::Upload(content)) = self.doubt
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
            let answer = owner.get(&format!("/api/v1/files/{id}")).await;
            return (answer.status != 404).then(|| answer.expect(200).text("id"));
        }
        let found = owner
            .get(&format!("/api/v1/files?path={}", self.path))
            .await;
        let found = found.expect(200).json();
        found["items"][0]["id"].as_str().map(str::to_owned)
    }
}

/// A path that many write versions to at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Crowded {
    /// Acknowledged versions and their numbers.
    pub(crate) versions: Vec<(u64, Content)>,
    /// Versions without an answer.
    pub(crate) doubts: Vec<Content>,
}

impl Crowded {
    /// Where all write.
    pub(crate) const PATH: &str = "crowded.bin";

    /// Takes over what another writer knows of it.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.versions.extend(&other.versions);
        self.doubts.extend(&other.doubts);
    }

    /// Every version is the acknowledged one of its number or one in doubt.
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
            let told = self.versions.iter().find(|(n, _)| version["version"] == *n);
            let content = match told {
                Some((_, content)) => Some(content),
                None => self.doubts.iter().find(|c| version["digest"] == c.digest()),
            };
            let content = *content.expect("a version that somebody asked for");
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

/// All versions of a file, the first one first.
pub(crate) async fn versions(owner: &Actor, id: &str) -> Vec<Value> {
    let mut versions = pages(owner, &format!("/api/v1/files/{id}/versions?limit=100")).await;
    versions.reverse();
    versions
}

/// All files of the company's space.
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
