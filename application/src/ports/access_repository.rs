//! The one read behind every authenticated request.

use async_trait::async_trait;
use tenantry_domain::{
    Timestamp,
    id::{SessionId, UserId},
    permission::PermissionSet,
    tenant::ActiveTenant,
};

use super::PortError;

/// Reads what a session opens.
#[async_trait]
pub trait AccessRepository: Send + Sync {
    /// What the session opens; `None` where there is no such session, it was
    /// revoked or is expired at `now`, or its person is deactivated.
    ///
    /// `tenant` is `None` where the session has no tenant, the tenant is not
    /// active, or the person's membership there is not. One consistent read.
    async fn lookup(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<AccessGrant>, PortError>;
}

/// What a session opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessGrant {
    /// The session.
    pub session_id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// The tenant it acts in, if it may.
    pub tenant: Option<ActiveTenant>,
    /// The effective permissions there.
    pub permissions: PermissionSet,
    /// Whether the person may act on the platform.
    pub platform_admin: bool,
    /// The person's epoch when this was read; 0 where none was ever bumped.
    pub user_epoch: u64,
    /// The tenant's epoch when this was read; 0 where none was ever bumped.
    pub tenant_epoch: u64,
    /// When the session ends.
    pub expires_at: Timestamp,
}
