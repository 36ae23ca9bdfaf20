//! Primary keys.

use tenantry_domain::id::{
    AuditId, BlobId, FileId, IdempotencyId, JobId, ProjectId, RoleId, SessionId, TenantId, UserId,
    VersionId,
};
use uuid::Uuid;

/// The primary key of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A single id.
    Id(Uuid),
    /// Two ids, of a row that ties two others together.
    Pair(Uuid, Uuid),
}

macro_rules! keys {
    ($($id:ident),+) => {$(
        impl From<$id> for Key {
            fn from(id: $id) -> Self {
                Self::Id(id.as_uuid())
            }
        }
    )+};
}

keys! {
    AuditId, BlobId, FileId, IdempotencyId, JobId, ProjectId, RoleId, SessionId, TenantId, UserId,
    VersionId
}

impl From<Uuid> for Key {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl From<(TenantId, UserId)> for Key {
    fn from((tenant, user): (TenantId, UserId)) -> Self {
        Self::Pair(tenant.as_uuid(), user.as_uuid())
    }
}
