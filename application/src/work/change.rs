//! The single changes a unit of work is made of.

use std::cmp::Ordering;

use tenantry_domain::{
    Revision, Timestamp,
    audit::{AuditEntry, ChainHead, Seal},
    blob::Blob,
    file::File,
    id::{AuditId, TenantId},
    idempotency::IdempotencyRecord,
    identity::Identity,
    job::Job,
    membership::Membership,
    quota::QuotaMovement,
    role::Role,
    session::Session,
    tenant::{ActiveTenant, Tenant},
    version::FileVersion,
};

use super::{Entity, Kind};
use crate::ports::EpochSubject;

/// What happens to one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Write<T: Entity> {
    /// Removes the row, which must be there at the revision it was read with.
    Remove(T::Id, Revision),
    /// Replaces the row, which must be there at the revision the entity
    /// carries; the next revision is stored.
    Update(T),
    /// Adds the row with the first revision; its id and unique keys must be free.
    Add(T),
}

impl<T: Entity> Write<T> {
    /// The id of the row.
    pub fn id(&self) -> T::Id {
        match self {
            Self::Remove(id, _) => *id,
            Self::Update(row) | Self::Add(row) => row.id(),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Remove(..) => 0,
            Self::Update(_) => 1,
            Self::Add(_) => 2,
        }
    }

    pub(super) fn order(&self, other: &Self) -> Ordering {
        (self.rank(), self.id()).cmp(&(other.rank(), other.id()))
    }
}

/// One change or expectation of a unit of work.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Something that must hold, and changes nothing.
    Expect(Expectation),
    /// A person.
    Identity(Write<Identity>),
    /// A tenant. Its guards are not part of it: see [`Guard`].
    Tenant(Write<Tenant>),
    /// A role.
    Role(Write<Role>),
    /// A membership.
    Membership(Write<Membership>),
    /// A session.
    Session(Write<Session>),
    /// A file.
    File(Write<File>),
    /// A blob record.
    Blob(Write<Blob>),
    /// A version.
    Version(Write<FileVersion>),
    /// A job.
    Job(Write<Job>),
    /// A request that came with an idempotency key.
    Idempotency(Write<IdempotencyRecord>),
    /// Adds an audit entry, not sealed yet.
    Audit(AuditEntry),
    /// Seals the next entries of a chain.
    AuditSeal(AuditSeal),
    /// Raises a guard by one, after holding it against what was read.
    Guard(Guard),
    /// Raises an epoch by one.
    Epoch(EpochSubject, Timestamp),
    /// Makes the ledger of a new tenant, with nothing used.
    QuotaOpen(TenantId, u64),
    /// Moves a ledger; refused when it takes more than is left.
    QuotaMove(TenantId, QuotaMovement),
}

/// Something that must hold when the unit is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// The tenant is there and active; else missing.
    TenantActive(ActiveTenant),
    /// The epoch is still this (0 where it was never raised); else stale.
    Epoch(EpochSubject, u64),
}

/// A counter on a tenant that rises with every change of a whole set of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Which set.
    pub set: GuardedSet,
    /// What it was when the set was read; `None` where the change does not
    /// depend on the rest of the set.
    pub expected: Option<u64>,
}

/// The sets of rows that guards stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GuardedSet {
    /// The memberships of a tenant.
    Members,
    /// The roles of a tenant.
    Roles,
}

/// The next stretch of an audit chain. The chain must end at `from`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSeal {
    /// The chain: a tenant's, or the platform's.
    pub tenant_id: Option<TenantId>,
    /// Where it must end now; else stale.
    pub from: ChainHead,
    /// The entries to seal, which must be there and not sealed; else missing.
    pub seals: Vec<(AuditId, Seal)>,
}

impl AuditSeal {
    /// Where the chain ends afterwards.
    pub fn to(&self) -> ChainHead {
        self.seals.last().map_or(self.from, |(_, seal)| ChainHead {
            sequence: seal.sequence,
            hash: seal.hash,
        })
    }
}

impl Change {
    /// The kind of row it touches, which is also its place in the unit.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Expect(Expectation::TenantActive(_)) | Self::Tenant(_) | Self::Guard(_) => {
                Kind::Tenant
            }
            Self::Identity(_) => Kind::Identity,
            Self::Role(_) => Kind::Role,
            Self::Membership(_) => Kind::Membership,
            Self::Session(_) => Kind::Session,
            Self::File(_) => Kind::File,
            Self::Blob(_) => Kind::Blob,
            Self::Version(_) => Kind::Version,
            Self::Job(_) => Kind::Job,
            Self::Idempotency(_) => Kind::Idempotency,
            Self::Audit(_) => Kind::Audit,
            Self::AuditSeal(_) => Kind::AuditChain,
            Self::Expect(Expectation::Epoch(..)) | Self::Epoch(..) => Kind::Epoch,
            Self::QuotaOpen(..) | Self::QuotaMove(..) => Kind::Quota,
        }
    }

    /// Expectations first, rows next, and last what many units touch at once.
    const fn stage(&self) -> u8 {
        match self {
            Self::Expect(_) => 0,
            Self::Guard(_) => 2,
            Self::Epoch(..) => 3,
            Self::QuotaOpen(..) | Self::QuotaMove(..) => 4,
            _ => 1,
        }
    }

    /// The canonical order: expectations, rows kind by kind, and last what
    /// many units touch at once: guards, epochs, quota.
    pub fn order(&self, other: &Self) -> Ordering {
        (self.stage(), self.kind())
            .cmp(&(other.stage(), other.kind()))
            .then_with(|| self.order_within_kind(other))
    }

    fn order_within_kind(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Identity(a), Self::Identity(b)) => a.order(b),
            (Self::Tenant(a), Self::Tenant(b)) => a.order(b),
            (Self::Role(a), Self::Role(b)) => a.order(b),
            (Self::Membership(a), Self::Membership(b)) => a.order(b),
            (Self::Session(a), Self::Session(b)) => a.order(b),
            (Self::File(a), Self::File(b)) => a.order(b),
            (Self::Blob(a), Self::Blob(b)) => a.order(b),
            (Self::Version(a), Self::Version(b)) => a.order(b),
            (Self::Job(a), Self::Job(b)) => a.order(b),
            (Self::Idempotency(a), Self::Idempotency(b)) => a.order(b),
            (Self::Audit(a), Self::Audit(b)) => a.id.cmp(&b.id),
            (Self::Guard(a), Self::Guard(b)) => (a.tenant_id, a.set).cmp(&(b.tenant_id, b.set)),
            (Self::Epoch(a, _), Self::Epoch(b, _)) => a.cmp(b),
            _ => Ordering::Equal,
        }
    }
}
