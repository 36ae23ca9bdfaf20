//! Reads and changes of a database past the service.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::tampering::Tampering;

/// A database.
#[async_trait]
pub trait Rows: Send + Sync {
    /// Returns each row of each table as a line of text.
    async fn all(&self) -> BTreeSet<String>;

    /// Returns the ids of the jobs of a tenant, in any order.
    async fn jobs_of(&self, tenant: &str) -> Vec<String>;

    /// Replaces the stored key of an e-mail address.
    async fn replace_email_key(&self, key: &str, by: &str);

    /// Changes audit rows.
    async fn tamper(&self, change: &Tampering);
}

/// Returns text in which ids have the same form in all databases.
pub(in crate::harness) fn bare(text: &str) -> String {
    text.to_uppercase().replace('-', "")
}
