//! Samples of every kind of row. A kind without a sample does not compile.

use tenantry_application::{
    match_row_change,
    ports::PortError,
    work::{Entity, PlatformWork, RowChange, TenantWork, Write},
};
use tenantry_domain::{
    id::{FileId, RoleId, TenantId},
    name::Username,
};
// The names that `each_kind!` uses.
pub(super) use tenantry_domain::{
    blob::Blob, file::File, idempotency::IdempotencyRecord, identity::Identity, job::Job,
    membership::Membership, project::Project, role::Role, session::Session, tenant::Tenant,
    version::FileVersion,
};
use tenantry_store::StoredEntity;

use super::world::{Company, ReadOutcome, World};
use crate::conformance::samples::{NOW, Samples, digest};

/// A kind of row with samples.
pub(super) trait Sampled: StoredEntity + PartialEq {
    /// Creates a row of a tenant or of the platform; `None` if it does not own
    /// rows of this kind. The row holds every unique key. Two rows differ in the
    /// keys, and in another field besides the id.
    fn sample(samples: &Samples, owner: Option<TenantId>) -> Option<Self>;

    /// Records a write in a unit of the platform.
    fn record_in_platform(_work: &mut PlatformWork, _verb: Verb, _row: &Self) {
        panic!("{} rows have no platform unit", <Self as Entity>::KIND);
    }

    /// Records a write in a unit of a tenant.
    fn record_in_tenant(_work: &mut TenantWork, _verb: Verb, _row: &Self) {
        panic!("{} rows have no tenant unit", <Self as Entity>::KIND);
    }

    /// Reads the row of the same id, or of the same unique key.
    async fn read(world: &World, company: &Company, row: &Self) -> Option<Self>;
}

/// A write of one row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verb {
    Add,
    Update,
    Remove,
}

macro_rules! record {
    ($verb:ident, $rows:expr, $row:ident) => {
        match $verb {
            Verb::Add => $rows.add($row),
            Verb::Update => $rows.update($row),
            Verb::Remove => $rows.remove($row),
        }
    };
}

/// Declares the samples of each kind, the writes in each unit of work that can
/// contain the kind, and a read. Kinds without a revision name the file with
/// their cases.
macro_rules! samples {
    (
        $d:tt
        rows { $($kind:ident: $entity:ident {
            sample: |$samples:pat_param, $owner:pat_param| $sample:expr,
            $(platform: |$platform_work:ident, $platform_row:pat_param| $platform:expr,)?
            $(tenant: |$tenant_work:ident| $tenant:expr,)?
            read: |$world:pat_param, $company:pat_param, $row:ident| $read:expr,
        })+ }
        others { $($other:ident: $cases:literal,)+ }
    ) => {
        $(impl Sampled for $entity {
            fn sample(samples: &Samples, owner: Option<TenantId>) -> Option<Self> {
                let ($samples, $owner) = (samples, owner);
                Some($sample)
            }

            $(fn record_in_platform($platform_work: &mut PlatformWork, verb: Verb, row: &Self) {
                let $platform_row = row;
                record!(verb, $platform, row);
            })?

            $(fn record_in_tenant($tenant_work: &mut TenantWork, verb: Verb, row: &Self) {
                record!(verb, $tenant, row);
            })?

            async fn read(world: &World, company: &Company, row: &Self) -> Option<Self> {
                let ($world, $company, $row) = (world, company, row);
                $read.await.value()
            }
        })+

        // A missing file does not compile.
        $(const _: &str = include_str!($cases);)+

        /// Evaluates a block with the entity of each kind that has samples.
        macro_rules! each_kind {
            ($d entity:ident => $d then:block) => {
                for kind in tenantry_application::work::Kind::ALL {
                    match kind {
                        $(tenantry_application::work::Kind::$kind => {
                            type $d entity = super::kinds::$entity;
                            $d then
                        })+
                        $(tenantry_application::work::Kind::$other => {})+
                    }
                }
            };
        }
    };
}

samples! {
    $
    rows {
        Identity: Identity {
            sample: |samples, _| Identity {
                username: Username::parse(&word(samples)).ok(),
                ..samples.person(&format!("{}@example.com", word(samples)))
            },
            platform: |work, _| work.identities(),
            read: |world, _, row| world.store.identities().lookup(row.id),
        }
        Tenant: Tenant {
            sample: |samples, _| samples.tenant(&word(samples)),
            platform: |work, _| work.tenants(),
            read: |world, _, row| world.store.tenants().lookup(row.id),
        }
        Role: Role {
            sample: |samples, owner| samples.role(owner?, &word(samples), &[]),
            platform: |work, _| work.roles(NOW),
            read: |world, _, row| find_role(world, row),
        }
        Membership: Membership {
            sample: |samples, owner| {
                let role = RoleId::from_uuid(samples.id());
                samples.membership(owner?, samples.user(), &[role])
            },
            platform: |work, _| work.memberships(NOW),
            read: |world, _, row| world.store.memberships().lookup(row.tenant_id, row.user_id),
        }
        Session: Session {
            sample: |samples, _| samples.session(samples.user(), None),
            platform: |work, _| work.sessions(),
            read: |world, _, row| world.store.sessions().lookup(row.id),
        }
        File: File {
            sample: |samples, owner| samples.file(owner?, &word(samples)),
            tenant: |work| work.files(),
            read: |_, company, row| company.store.files().lookup(row.id),
        }
        Blob: Blob {
            sample: |samples, owner| {
                let digest = digest(samples.id().as_bytes()[5]);
                samples.stored_blob(owner?, digest, 10)
            },
            tenant: |work| work.blobs(),
            read: |_, company, row| company.store.blobs().lookup(row.id),
        }
        Version: FileVersion {
            sample: |samples, owner| {
                let file = FileId::from_uuid(samples.id());
                samples.version(owner?, file, 1)
            },
            tenant: |work| work.versions(),
            read: |_, company, row| company.store.versions().lookup(row.id),
        }
        Project: Project {
            sample: |samples, owner| samples.project(owner?, &word(samples)),
            tenant: |work| work.projects(),
            read: |_, company, row| company.store.projects().lookup(row.id),
        }
        Job: Job {
            sample: |samples, owner| Job {
                requested_by: Some(samples.user()),
                ..samples.job(owner)
            },
            platform: |work, row| work.jobs(row.tenant_id),
            tenant: |work| work.jobs(),
            read: |world, _, row| world.store.jobs().lookup(row.id),
        }
        Idempotency: IdempotencyRecord {
            sample: |samples, owner| samples.request(owner, &word(samples)),
            platform: |work, row| work.idempotency(row.scope.tenant_id),
            tenant: |work| work.idempotency(),
            read: |world, _, row| world.store.idempotency().find(&row.scope),
        }
    }
    others {
        Audit: "audit.rs",
        AuditChain: "sealing.rs",
        Epoch: "guards.rs",
        Quota: "quota.rs",
    }
}
pub(super) use each_kind;

// A kind with a revision is not among the others.
const _: fn(&RowChange) = |change| match_row_change!(change, write => require_sample(write));

const fn require_sample<T: Sampled>(_write: &Write<T>) {}

/// Returns a new word.
fn word(samples: &Samples) -> String {
    format!("x{}", samples.id().simple())
}

async fn find_role(world: &World, row: &Role) -> Result<Option<Role>, PortError> {
    let roles = world.store.roles().find_by_tenant(row.tenant_id).await?;
    Ok(roles.into_iter().find(|role| role.id == row.id))
}
