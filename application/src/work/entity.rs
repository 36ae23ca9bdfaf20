//! What can be written, and how it is told apart.

use std::fmt;

use tenantry_domain::{
    Revision,
    blob::Blob,
    file::File,
    id::{BlobId, FileId, IdempotencyId, JobId, RoleId, SessionId, TenantId, UserId, VersionId},
    idempotency::IdempotencyRecord,
    identity::Identity,
    job::Job,
    membership::Membership,
    role::Role,
    session::Session,
    tenant::Tenant,
    version::FileVersion,
};

/// The kinds of rows, in the canonical order of a unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A person.
    Identity,
    /// A tenant.
    Tenant,
    /// A role.
    Role,
    /// A membership.
    Membership,
    /// A session.
    Session,
    /// A file.
    File,
    /// A blob record.
    Blob,
    /// A version.
    Version,
    /// A job.
    Job,
    /// A request that came with an idempotency key.
    Idempotency,
    /// An audit entry.
    Audit,
    /// The end of an audit chain.
    AuditChain,
    /// A person's or tenant's epoch.
    Epoch,
    /// A tenant's quota.
    Quota,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "person",
            Self::Tenant => "tenant",
            Self::Role => "role",
            Self::Membership => "membership",
            Self::Session => "session",
            Self::File => "file",
            Self::Blob => "blob",
            Self::Version => "version",
            Self::Job => "job",
            Self::Idempotency => "idempotency record",
            Self::Audit => "audit entry",
            Self::AuditChain => "audit chain",
            Self::Epoch => "epoch",
            Self::Quota => "quota",
        })
    }
}

/// A row with an id and a revision.
pub trait Entity {
    /// Its id; two where the row is a tie between two others.
    type Id: Copy + Ord + fmt::Debug;

    /// Its kind.
    const KIND: Kind;

    /// Its id.
    fn id(&self) -> Self::Id;

    /// The tenant it belongs to, if rows of its kind belong to one.
    fn tenant(&self) -> Option<TenantId>;

    /// The revision it was read with, or the first one where it is new.
    fn revision(&self) -> Revision;
}

macro_rules! entities {
    ($($entity:ident: $kind:ident, $id:ty, |$row:ident| $id_of:expr, $tenant:expr;)+) => {$(
        impl Entity for $entity {
            type Id = $id;

            const KIND: Kind = Kind::$kind;

            fn id(&self) -> $id {
                let $row = self;
                $id_of
            }

            fn tenant(&self) -> Option<TenantId> {
                let $row = self;
                let _ = $row;
                $tenant
            }

            fn revision(&self) -> Revision {
                self.revision
            }
        }
    )+};
}

entities! {
    Identity: Identity, UserId, |row| row.id, None;
    Tenant: Tenant, TenantId, |row| row.id, None;
    Role: Role, RoleId, |row| row.id, Some(row.tenant_id);
    Membership: Membership, (TenantId, UserId), |row| (row.tenant_id, row.user_id), Some(row.tenant_id);
    Session: Session, SessionId, |row| row.id, None;
    File: File, FileId, |row| row.id, Some(row.tenant_id);
    Blob: Blob, BlobId, |row| row.id, Some(row.tenant_id);
    FileVersion: Version, VersionId, |row| row.id, Some(row.tenant_id);
    Job: Job, JobId, |row| row.id, row.tenant_id;
    IdempotencyRecord: Idempotency, IdempotencyId, |row| row.id, row.scope.tenant_id;
}
