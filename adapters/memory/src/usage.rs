//! The storage usage of a tenant.

use std::collections::BTreeMap;

use tenantry_application::ports::{PlaceUsage, PortError, Usage};
use tenantry_domain::{
    blob::{Blob, BlobState},
    file::File,
    id::TenantId,
    quota::Quota,
    version::FileVersion,
};
use tenantry_store::{State, no_quota};

/// Sums up the bytes of a tenant.
pub(crate) fn usage(state: &State, tenant: TenantId) -> Result<Usage, PortError> {
    let quota = state.get::<Quota>(tenant).copied();
    let mut usage = Usage {
        quota: quota.ok_or_else(no_quota)?,
        places: places(state, tenant),
        open_uploads: 0,
        open_upload_bytes: 0,
        stored_bytes: 0,
    };
    for blob in state.all::<Blob>().filter(|blob| blob.tenant_id == tenant) {
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

fn places(state: &State, tenant: TenantId) -> Vec<PlaceUsage> {
    let mut places = BTreeMap::new();
    for file in state.all::<File>().filter(|file| file.tenant_id == tenant) {
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
        let versions = state.all::<FileVersion>();
        for version in versions.filter(|v| v.file_id == file.id && v.blob_id.is_some()) {
            place.versions += 1;
            place.bytes += version.used_bytes();
        }
    }
    places.into_values().collect()
}
