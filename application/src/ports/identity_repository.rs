//! Users.

use async_trait::async_trait;
use tenantry_domain::{email::Email, id::UserId, identity::Identity};

use super::PortError;

/// Reads users.
#[async_trait]
pub trait IdentityRepository: Send + Sync {
    /// Returns the user with this id.
    async fn lookup(&self, id: UserId) -> Result<Option<Identity>, PortError>;

    /// Returns the user whose e-mail address folds to `key`.
    async fn find_by_email(&self, key: &str) -> Result<Option<Identity>, PortError>;

    /// Returns the user whose username folds to `key`.
    async fn find_by_username(&self, key: &str) -> Result<Option<Identity>, PortError>;

    /// Returns the e-mail addresses of those of `ids` that exist, in any order.
    /// Accepts at most 1,000 ids.
    async fn emails(&self, ids: &[UserId]) -> Result<Vec<(UserId, Email)>, PortError>;
}
