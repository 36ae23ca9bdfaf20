//! The contents of the stores of a service, read without its API.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use tenantry_application::ports::{BlobKey, BlobStore, PortErrorKind};
use tenantry_domain::{
    blob::{Blob, Content},
    tenant::{ActiveTenant, TenantStatus},
};

use super::{
    Actor, TestService,
    rows::{
        reader::{Rows, bare},
        tampering::Tampering,
    },
};

impl TestService {
    /// Returns every row of every table as a line of text, except rows that name
    /// one of `without`.
    pub async fn rows(&self, without: &[&Actor]) -> BTreeSet<String> {
        let ids = without
            .iter()
            .flat_map(|actor| [&actor.user_id, &actor.tenant_id]);
        let marks: Vec<String> = ids.map(|id| bare(id)).collect();
        let mut rows = self.database().all().await;
        rows.retain(|line| {
            let line = bare(line);
            !marks.iter().any(|mark| line.contains(mark))
        });
        rows
    }

    /// Returns the job ids of a company, oldest first.
    pub async fn jobs_of(&self, company: &Actor) -> Vec<String> {
        let mut ids = self.database().jobs_of(&company.tenant_id).await;
        ids.sort();
        ids
    }

    /// Returns the stored bytes of a company by key; empty for an object without
    /// a record.
    pub async fn stored(&self, company: &Actor) -> BTreeMap<String, Vec<u8>> {
        let services = self.services();
        let id = company.tenant_id.parse().expect("an id");
        let active = ActiveTenant::of(id, TenantStatus::Active).expect("the witness");
        let records = services.store.open(active).await.expect("its store");
        let mut found = BTreeMap::new();
        for (_, blobs) in services.blobs.iter() {
            let entries: Vec<_> = blobs.list().try_collect().await.expect("a list");
            for entry in entries.iter().filter(|entry| entry.key.tenant_id == id) {
                let record = records.blobs().lookup(entry.key.blob_id).await;
                let record = record.expect("read");
                let mut bytes = Vec::new();
                if let Some(content) = record.as_ref().and_then(Blob::content) {
                    let whole = 0..content.size_bytes;
                    let read = match blobs.read(entry.key, content, whole).await {
                        // Swept after it was listed.
                        Err(error) if error.kind == PortErrorKind::NotFound => continue,
                        read => read.expect("read"),
                    };
                    match read.try_collect().await {
                        Ok(whole) => bytes = whole,
                        Err(_) if is_swept(blobs.as_ref(), entry.key, content).await => continue,
                        Err(error) => panic!("{error}"),
                    }
                }
                found.insert(entry.key.to_string(), bytes.concat());
            }
        }
        found
    }

    /// Replaces the stored key of an e-mail address, as an earlier program wrote it.
    pub async fn replace_email_key(&self, key: &str, by: &str) {
        self.database().replace_email_key(key, by).await;
    }

    /// Changes audit rows past the service.
    pub async fn tamper(&self, change: &Tampering) {
        self.database().tamper(change).await;
    }

    fn database(&self) -> Box<dyn Rows> {
        let open = self.place().providers.database.rows;
        let url = self.place().find("TENANTRY_DATABASE__URL");
        open.expect("a database")(url.unwrap_or_default(), self.data())
    }
}

/// Returns whether content was swept while it was read.
async fn is_swept(blobs: &dyn BlobStore, key: BlobKey, content: &Content) -> bool {
    let read = blobs.read(key, content, 0..content.size_bytes).await;
    matches!(read, Err(error) if error.kind == PortErrorKind::NotFound)
}
