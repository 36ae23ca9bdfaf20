//! Rows in memory, one table a stored type.

use std::collections::BTreeMap;

use crate::Key;

/// The stored types.
pub mod types {
    pub use tenantry_application::ports::EpochChange;
    pub use tenantry_domain::{
        blob::Blob, file::File, idempotency::IdempotencyRecord, identity::Identity, job::Job,
        membership::Membership, project::Project, quota::Quota, role::Role, session::Session,
        tenant::Tenant, version::FileVersion,
    };

    pub use crate::records::{AuditChain, AuditRecord};
}

/// The rows of one type by primary key.
pub(crate) type Table<T> = BTreeMap<Key, T>;

/// A type with a table in [`Tables`].
pub trait Tabled: Sized {
    /// Returns the table.
    fn table(tables: &Tables) -> &Table<Self>;

    /// Returns the table, to change it.
    fn table_mut(tables: &mut Tables) -> &mut Table<Self>;
}

/// Declares the stored type of each kind and its table. The first token is a
/// `$`.
macro_rules! tables {
    ($d:tt $($kind:ident: $type:ident in $table:ident;)+) => {
        /// One table a stored type.
        #[derive(Debug, Default)]
        pub struct Tables {
            $($table: Table<types::$type>,)+
        }

        $(impl Tabled for types::$type {
            fn table(tables: &Tables) -> &Table<Self> {
                &tables.$table
            }

            fn table_mut(tables: &mut Tables) -> &mut Table<Self> {
                &mut tables.$table
            }
        })+

        /// Evaluates an expression with the stored type of a
        /// [`Kind`](tenantry_application::work::Kind). The match is exhaustive: a
        /// new kind does not compile before it has a table.
        #[macro_export]
        macro_rules! with_stored {
            ($d kind:expr, $d alias:ident => $d then:expr) => {{
                use tenantry_application::work::Kind;
                match $d kind {
                    $(Kind::$kind => {
                        type $d alias = $d crate::types::$type;
                        $d then
                    })+
                }
            }};
        }
    };
}

tables! {
    $
    Identity: Identity in identities;
    Tenant: Tenant in tenants;
    Role: Role in roles;
    Membership: Membership in memberships;
    Session: Session in sessions;
    File: File in files;
    Blob: Blob in blobs;
    Version: FileVersion in versions;
    Project: Project in projects;
    Job: Job in jobs;
    Idempotency: IdempotencyRecord in idempotency_records;
    Audit: AuditRecord in audit_entries;
    AuditChain: AuditChain in audit_chains;
    Epoch: EpochChange in epochs;
    Quota: Quota in quotas;
}
