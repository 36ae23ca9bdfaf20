//! The findings of a consistency check.

use std::fmt;

use tenantry_domain::id::{AuditId, TenantId, VersionId};

use crate::{audit::HeadMismatch, ports::BlobKey};

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FsckReport {
    /// The number of tenants checked.
    pub tenants: u64,
    /// The number of versions checked.
    pub versions: u64,
    /// The number of blobs whose content was read and is intact.
    pub blobs: u64,
    /// The size of that content in bytes.
    pub bytes: u64,
    /// The number of audit entries with a valid hash.
    pub audit_entries: u64,
    /// The inconsistencies found.
    pub findings: Vec<Finding>,
    /// The number of inconsistencies repaired.
    pub repaired: u64,
}

/// An inconsistency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A blob record is marked as stored, but its content is missing.
    BytesMissing(BlobKey),
    /// Stored content differs from its checksums.
    BytesDamaged(BlobKey),
    /// Content is stored without a blob record; repaired by deleting it.
    /// Content of an existing tenant that is not active is not reported.
    BytesUnknown(BlobKey),
    /// A version references content that is not stored.
    VersionWithoutBytes(TenantId, VersionId),
    /// The reference count of a blob is wrong; repaired by counting again.
    References {
        /// The blob.
        blob: BlobKey,
        /// The count in the blob record.
        recorded: u32,
        /// The number of versions that reference the blob.
        counted: u32,
    },
    /// The quota ledger differs from the sum of its parts; repaired by adding
    /// up again.
    Quota {
        /// The tenant.
        tenant: TenantId,
        /// The used and reserved bytes in the ledger.
        recorded: (u64, u64),
        /// The actual used and reserved bytes.
        counted: (u64, u64),
    },
    /// The recorded number of versions is wrong; repaired by counting again.
    Versions {
        /// The tenant.
        tenant: TenantId,
        /// The number in the quota ledger.
        recorded: u64,
        /// The actual number.
        counted: u64,
    },
    /// An audit entry is missing, moved or modified.
    AuditBroken {
        /// The tenant of the chain; `None` for the platform.
        tenant: Option<TenantId>,
        /// The sequence number of the first such entry.
        sequence: u64,
    },
    /// Rows claim places in an audit chain that they do not have.
    AuditSurplus {
        /// The tenant of the chain; `None` for the platform.
        tenant: Option<TenantId>,
        /// The number of such rows.
        rows: u64,
    },
    /// An audit chain does not contain a head that was published.
    AuditHead(HeadMismatch),
    /// An unsealed audit entry has no valid tag, so that the service did not
    /// record it, or an earlier version did.
    AuditUntagged {
        /// The tenant of the chain; `None` for the platform.
        tenant: Option<TenantId>,
        /// The entry.
        entry: AuditId,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BytesMissing(key) => write!(f, "blob {key}: the bytes are missing"),
            Self::BytesDamaged(key) => write!(f, "blob {key}: the bytes are damaged"),
            Self::BytesUnknown(key) => write!(f, "blob {key}: the bytes have no record"),
            Self::VersionWithoutBytes(tenant, version) => {
                write!(
                    f,
                    "tenant {tenant}: the content of version {version} is not stored"
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
                "tenant {tenant}: quota of {} used and {} reserved bytes recorded, {} and {} counted",
                recorded.0, recorded.1, counted.0, counted.1
            ),
            Self::Versions {
                tenant,
                recorded,
                counted,
            } => write!(
                f,
                "tenant {tenant}: {recorded} versions recorded, {counted} counted"
            ),
            Self::AuditBroken { tenant, sequence } => write!(
                f,
                "{}: the audit chain is broken at entry {sequence}",
                owner(*tenant)
            ),
            Self::AuditSurplus { tenant, rows } => write!(
                f,
                "{}: {rows} audit entries claim a place in the chain that they do not have",
                owner(*tenant)
            ),
            Self::AuditHead(HeadMismatch::Truncated { published, ends_at }) => write!(
                f,
                "{}: the audit chain ends at entry {ends_at}, but its head {published} was published: entries were removed",
                owner(published.tenant_id)
            ),
            Self::AuditHead(HeadMismatch::Rewritten(published)) => write!(
                f,
                "{}: the audit chain does not contain its published head {published}: entries were replaced",
                owner(published.tenant_id)
            ),
            Self::AuditUntagged { tenant, entry } => write!(
                f,
                "{}: audit entry {entry} has no valid tag and is not sealed",
                owner(*tenant)
            ),
        }
    }
}

fn owner(tenant: Option<TenantId>) -> String {
    tenant.map_or_else(|| "platform".to_owned(), |id| format!("tenant {id}"))
}
