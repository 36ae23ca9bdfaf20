//! The store of platform-wide data.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::tenant::ActiveTenant;

use super::{
    AccessRepository, AuditChains, AuditLog, CommitError, EpochRepository, IdempotencyRepository,
    IdentityRepository, JobQueue, MembershipRepository, PortError, RoleRepository,
    SessionRepository, TenantRepository, TenantStore, UpkeepIndex,
};
use crate::work::PlatformWork;

/// Stores the data of the platform as a whole, and opens the stores of tenants.
///
/// # Consistency
///
/// A read that begins after a commit was acknowledged sees its changes, in this
/// process and in every other on the same database. A method reads one snapshot
/// only where it says so. A commit becomes visible as a whole, except on a
/// database without transactions, where a read may see part of a commit that is
/// not acknowledged yet.
///
/// # Processes
///
/// Several processes may write to one database concurrently: to a file if they
/// run on the same machine, to a server with transactions from anywhere. On a
/// server without transactions one process holds the writer lease, and opening
/// the store in another fails with
/// [`Unsupported`](super::PortErrorKind::Unsupported). The memory store belongs
/// to its process.
///
/// # Revisions
///
/// An update in a unit of work and [`JobQueue::claim`] store the row's next
/// revision. Nothing else changes a revision: neither
/// [`JobQueue::extend_lease`], nor a guard, an epoch, a quota movement or a seal.
///
/// # Lifetime
///
/// The store must outlive the handles that [`open`](Self::open) returns: once
/// it is closed or dropped, their methods may fail with
/// [`Unavailable`](super::PortErrorKind::Unavailable).
#[async_trait]
pub trait PlatformStore: Send + Sync {
    /// Returns the repository of users.
    fn identities(&self) -> &dyn IdentityRepository;

    /// Returns the repository of tenants.
    fn tenants(&self) -> &dyn TenantRepository;

    /// Returns the repository of memberships.
    fn memberships(&self) -> &dyn MembershipRepository;

    /// Returns the repository of roles.
    fn roles(&self) -> &dyn RoleRepository;

    /// Returns the repository of sessions.
    fn sessions(&self) -> &dyn SessionRepository;

    /// Returns the repository of access grants.
    fn access(&self) -> &dyn AccessRepository;

    /// Returns the repository of epochs.
    fn epochs(&self) -> &dyn EpochRepository;

    /// Returns the queue of background jobs.
    fn jobs(&self) -> &dyn JobQueue;

    /// Returns the repository of idempotency records.
    fn idempotency(&self) -> &dyn IdempotencyRepository;

    /// Returns the platform's audit log.
    fn audit(&self) -> &dyn AuditLog;

    /// Returns the audit chains of all tenants and of the platform.
    fn audit_chains(&self) -> &dyn AuditChains;

    /// Returns the index of tenants that need maintenance.
    fn upkeep(&self) -> &dyn UpkeepIndex;

    /// Opens the store of a tenant. Does not check again that the tenant is
    /// active: see [`TenantStore`].
    async fn open(&self, tenant: ActiveTenant) -> Result<Arc<dyn TenantStore>, PortError>;

    /// Applies the whole unit, or nothing if an expectation does not hold. The
    /// commit runs to its end even if the future is dropped.
    ///
    /// Every store accepts units of 2,000 rows. A larger one may fail with
    /// [`Internal`](super::PortErrorKind::Internal) if the database limits the
    /// number of values in a statement.
    async fn commit(&self, work: PlatformWork) -> Result<(), CommitError>;

    /// Checks that the database responds to a read and, where that is cheap,
    /// that it can be written.
    async fn probe(&self) -> Result<(), PortError>;
}
