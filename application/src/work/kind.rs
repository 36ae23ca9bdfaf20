//! The stored kinds: the one list that everything about a kind derives from.

use std::{cmp::Ordering, fmt};

use tenantry_domain::{
    Revision,
    blob::Blob,
    file::File,
    id::{
        BlobId, EntityId, FileId, IdempotencyId, JobId, ProjectId, RoleId, SessionId, TenantId,
        UserId, VersionId,
    },
    idempotency::IdempotencyRecord,
    identity::Identity,
    job::Job,
    membership::Membership,
    project::Project,
    role::Role,
    session::Session,
    tenant::Tenant,
    version::FileVersion,
};

/// An entity that is stored as one row with an id and a revision.
pub trait Entity: Clone {
    /// The id; a pair where the row ties two others together.
    type Id: EntityId + Ord + fmt::Debug;

    /// The kind.
    const KIND: Kind;

    /// Returns the id.
    fn id(&self) -> Self::Id;

    /// Returns the tenant that owns the row; `None` for a row of the platform.
    fn tenant(&self) -> Option<TenantId>;

    /// Returns the revision the row was read with; the first one for a new row.
    fn revision(&self) -> Revision;

    /// Sets the revision.
    fn set_revision(&mut self, revision: Revision);
}

/// A write of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Write<T: Entity> {
    /// Removes the row; it must exist with the tenant and at the revision it was
    /// read with.
    Remove(T::Id, Option<TenantId>, Revision),
    /// Replaces the row; it must exist with the tenant and at the revision the
    /// entity carries. The next revision is stored.
    Update(T),
    /// Adds the row with the first revision; its id and unique keys must be free.
    Add(T),
}

impl<T: Entity> Write<T> {
    /// Returns the id of the row.
    pub fn id(&self) -> T::Id {
        match self {
            Self::Remove(id, ..) => *id,
            Self::Update(row) | Self::Add(row) => row.id(),
        }
    }

    /// Returns the tenant that owns the row; `None` for a row of the platform.
    pub fn tenant(&self) -> Option<TenantId> {
        match self {
            Self::Remove(_, tenant, _) => *tenant,
            Self::Update(row) | Self::Add(row) => row.tenant(),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Remove(..) => 0,
            Self::Update(_) => 1,
            Self::Add(_) => 2,
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        (self.rank(), self.id()).cmp(&(other.rank(), other.id()))
    }
}

/// Declares the kinds with an id and a revision, in canonical order. Each line
/// yields a variant of [`Kind`] and of [`RowChange`], the [`Entity`]
/// implementation, and an arm of `match_row_change!`. The first token is a `$`.
macro_rules! kinds {
    (
        $d:tt
        rows { $($kind:ident: $entity:ident, $noun:literal, $id:ty, |$row:ident| $id_of:expr, $tenant:expr;)+ }
        others { $($other:ident, $other_noun:literal;)+ }
    ) => {
        /// A stored kind, in the canonical order of a unit of work.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(#[doc = concat!("The ", $noun, ".")] $kind,)+
            $(#[doc = concat!("The ", $other_noun, ".")] $other,)+
        }

        impl Kind {
            /// Every kind, in canonical order.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+ $(Self::$other,)+];

            /// Returns the noun that messages use.
            pub const fn noun(self) -> &'static str {
                match self {
                    $(Self::$kind => $noun,)+
                    $(Self::$other => $other_noun,)+
                }
            }
        }

        /// A change of one row that has an id and a revision.
        #[derive(Debug, Clone, PartialEq)]
        pub enum RowChange {
            $(#[doc = concat!("A change of one ", $noun, ".")] $kind(Write<$entity>),)+
        }

        impl RowChange {
            /// Returns the kind of the row.
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)+
                }
            }

            /// Compares two changes by kind, verb and id.
            pub(super) fn order(&self, other: &Self) -> Ordering {
                match (self, other) {
                    $((Self::$kind(a), Self::$kind(b)) => a.order(b),)+
                    _ => self.kind().cmp(&other.kind()),
                }
            }

            /// Returns whether both change the same row.
            pub(super) fn is_same_row(&self, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$kind(a), Self::$kind(b)) => a.id() == b.id(),)+
                    _ => false,
                }
            }
        }

        $(impl Entity for $entity {
            type Id = $id;

            const KIND: Kind = Kind::$kind;

            fn id(&self) -> $id {
                let $row = self;
                $id_of
            }

            fn tenant(&self) -> Option<TenantId> {
                let $row = self;
                // Some expressions do not use it.
                let _ = $row;
                $tenant
            }

            fn revision(&self) -> Revision {
                self.revision
            }

            fn set_revision(&mut self, revision: Revision) {
                self.revision = revision;
            }
        }

        impl From<Write<$entity>> for RowChange {
            fn from(write: Write<$entity>) -> Self {
                Self::$kind(write)
            }
        })+

        /// Evaluates an expression with the typed [`Write`](crate::work::Write) of a
        /// [`RowChange`](crate::work::RowChange).
        #[macro_export]
        macro_rules! match_row_change {
            ($d change:expr, $d write:ident => $d then:expr) => {
                match $d change {
                    $($d crate::work::RowChange::$kind($d write) => $d then,)+
                }
            };
        }
    };
}

kinds! {
    $
    rows {
        Identity: Identity, "user", UserId, |row| row.id, None;
        Tenant: Tenant, "tenant", TenantId, |row| row.id, None;
        Role: Role, "role", RoleId, |row| row.id, Some(row.tenant_id);
        Membership: Membership, "membership", (TenantId, UserId), |row| (row.tenant_id, row.user_id), Some(row.tenant_id);
        Session: Session, "session", SessionId, |row| row.id, None;
        File: File, "file", FileId, |row| row.id, Some(row.tenant_id);
        Blob: Blob, "blob record", BlobId, |row| row.id, Some(row.tenant_id);
        Version: FileVersion, "version", VersionId, |row| row.id, Some(row.tenant_id);
        Project: Project, "project", ProjectId, |row| row.id, Some(row.tenant_id);
        Job: Job, "job", JobId, |row| row.id, row.tenant_id;
        Idempotency: IdempotencyRecord, "idempotency record", IdempotencyId, |row| row.id, row.scope.tenant_id;
    }
    others {
        Audit, "audit entry";
        AuditChain, "audit chain";
        Epoch, "epoch";
        Quota, "quota";
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.noun())
    }
}
