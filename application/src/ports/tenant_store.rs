//! The store of one tenant's data.

use async_trait::async_trait;
use tenantry_domain::tenant::ActiveTenant;

use super::{
    AuditLog, BlobRepository, CommitError, FileRepository, ProjectRepository, QuotaRepository,
    VersionRepository,
};
use crate::work::TenantWork;

/// Declares the repositories of a tenant.
macro_rules! repositories {
    ($($(#[doc = $doc:literal])+ $name:ident: $port:ident;)+) => {
        /// The repositories of a tenant.
        pub trait TenantRepositories: Send + Sync {
            $($(#[doc = $doc])+ fn $name(&self) -> &dyn $port;)+
        }

        /// A type that implements every repository is all of them.
        impl<T: $($port +)+ Send + Sync> TenantRepositories for T {
            $(fn $name(&self) -> &dyn $port {
                self
            })+
        }

        impl<'s> dyn TenantStore + 's {
            $($(#[doc = $doc])+ pub fn $name(&self) -> &dyn $port {
                self.repositories().$name()
            })+
        }
    };
}

repositories! {
    /// Returns the repository of files.
    files: FileRepository;
    /// Returns the repository of versions.
    versions: VersionRepository;
    /// Returns the repository of blob records.
    blobs: BlobRepository;
    /// Returns the repository of projects.
    projects: ProjectRepository;
    /// Returns the storage quota.
    quota: QuotaRepository;
    /// Returns the tenant's audit log.
    audit: AuditLog;
}

/// Stores the data of one tenant. No other tenant's data can be reached through
/// it.
///
/// [`ActiveTenant`] proves only that the tenant was active once. Reads do not
/// check it again and keep working after the tenant is suspended; every
/// [`commit`](Self::commit) checks it. The consistency and the lifetime are
/// those of the [`PlatformStore`](super::PlatformStore).
#[async_trait]
pub trait TenantStore: Send + Sync {
    /// Returns the tenant that the store was opened for.
    fn tenant(&self) -> ActiveTenant;

    /// Returns the tenant's repositories.
    fn repositories(&self) -> &dyn TenantRepositories;

    /// Creates an empty unit of work for this tenant.
    fn begin(&self) -> TenantWork {
        TenantWork::new(self.tenant())
    }

    /// Applies the whole unit, or nothing if the tenant is not active or an
    /// expectation does not hold. The commit runs to its end even if the future
    /// is dropped. Its size is limited as in
    /// [`PlatformStore::commit`](super::PlatformStore::commit).
    ///
    /// A tenant that was suspended before the commit began is rejected as
    /// [`Missing`](super::Refusal::Missing). A commit that overlaps the
    /// suspension may be applied, on some databases even just after it.
    async fn commit(&self, work: TenantWork) -> Result<(), CommitError>;
}
