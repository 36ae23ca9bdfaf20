//! Ledgers.

use mongodb::bson;
use serde::{Deserialize, Serialize};
use tenantry_application::ports::PortError;
use tenantry_domain::{id::TenantId, quota::Quota};

use super::{Reading, big, uuid};
use crate::plan::{Table, bson_id};

/// The ledger of a tenant. What is left is kept as well, below zero where the
/// limit was lowered, so that a filter can compare it: filters that every
/// server knows cannot compare two fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct QuotaRow {
    #[serde(rename = "_id")]
    tenant_id: bson::Uuid,
    limit_bytes: i64,
    used_bytes: i64,
    reserved_bytes: i64,
    available_bytes: i64,
}

impl QuotaRow {
    pub(crate) fn new(quota: &Quota) -> Self {
        let limit_bytes = big(quota.limit_bytes);
        let used_bytes = big(quota.used_bytes);
        let reserved_bytes = big(quota.reserved_bytes);
        Self {
            tenant_id: bson_id(quota.tenant_id.as_uuid()),
            limit_bytes,
            used_bytes,
            reserved_bytes,
            available_bytes: limit_bytes
                .saturating_sub(used_bytes)
                .saturating_sub(reserved_bytes),
        }
    }

    pub(crate) fn quota(&self) -> Result<Quota, PortError> {
        let id = uuid(self.tenant_id);
        let read = Reading::of(Table::Quotas, id);
        Ok(Quota {
            tenant_id: TenantId::from_uuid(id),
            limit_bytes: read.count("limit_bytes", self.limit_bytes)?,
            used_bytes: read.count("used_bytes", self.used_bytes)?,
            reserved_bytes: read.count("reserved_bytes", self.reserved_bytes)?,
        })
    }
}
