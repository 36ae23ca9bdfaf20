//! The storage quota of one tenant.

use std::collections::BTreeMap;

use async_trait::async_trait;
use tenantry_application::ports::{PlaceUsage, PortError, PortErrorKind, QuotaRepository, Usage};
use tenantry_domain::{blob::BlobState, id::TenantId, quota::Quota};

use crate::{shared::Shared, state::State};

/// Reads the ledger of one tenant.
#[derive(Debug)]
pub(crate) struct MemoryQuotaRepository {
    shared: Shared,
    tenant: TenantId,
}

impl MemoryQuotaRepository {
    pub(crate) const fn new(shared: Shared, tenant: TenantId) -> Self {
        Self { shared, tenant }
    }

    fn ledger(&self, state: &State) -> Result<Quota, PortError> {
        let ledger = state.quotas.get(&self.tenant).copied();
        ledger.ok_or_else(|| PortError::new(PortErrorKind::NotFound, "the tenant has no quota"))
    }

    fn places(&self, state: &State) -> Vec<PlaceUsage> {
        let mut places = BTreeMap::new();
        let files = state.files.values();
        for file in files.filter(|file| file.tenant_id == self.tenant) {
            let (bucket, bucket_id) = (file.place.bucket(), file.place.owner());
            let place = places
                .entry((bucket.as_str(), bucket_id))
                .or_insert(PlaceUsage {
                    bucket,
                    bucket_id,
                    files: 0,
                    versions: 0,
                    bytes: 0,
                });
            place.files += 1;
            let versions = state.versions.values();
            for version in versions.filter(|v| v.file_id == file.id && v.blob_id.is_some()) {
                place.versions += 1;
                place.bytes += version.size_bytes;
            }
        }
        places.into_values().collect()
    }
}

#[async_trait]
impl QuotaRepository for MemoryQuotaRepository {
    async fn current(&self) -> Result<Quota, PortError> {
        self.ledger(&self.shared.read())
    }

    async fn usage(&self) -> Result<Usage, PortError> {
        let state = self.shared.read();
        let mut usage = Usage {
            quota: self.ledger(&state)?,
            places: self.places(&state),
            open_uploads: 0,
            open_upload_bytes: 0,
            stored_bytes: 0,
        };
        let blobs = state.blobs.values();
        for blob in blobs.filter(|blob| blob.tenant_id == self.tenant) {
            match &blob.state {
                BlobState::Open { reserved_bytes, .. } => {
                    usage.open_uploads += 1;
                    usage.open_upload_bytes += reserved_bytes;
                }
                BlobState::Stored { content, .. } => usage.stored_bytes += content.size_bytes,
                BlobState::Abandoned => {}
            }
        }
        Ok(usage)
    }
}
