//! Tenants.

use poem_openapi::{Object, OpenApi, param::Path};
use tenantry_application::{
    ports::{PlaceUsage, Usage},
    tenants,
};
use tenantry_domain::{file::Bucket, id::TenantId};
use uuid::Uuid;

use super::resource::resource;
use crate::{caller::Authentication, payload::Json, problem::Problem, tag::Tag, types::Choice};

resource! {
    /// The operations on tenants.
    TenantsApi
}

/// The storage usage of a tenant.
#[derive(Object)]
#[oai(rename = "Usage")]
struct UsageBody {
    /// The storage quota, in bytes.
    storage_quota_bytes: u64,
    /// The size of all stored versions in bytes: each counts as at least 4096
    /// bytes, and equal content counts once per version.
    storage_used_bytes: u64,
    /// The bytes reserved for uploads in progress.
    storage_reserved_bytes: u64,
    /// The bytes left of the quota.
    storage_available_bytes: u64,
    /// The usage per bucket, which adds up to `storage_used_bytes` once the
    /// deletion of files with many versions has ended.
    #[oai(validator(max_items = 10000))]
    buckets: Vec<BucketUsage>,
    /// The number of uploads in progress.
    open_uploads: u64,
    /// The bytes on the storage backends, where equal content counts once.
    stored_bytes: u64,
}

/// The storage usage of one bucket.
#[derive(Object)]
struct BucketUsage {
    /// The kind of bucket.
    bucket: Choice<Bucket>,
    /// The id of the user or tenant that owns the bucket.
    bucket_id: Uuid,
    /// The number of files.
    files: u64,
    /// The number of stored versions.
    versions: u64,
    /// The total size of those versions in bytes, each at least 4096.
    size_bytes: u64,
}

#[OpenApi(prefix_path = "/api/v1/tenants", tag = "Tag::Tenants")]
impl TenantsApi {
    /// Get the storage usage of a tenant
    ///
    /// Returns the quota and its usage per bucket. Requires `tenant:read`.
    #[oai(
        path = "/:tenant_id/usage",
        method = "get",
        operation_id = "get_tenant_usage"
    )]
    async fn get_usage(
        &self,
        caller: Authentication,
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
        Self {
            storage_quota_bytes: usage.quota.limit_bytes,
            storage_used_bytes: usage.quota.used_bytes,
            storage_reserved_bytes: usage.quota.reserved_bytes,
            storage_available_bytes: usage.quota.available_bytes(),
            buckets: usage.places.iter().map(BucketUsage::from).collect(),
            open_uploads: usage.open_uploads,
            stored_bytes: usage.stored_bytes,
        }
    }
}

impl From<&PlaceUsage> for BucketUsage {
    fn from(usage: &PlaceUsage) -> Self {
        Self {
            bucket: Choice(usage.bucket),
            bucket_id: usage.bucket_id,
            files: usage.files,
            versions: usage.versions,
            size_bytes: usage.bytes,
        }
    }
}
