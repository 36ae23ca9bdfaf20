//! The access grant of a session: the one read behind every authenticated
//! request.

use async_trait::async_trait;
use tenantry_domain::{
    Timestamp,
    id::{SessionId, UserId},
    permission::PermissionSet,
    tenant::ActiveTenant,
};

use super::PortError;

/// Reads access grants.
#[async_trait]
pub trait AccessRepository: Send + Sync {
    /// Returns the grant of a session; `None` if the session does not exist, is
    /// revoked or expired at `now`, or if its user is deactivated.
    ///
    /// `tenant` is `None` if the session has no tenant, the tenant is not
    /// active, or the user's membership is not active. All fields are read from
    /// one snapshot.
    async fn lookup(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<AccessGrant>, PortError>;
}

/// The access that a session gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessGrant {
    /// The session.
    pub session_id: SessionId,
    /// The session's user.
    pub user_id: UserId,
    /// The tenant the session acts in, if the user has access to it.
    pub tenant: Option<ActiveTenant>,
    /// The effective permissions in the tenant.
    pub permissions: PermissionSet,
    /// Whether the user may administer the platform.
    pub platform_admin: bool,
    /// The user's epoch at the time of the read; 0 if it was never raised.
    pub user_epoch: u64,
    /// The tenant's epoch at the time of the read; 0 if it was never raised.
    pub tenant_epoch: u64,
    /// The session's expiry time.
    pub expires_at: Timestamp,
}
