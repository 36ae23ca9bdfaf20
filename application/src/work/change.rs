//! The changes that make up a unit of work.

use std::cmp::Ordering;

use tenantry_domain::{
    Timestamp,
    audit::{AuditEntry, ChainHead, Seal},
    blob::ReferenceShift,
    epoch::EpochSubject,
    id::{AuditId, BlobId, TenantId},
    quota::QuotaMovement,
    tenant::ActiveTenant,
};

use super::{Kind, RowChange};

/// One change or expectation of a unit of work.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A condition that must hold; changes nothing.
    Expect(Expectation),
    /// A write of a row with an id and a revision. A tenant's guards are not
    /// part of its row: see [`Guard`].
    Row(RowChange),
    /// Adds an audit entry without a seal.
    Audit(AuditEntry),
    /// Seals the next entries of a chain.
    AuditSeal(AuditSeal),
    /// Shifts the references to a stored blob, at any revision.
    References(BlobReferences),
    /// Raises a guard by one if it has the expected value.
    Guard(Guard),
    /// Raises an epoch by one.
    Epoch(EpochSubject, Timestamp),
    /// Creates the quota of a new tenant, with nothing used.
    QuotaOpen(TenantId, u64),
    /// Moves a quota; refused if it takes more than is available.
    QuotaMove(TenantId, QuotaMovement),
}

/// A condition that must hold when the unit is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// The tenant exists and is active; otherwise missing.
    TenantActive(ActiveTenant),
    /// The epoch has this value (0 if it was never raised); otherwise stale.
    Epoch(EpochSubject, u64),
}

/// A shift of the references to a blob. It is stale if the blob does not allow it
/// ([`Blob::shift_references`](tenantry_domain::blob::Blob::shift_references)),
/// at any revision. The next revision is stored, so that a concurrent
/// update of the row is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobReferences {
    /// The tenant that owns the blob.
    pub tenant_id: TenantId,
    /// The blob.
    pub blob_id: BlobId,
    /// The shift.
    pub shift: ReferenceShift,
}

/// A counter on a tenant that rises with every change to a set of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The set of rows.
    pub set: GuardedSet,
    /// The value when the set was read; `None` if the change does not depend
    /// on the rest of the set.
    pub expected: Option<u64>,
}

/// A set of rows protected by a guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GuardedSet {
    /// The memberships of a tenant.
    Members,
    /// The roles of a tenant.
    Roles,
}

/// The next segment of an audit chain. The chain must end at `from`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSeal {
    /// The tenant of the chain; `None` for the platform's chain.
    pub tenant_id: Option<TenantId>,
    /// The expected end of the chain; otherwise stale.
    pub from: ChainHead,
    /// The entries to seal; they must exist and have no seal, otherwise missing.
    pub seals: Vec<(AuditId, Seal)>,
}

impl AuditSeal {
    /// Returns the end of the chain after this segment.
    pub fn to(&self) -> ChainHead {
        self.seals.last().map_or(self.from, |(_, seal)| ChainHead {
            sequence: seal.sequence,
            hash: seal.hash,
        })
    }
}

impl Change {
    /// Returns the kind of row the change touches, which is also its place in
    /// the unit.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Row(row) => row.kind(),
            Self::References(_) => Kind::Blob,
            Self::Expect(Expectation::TenantActive(_)) | Self::Guard(_) => Kind::Tenant,
            Self::Audit(_) => Kind::Audit,
            Self::AuditSeal(_) => Kind::AuditChain,
            Self::Expect(Expectation::Epoch(..)) | Self::Epoch(..) => Kind::Epoch,
            Self::QuotaOpen(..) | Self::QuotaMove(..) => Kind::Quota,
        }
    }

    /// Returns 0 for expectations, 1 for rows, and more for the rows that many
    /// units touch at the same time.
    const fn stage(&self) -> u8 {
        match self {
            Self::Expect(_) => 0,
            Self::Row(_) | Self::Audit(_) | Self::AuditSeal(_) => 1,
            Self::References(_) => 2,
            Self::Guard(_) => 3,
            Self::Epoch(..) => 4,
            Self::QuotaOpen(..) | Self::QuotaMove(..) => 5,
        }
    }

    /// Compares two changes in canonical order: expectations, rows by kind,
    /// then references, guards, epochs and quotas, which many units touch.
    pub fn order(&self, other: &Self) -> Ordering {
        (self.stage(), self.kind())
            .cmp(&(other.stage(), other.kind()))
            .then_with(|| match (self, other) {
                (Self::Row(a), Self::Row(b)) => a.order(b),
                (Self::Audit(a), Self::Audit(b)) => a.id.cmp(&b.id),
                (Self::References(a), Self::References(b)) => a.blob_id.cmp(&b.blob_id),
                (Self::Guard(a), Self::Guard(b)) => (a.tenant_id, a.set).cmp(&(b.tenant_id, b.set)),
                (Self::Epoch(a, _), Self::Epoch(b, _)) => a.cmp(b),
                _ => Ordering::Equal,
            })
    }
}
