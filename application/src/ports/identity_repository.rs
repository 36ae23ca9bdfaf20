//! People, as stored.

use async_trait::async_trait;
use tenantry_domain::{email::Email, id::UserId, identity::Identity};

use super::PortError;

/// Reads people.
#[async_trait]
pub trait IdentityRepository: Send + Sync {
    /// The person of an id.
    async fn lookup(&self, id: UserId) -> Result<Option<Identity>, PortError>;

    /// The person whose e-mail address folds to `key`.
    async fn find_by_email(&self, key: &str) -> Result<Option<Identity>, PortError>;

    /// The person whose username folds to `key`.
    async fn find_by_username(&self, key: &str) -> Result<Option<Identity>, PortError>;

    /// The addresses of those of `ids` that are there, in any order. At most
    /// 1,000 ids.
    async fn emails(&self, ids: &[UserId]) -> Result<Vec<(UserId, Email)>, PortError>;
}
