//! Holding everything against everything: rows, bytes, quota, chains.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use futures_util::StreamExt;
use tenantry_domain::{
    blob::{BackendName, Blob, BlobState},
    id::{BlobId, TenantId, VersionId},
    tenant::{ActiveTenant, Tenant},
};

use crate::{
    audit,
    error::{Error, Result},
    files::{blob_key, note_damage},
    ports::{AuditLog, BlobKey, CommitError, PortErrorKind, Refusal, TenantStore},
    services::Services,
};

/// How many rows are read at once.
const BATCH: u32 = 500;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FsckReport {
    /// Tenants that were checked.
    pub tenants: u64,
    /// Versions that were checked.
    pub versions: u64,
    /// Blobs whose bytes were read back whole.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Audit entries whose hashes hold.
    pub audit_entries: u64,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
    /// How many of the findings were mended.
    pub repaired: u64,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A record says bytes are stored, but they are not there.
    BytesMissing(BlobKey),
    /// Stored bytes are not what was once written.
    BytesDamaged(BlobKey),
    /// Bytes are stored that no record knows; mended by deleting them, but for
    /// those of a tenant that is not there.
    BytesUnknown(BlobKey),
    /// A version shows bytes that have no record of being stored.
    VersionWithoutBytes(TenantId, VersionId),
    /// More or fewer versions show a blob than its record counts; mended by
    /// counting anew.
    References {
        /// The blob.
        blob: BlobKey,
        /// What its record says.
        recorded: u32,
        /// How many versions show it.
        counted: u32,
    },
    /// The ledger is not the sum of what it stands for; mended by summing anew.
    Quota {
        /// Whose.
        tenant: TenantId,
        /// Used and reserved bytes as recorded.
        recorded: (u64, u64),
        /// As counted.
        counted: (u64, u64),
    },
    /// An audit entry is missing, moved or changed.
    AuditBroken {
        /// Whose chain; `None`: the platform's.
        tenant: Option<TenantId>,
        /// The number of the first entry that is.
        sequence: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BytesMissing(key) => write!(f, "blob {key}: the bytes are missing"),
            Self::BytesDamaged(key) => write!(f, "blob {key}: the bytes are damaged"),
            Self::BytesUnknown(key) => write!(f, "blob {key}: stored, but no record knows it"),
            Self::VersionWithoutBytes(tenant, version) => {
                write!(
                    f,
                    "tenant {tenant}: version {version} shows bytes that are not stored"
                )
            }
            Self::References {
                blob,
                recorded,
                counted,
            } => {
                write!(
                    f,
                    "blob {blob}: {recorded} references recorded, {counted} counted"
                )
            }
            Self::Quota {
                tenant,
                recorded,
                counted,
            } => write!(
                f,
                "tenant {tenant}: quota used {} and reserved {} recorded, {} and {} counted",
                recorded.0, recorded.1, counted.0, counted.1
            ),
            Self::AuditBroken { tenant, sequence } => {
                match tenant {
                    Some(tenant) => write!(f, "tenant {tenant}: ")?,
                    None => f.write_str("platform: ")?,
                }
                write!(f, "the audit chain is broken at entry {sequence}")
            }
        }
    }
}

/// Checks every active tenant and every backend; with `repair` it mends what
/// can be mended without losing anything that somebody can see. Uploads under
/// way while it runs are left alone.
pub async fn fsck(services: &Services, repair: bool) -> Result<FsckReport> {
    let mut check = Check {
        services,
        repair,
        report: FsckReport::default(),
        known: HashSet::new(),
    };
    // Listed first: what is stored by now and has no record later is unknown.
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

/// What an upload holds of the quota.
fn reserved(blob: &Blob) -> u64 {
    match blob.state {
        BlobState::Open { reserved_bytes, .. } => reserved_bytes,
        _ => 0,
    }
}

/// By how much a ledger is off: used and reserved bytes.
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

/// What the versions of a tenant show.
#[derive(Default)]
struct Shown {
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
        let mut shown = self.shown(store.as_ref()).await?;
        self.report.versions += shown.versions;
        let held = self.blobs(store.as_ref(), &mut shown).await?;
        for (blob, (_, version)) in std::mem::take(&mut shown.references) {
            self.without_bytes(store.as_ref(), blob, version).await?;
        }
        self.quota(store.as_ref(), recorded, (shown.bytes, held))
            .await?;
        audit::seal_chain(self.services, Some(tenant.id)).await?;
        self.chain(Some(tenant.id), store.audit()).await
    }

    /// A version whose blob was not found stored: unless it, or the blob, has
    /// changed meanwhile.
    async fn without_bytes(
        &mut self,
        store: &dyn TenantStore,
        blob: BlobId,
        version: VersionId,
    ) -> Result<()> {
        let shows = store.versions().lookup(version).await?;
        let stored = store.blobs().lookup(blob).await?;
        if shows.is_some_and(|version| version.blob_id == Some(blob))
            && stored.is_none_or(|blob| blob.content().is_none())
        {
            let tenant = store.tenant().id();
            self.report
                .findings
                .push(Finding::VersionWithoutBytes(tenant, version));
        }
        Ok(())
    }

    async fn shown(&self, store: &dyn TenantStore) -> Result<Shown> {
        let mut shown = Shown::default();
        let mut after = None;
        loop {
            let versions = store.versions().scan(after, BATCH).await?;
            let Some(last) = versions.last() else {
                return Ok(shown);
            };
            after = Some(last.id);
            for version in versions {
                shown.versions += 1;
                if let Some(blob) = version.blob_id {
                    shown.references.entry(blob).or_insert((0, version.id)).0 += 1;
                    shown.bytes += version.size_bytes;
                }
            }
        }
    }

    /// Checks every blob, takes those that are stored out of `shown`, and
    /// returns what uploads under way hold.
    async fn blobs(&mut self, store: &dyn TenantStore, shown: &mut Shown) -> Result<u64> {
        let (mut after, mut held) = (None, 0);
        loop {
            let blobs = store.blobs().scan(after, BATCH).await?;
            let Some(last) = blobs.last() else {
                return Ok(held);
            };
            after = Some(last.id);
            for blob in blobs {
                self.known.insert(blob_key(&blob));
                held += reserved(&blob);
                if let BlobState::Stored { references, .. } = blob.state {
                    let counted = shown.references.remove(&blob.id).map_or(0, |(n, _)| n);
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
        // Ended by the sweeper while it was looked at?
        let now = store.blobs().lookup(blob.id).await?;
        if let Some(now) = now.filter(|now| now.content().is_some()) {
            note_damage(store, &now, &error, self.services.now()).await;
            self.report.findings.push(finding);
        }
        Ok(())
    }

    /// A count that differs may be one that changed meanwhile: it is read and
    /// counted again, and mended only if nobody touches it in between.
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
        let mut mended = blob.clone();
        mended.recount(counted, self.services.now())?;
        let mut work = store.begin();
        if self.repair {
            work.blobs().update(&mended);
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

    /// Holds the ledger against what was counted. Uploads and deletes shift
    /// both a little apart while they are read: only what is wrong by the same
    /// amount a second time is wrong.
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
        let used = self.shown(store).await?.bytes;
        let recounted = (used, self.held(store).await?);
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

    /// What uploads under way hold.
    async fn held(&self, store: &dyn TenantStore) -> Result<u64> {
        let (mut after, mut held) = (None, 0);
        loop {
            let blobs = store.blobs().scan(after, BATCH).await?;
            let Some(last) = blobs.last() else {
                return Ok(held);
            };
            after = Some(last.id);
            held += blobs.iter().map(reserved).sum::<u64>();
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
            // Ended since it was listed: the bytes go before their record.
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

    /// Whether the blobs of a tenant were looked at: bytes of one that is not
    /// active are not unknown, and those of one that is gone are.
    async fn is_checked(&self, tenant: TenantId) -> Result<bool> {
        let tenant = self.services.store.tenants().lookup(tenant).await?;
        Ok(tenant.is_none_or(|tenant| ActiveTenant::of(tenant.id, tenant.status).is_some()))
    }
}
