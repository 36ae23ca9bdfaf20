//! One tenant's ledger, and where its bytes come from.

use std::sync::Arc;

use async_trait::async_trait;
use mongodb::bson::doc;
use tenantry_application::ports::{PortError, QuotaRepository, Usage};
use tenantry_domain::{id::TenantId, quota::Quota};

use crate::{
    commit::{Command, Commits, no_ledger},
    database::{Database, Find},
    plan::{Table, bson_id},
    rows::QuotaRow,
};

/// Reads the ledger.
#[derive(Debug, Clone)]
pub(crate) struct MongoQuotaRepository {
    pub(crate) database: Database,
    pub(crate) commits: Arc<Commits>,
    pub(crate) tenant: TenantId,
}

#[async_trait]
impl QuotaRepository for MongoQuotaRepository {
    async fn current(&self) -> Result<Quota, PortError> {
        let mine = doc! { "_id": bson_id(self.tenant.as_uuid()) };
        let row = self.database.row(Find::new(Table::Quotas, mine)).await?;
        let row: QuotaRow = row.ok_or_else(no_ledger)?;
        row.quota()
    }

    /// Goes the way of commits: only there nothing changes while it counts.
    async fn usage(&self) -> Result<Usage, PortError> {
        let tenant = self.tenant;
        let command = Command::Usage { tenant };
        self.commits.run(Some(tenant), command).await?.usage()
    }
}
