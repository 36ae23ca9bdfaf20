//! Consistency checks of rows, content, quota and audit chains.

use std::collections::{BTreeMap, HashSet};

use futures_util::StreamExt;
use tenantry_domain::{
    blob::{BackendName, Blob, BlobState},
    id::{BlobId, TenantId, VersionId},
    tenant::{ActiveTenant, Tenant},
};

use super::findings::{Finding, FsckReport};
use crate::{
    audit,
    error::{Error, Result},
    files::{blob_key, record_damage},
    ports::{AuditLog, BlobKey, CommitError, PortErrorKind, Refusal, TenantStore},
    services::Services,
};

/// The number of rows per read.
const BATCH: u32 = 500;

/// Checks every active tenant and every backend. With `repair`, fixes what can
/// be fixed without losing visible data. Uploads in progress are left alone.
pub async fn fsck(services: &Services, repair: bool) -> Result<FsckReport> {
    let mut check = Check {
        services,
        repair,
        report: FsckReport::default(),
        known: HashSet::new(),
    };
    // List first: content stored by now must have a record later.
    let listed = check.list_bytes().await?;
    let mut after = None;
    loop {
        let tenants = services.store.tenants().list(after, BATCH).await?;
        let Some(last) = tenants.last() else { break };
        after = Some(last.id);
        for tenant in tenants {
            check.tenant(&tenant).await?;
        }
    }
    audit::seal_chain(services, None).await?;
    check.chain(None, services.store.audit()).await?;
    check.unknown_bytes(listed).await?;
    Ok(check.report)
}

/// Returns the bytes reserved by an open upload.
fn reserved_by(blob: &Blob) -> u64 {
    match blob.state {
        BlobState::Open { reserved_bytes, .. } => reserved_bytes,
        _ => 0,
    }
}

/// Returns the differences in used and reserved bytes.
fn drift(recorded: (u64, u64), counted: (u64, u64)) -> (i128, i128) {
    let off = |counted: u64, recorded: u64| i128::from(counted) - i128::from(recorded);
    (off(counted.0, recorded.0), off(counted.1, recorded.1))
}

struct Check<'a> {
    services: &'a Services,
    repair: bool,
    report: FsckReport,
    known: HashSet<BlobKey>,
}

/// The content referenced by the versions of a tenant.
#[derive(Default)]
struct ReferencedContent {
    references: BTreeMap<BlobId, (u32, VersionId)>,
    versions: u64,
    bytes: u64,
}

impl Check<'_> {
    async fn tenant(&mut self, tenant: &Tenant) -> Result<()> {
        let Some(active) = ActiveTenant::of(tenant.id, tenant.status) else {
            return Ok(());
        };
        let store = self.services.store.open(active).await?;
        self.report.tenants += 1;
        let quota = store.quota().current().await?;
        let recorded = (quota.used_bytes, quota.reserved_bytes);
        let mut referenced = self.referenced(store.as_ref()).await?;
        self.report.versions += referenced.versions;
        let reserved = self.blobs(store.as_ref(), &mut referenced).await?;
        for (blob, (_, version)) in std::mem::take(&mut referenced.references) {
            self.missing_content(store.as_ref(), blob, version).await?;
        }
        self.quota(store.as_ref(), recorded, (referenced.bytes, reserved))
            .await?;
        self.version_count(store.as_ref(), quota.versions, referenced.versions)
            .await?;
        audit::seal_chain(self.services, Some(tenant.id)).await?;
        self.chain(Some(tenant.id), store.audit()).await
    }

    /// Reports a version whose blob was not found stored, unless either has
    /// changed meanwhile.
    async fn missing_content(
        &mut self,
        store: &dyn TenantStore,
        blob: BlobId,
        version: VersionId,
    ) -> Result<()> {
        let current = store.versions().lookup(version).await?;
        let stored = store.blobs().lookup(blob).await?;
        if current.is_some_and(|version| version.blob_id == Some(blob))
            && stored.is_none_or(|blob| blob.content().is_none())
        {
            let tenant = store.tenant().id();
            self.report
                .findings
                .push(Finding::VersionWithoutBytes(tenant, version));
        }
        Ok(())
    }

    async fn referenced(&self, store: &dyn TenantStore) -> Result<ReferencedContent> {
        let mut referenced = ReferencedContent::default();
        let mut after = None;
        loop {
            let versions = store.versions().scan(after, BATCH).await?;
            let Some(last) = versions.last() else {
                return Ok(referenced);
            };
            after = Some(last.id);
            for version in versions {
                referenced.versions += 1;
                if let Some(blob) = version.blob_id {
                    referenced
                        .references
                        .entry(blob)
                        .or_insert((0, version.id))
                        .0 += 1;
                    referenced.bytes += version.used_bytes();
                }
            }
        }
    }

    /// Checks every blob, removes stored ones from `referenced`, and returns the
    /// bytes reserved by uploads in progress.
    async fn blobs(
        &mut self,
        store: &dyn TenantStore,
        referenced: &mut ReferencedContent,
    ) -> Result<u64> {
        let (mut after, mut reserved) = (None, 0);
        loop {
            let blobs = store.blobs().scan(after, BATCH).await?;
            let Some(last) = blobs.last() else {
                return Ok(reserved);
            };
            after = Some(last.id);
            for blob in blobs {
                self.known.insert(blob_key(&blob));
                reserved += reserved_by(&blob);
                if let BlobState::Stored { references, .. } = blob.state {
                    let counted = referenced.references.remove(&blob.id).map_or(0, |(n, _)| n);
                    if references != counted {
                        self.references(store, blob.id).await?;
                    }
                    self.bytes(store, &blob).await?;
                }
            }
        }
    }

    async fn bytes(&mut self, store: &dyn TenantStore, blob: &Blob) -> Result<()> {
        let Some(content) = blob.content() else {
            return Ok(());
        };
        let backend = self.services.blobs.get(&blob.backend)?;
        let Err(error) = backend.verify(blob_key(blob), content).await else {
            self.report.blobs += 1;
            self.report.bytes += content.size_bytes;
            return Ok(());
        };
        let finding = match error.kind {
            PortErrorKind::NotFound => Finding::BytesMissing(blob_key(blob)),
            PortErrorKind::Corrupt => Finding::BytesDamaged(blob_key(blob)),
            _ => return Err(Error::storage(error)),
        };
        // The sweeper may have deleted the blob meanwhile.
        let now = store.blobs().lookup(blob.id).await?;
        if let Some(now) = now.filter(|now| now.content().is_some()) {
            record_damage(self.services, store, &now, &error).await;
            self.report.findings.push(finding);
        }
        Ok(())
    }

    /// Checks a reference count again, since it may have changed meanwhile, and
    /// repairs it only if no concurrent commit interferes.
    async fn references(&mut self, store: &dyn TenantStore, blob: BlobId) -> Result<()> {
        let Some(blob) = store.blobs().lookup(blob).await? else {
            return Ok(());
        };
        let BlobState::Stored { references, .. } = blob.state else {
            return Ok(());
        };
        let counted = store.versions().count_by_blob(blob.id).await?;
        let counted = u32::try_from(counted).unwrap_or(u32::MAX);
        if references == counted {
            return Ok(());
        }
        let mut corrected = blob.clone();
        corrected.recount(counted, self.services.now())?;
        let mut work = store.begin();
        if self.repair {
            work.blobs().update(&corrected);
        }
        match store.commit(work).await {
            Ok(()) => {
                let blob = blob_key(&blob);
                self.report.findings.push(Finding::References {
                    blob,
                    recorded: references,
                    counted,
                });
                self.report.repaired += u64::from(self.repair);
                Ok(())
            }
            Err(CommitError::Refused(Refusal::Stale(_) | Refusal::Missing(_))) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Compares the ledger with the counted bytes. Concurrent uploads and
    /// deletions shift both while they are read, so a difference is reported
    /// only if a second count confirms it.
    async fn quota(
        &mut self,
        store: &dyn TenantStore,
        recorded: (u64, u64),
        counted: (u64, u64),
    ) -> Result<()> {
        if recorded == counted {
            return Ok(());
        }
        let again = store.quota().current().await?;
        let again = (again.used_bytes, again.reserved_bytes);
        let used = self.referenced(store).await?.bytes;
        let recounted = (used, self.reserved(store).await?);
        if drift(recorded, counted) != drift(again, recounted) {
            return Ok(());
        }
        let tenant = store.tenant().id();
        self.report.findings.push(Finding::Quota {
            tenant,
            recorded: again,
            counted: recounted,
        });
        if self.repair {
            let mut work = store.begin();
            work.quota().correct(again, recounted);
            store.commit(work).await?;
            self.report.repaired += 1;
        }
        Ok(())
    }

    /// Compares the recorded number of versions with the counted one, as
    /// [`quota`](Self::quota) does.
    async fn version_count(
        &mut self,
        store: &dyn TenantStore,
        recorded: u64,
        counted: u64,
    ) -> Result<()> {
        if recorded == counted {
            return Ok(());
        }
        let again = store.quota().current().await?.versions;
        let recounted = self.referenced(store).await?.versions;
        if drift((recorded, 0), (counted, 0)) != drift((again, 0), (recounted, 0)) {
            return Ok(());
        }
        self.report.findings.push(Finding::Versions {
            tenant: store.tenant().id(),
            recorded: again,
            counted: recounted,
        });
        if self.repair {
            let mut work = store.begin();
            work.quota().correct_versions(again, recounted);
            store.commit(work).await?;
            self.report.repaired += 1;
        }
        Ok(())
    }

    /// Returns the bytes reserved by uploads in progress.
    async fn reserved(&self, store: &dyn TenantStore) -> Result<u64> {
        let (mut after, mut reserved) = (None, 0);
        loop {
            let blobs = store.blobs().scan(after, BATCH).await?;
            let Some(last) = blobs.last() else {
                return Ok(reserved);
            };
            after = Some(last.id);
            reserved += blobs.iter().map(reserved_by).sum::<u64>();
        }
    }

    async fn chain(&mut self, tenant: Option<TenantId>, log: &dyn AuditLog) -> Result<()> {
        let chain = audit::verify_chain(self.services, log).await?;
        self.report.audit_entries += chain.entries;
        if let Some(sequence) = chain.broken_at {
            self.report
                .findings
                .push(Finding::AuditBroken { tenant, sequence });
        }
        if chain.surplus > 0 {
            let rows = chain.surplus;
            self.report
                .findings
                .push(Finding::AuditSurplus { tenant, rows });
        }
        let untagged = chain.untagged.into_iter();
        self.report
            .findings
            .extend(untagged.map(|entry| Finding::AuditUntagged { tenant, entry }));
        Ok(())
    }

    async fn list_bytes(&self) -> Result<Vec<(BackendName, BlobKey)>> {
        let mut listed = Vec::new();
        for (name, backend) in self.services.blobs.iter() {
            let mut entries = backend.list();
            while let Some(entry) = entries.next().await {
                listed.push((name.clone(), entry.map_err(Error::storage)?.key));
            }
        }
        Ok(listed)
    }

    async fn unknown_bytes(&mut self, listed: Vec<(BackendName, BlobKey)>) -> Result<()> {
        for (backend, key) in listed {
            if self.known.contains(&key) || !self.is_checked(key.tenant_id).await? {
                continue;
            }
            let store = self.services.blobs.get(&backend)?;
            // Deleted since it was listed: content is deleted before its
            // record.
            if store.size(key).await.map_err(Error::storage)?.is_none() {
                continue;
            }
            self.report.findings.push(Finding::BytesUnknown(key));
            if self.repair {
                store.delete(key).await.map_err(Error::storage)?;
                self.report.repaired += 1;
            }
        }
        Ok(())
    }

    /// Returns whether the blobs of a tenant were checked: not those of an
    /// existing tenant that is not active.
    async fn is_checked(&self, tenant: TenantId) -> Result<bool> {
        let tenant = self.services.store.tenants().lookup(tenant).await?;
        Ok(tenant.is_none_or(|tenant| ActiveTenant::of(tenant.id, tenant.status).is_some()))
    }
}
