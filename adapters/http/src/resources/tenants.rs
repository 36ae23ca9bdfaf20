//! Tenants, as their people see them.

use std::sync::Arc;

use poem_openapi::{Object, OpenApi, param::Path};
use tenantry_application::{Services, ports::Usage, tenants};
use tenantry_domain::id::TenantId;
use uuid::Uuid;

use super::files::BucketName;
use crate::{caller::SignedIn, payload::Json, problem::Problem, tag::Tag};

/// The operations on tenants.
pub(crate) struct TenantsApi {
    services: Arc<Services>,
}

impl TenantsApi {
    /// The operations, on these services.
    pub(crate) fn new(services: Arc<Services>) -> Self {
        Self { services }
    }
}

/// What a tenant stores, and where its bytes come from.
#[derive(Object)]
#[oai(rename = "Usage")]
struct UsageBody {
    /// The most it may store, in bytes.
    storage_quota_bytes: u64,
    /// Bytes of stored versions. Equal content counts each time it is shown.
    storage_used_bytes: u64,
    /// Bytes held for uploads under way.
    storage_reserved_bytes: u64,
    /// Bytes that are left.
    storage_available_bytes: u64,
    /// The spaces the used bytes lie in; they add up to `storage_used_bytes`.
    #[oai(validator(max_items = 10000))]
    buckets: Vec<BucketUsage>,
    /// Uploads under way.
    open_uploads: u64,
    /// Bytes on the storage backends, where equal content counts once.
    stored_bytes: u64,
}

/// What one space holds.
#[derive(Object)]
struct BucketUsage {
    /// The kind of space.
    bucket: BucketName,
    /// The person or tenant whose space it is.
    bucket_id: Uuid,
    /// Files in it.
    files: u64,
    /// Versions that hold bytes.
    versions: u64,
    /// Their sizes together.
    size_bytes: u64,
}

#[OpenApi(prefix_path = "/api/v1/tenants", tag = "Tag::Tenants")]
impl TenantsApi {
    /// Show a tenant's usage
    ///
    /// Where every byte of the storage quota comes from. Needs `tenant:read`.
    #[oai(
        path = "/:tenant_id/usage",
        method = "get",
        operation_id = "get_tenant_usage"
    )]
    async fn get_usage(
        &self,
        caller: SignedIn,
        /// The tenant's id.
        tenant_id: Path<Uuid>,
    ) -> Result<Json<UsageBody>, Problem> {
        let id = TenantId::from_uuid(tenant_id.0);
        let usage = tenants::usage(&self.services, &caller.caller()?, id).await?;
        Ok(Json(usage.into()))
    }
}

impl From<Usage> for UsageBody {
    fn from(usage: Usage) -> Self {
        let bucket = |place: &tenantry_application::ports::PlaceUsage| BucketUsage {
            bucket: place.bucket.into(),
            bucket_id: place.bucket_id,
            files: place.files,
            versions: place.versions,
            size_bytes: place.bytes,
        };
        Self {
            storage_quota_bytes: usage.quota.limit_bytes,
            storage_used_bytes: usage.quota.used_bytes,
            storage_reserved_bytes: usage.quota.reserved_bytes,
            storage_available_bytes: usage.quota.available_bytes(),
            buckets: usage.places.iter().map(bucket).collect(),
            open_uploads: usage.open_uploads,
            stored_bytes: usage.stored_bytes,
        }
    }
}
