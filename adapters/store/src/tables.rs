//! Rows in memory, one table a stored type.

use std::collections::BTreeMap;

use tenantry_application::ports::EpochChange;
use tenantry_domain::{
    blob::Blob, file::File, idempotency::IdempotencyRecord, identity::Identity, job::Job,
    membership::Membership, project::Project, quota::Quota, role::Role, session::Session,
    tenant::Tenant, version::FileVersion,
};

use crate::{
    Key,
    records::{AuditChain, AuditRecord},
};

/// The rows of one type by primary key.
pub(crate) type Table<T> = BTreeMap<Key, T>;

/// A type with a table in [`Tables`].
pub trait Tabled: Sized {
    /// Returns the table.
    fn table(tables: &Tables) -> &Table<Self>;

    /// Returns the table, to change it.
    fn table_mut(tables: &mut Tables) -> &mut Table<Self>;
}

/// Declares the tables. The types are the same as in [`with_stored!`].
macro_rules! tables {
    ($($table:ident: $type:ident,)+) => {
        /// One table a stored type.
        #[derive(Debug, Default)]
        pub struct Tables {
            $($table: Table<$type>,)+
        }

        $(impl Tabled for $type {
            fn table(tables: &Tables) -> &Table<Self> {
                &tables.$table
            }

            fn table_mut(tables: &mut Tables) -> &mut Table<Self> {
                &mut tables.$table
            }
        })+
    };
}

tables! {
    identities: Identity,
    tenants: Tenant,
    roles: Role,
    memberships: Membership,
    sessions: Session,
    files: File,
    blobs: Blob,
    versions: FileVersion,
    projects: Project,
    jobs: Job,
    idempotency_records: IdempotencyRecord,
    audit_entries: AuditRecord,
    audit_chains: AuditChain,
    epochs: EpochChange,
    quotas: Quota,
}

/// Evaluates an expression with the stored type of a
/// [`Kind`](tenantry_application::work::Kind). The match is exhaustive: a new
/// kind does not compile before it has an arm.
#[macro_export]
macro_rules! with_stored {
    ($kind:expr, $type:ident => $then:expr) => {{
        use tenantry_application::work::Kind;
        match $kind {
            Kind::Identity => {
                type $type = ::tenantry_domain::identity::Identity;
                $then
            }
            Kind::Tenant => {
                type $type = ::tenantry_domain::tenant::Tenant;
                $then
            }
            Kind::Role => {
                type $type = ::tenantry_domain::role::Role;
                $then
            }
            Kind::Membership => {
                type $type = ::tenantry_domain::membership::Membership;
                $then
            }
            Kind::Session => {
                type $type = ::tenantry_domain::session::Session;
                $then
            }
            Kind::File => {
                type $type = ::tenantry_domain::file::File;
                $then
            }
            Kind::Blob => {
                type $type = ::tenantry_domain::blob::Blob;
                $then
            }
            Kind::Version => {
                type $type = ::tenantry_domain::version::FileVersion;
                $then
            }
            Kind::Project => {
                type $type = ::tenantry_domain::project::Project;
                $then
            }
            Kind::Job => {
                type $type = ::tenantry_domain::job::Job;
                $then
            }
            Kind::Idempotency => {
                type $type = ::tenantry_domain::idempotency::IdempotencyRecord;
                $then
            }
            Kind::Audit => {
                type $type = $crate::records::AuditRecord;
                $then
            }
            Kind::AuditChain => {
                type $type = $crate::records::AuditChain;
                $then
            }
            Kind::Epoch => {
                type $type = ::tenantry_application::ports::EpochChange;
                $then
            }
            Kind::Quota => {
                type $type = ::tenantry_domain::quota::Quota;
                $then
            }
        }
    }};
}
