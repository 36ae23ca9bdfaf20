//! Comparing the objects of each backend with the blob records, slowly: the
//! backstop for objects that no record mentions, such as one that reappeared
//! after a power failure.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::TryStreamExt;
use tenantry_domain::{Timestamp, blob::BackendName, id::TenantId};

use crate::{
    error::{Error, Result},
    ports::{BlobEntry, BlobStore, TenantStore},
    services::Services,
    tenants,
};

/// The minimum age of an object without a record, by the backend's clock. An
/// upload commits its record before its first byte, so that the age only covers
/// a database that is restored from a backup, or a wrong one.
const MIN_AGE: Duration = Duration::from_hours(24);

/// The maximum number of objects deleted per run and backend.
const MAX_DELETIONS: usize = 10_000;

/// The number of orphans up to which their share does not matter.
const FEW: usize = 100;

/// The stores of the tenants whose objects are listed: `None` for a tenant that
/// is unknown or not active.
type Stores = HashMap<TenantId, Option<Arc<dyn TenantStore>>>;

/// The maximum number of open stores.
const STORES: usize = 64;

/// Deletes objects without a record, and returns their number. Objects of
/// unknown tenants are kept: they may belong to another service. A failure of a
/// backend is logged, and does not affect the others.
pub async fn remove_orphans(services: &Services) -> Result<u64> {
    let mut count = 0;
    for (name, backend) in services.blobs.iter() {
        if let Err(error) = compare(services, name, backend.as_ref(), &mut count).await {
            tracing::warn!(backend = %name, %error, "cannot compare the objects with their records");
        }
    }
    Ok(count)
}

/// Deletes the orphans of a backend, unless most objects seem to be orphans,
/// which means that the database is the wrong one.
async fn compare(
    services: &Services,
    name: &BackendName,
    backend: &dyn BlobStore,
    count: &mut u64,
) -> Result<()> {
    let mut stores = Stores::new();
    let (mut orphans, mut known) = (Vec::new(), 0);
    let mut entries = backend.list();
    while let Some(entry) = entries.try_next().await.map_err(Error::storage)? {
        if !is_old(entry.modified_at, services.now()) {
            continue;
        }
        if !is_orphan(services, &mut stores, name, &entry).await? {
            known += 1;
        } else if orphans.len() < MAX_DELETIONS {
            orphans.push(entry.key);
        }
    }
    if orphans.len() > FEW.max(known) {
        let orphans = orphans.len();
        tracing::error!(
            backend = %name,
            orphans,
            known,
            "most objects have no record, and none is deleted: check the database, and run fsck"
        );
        return Ok(());
    }
    for key in orphans {
        backend.delete(key).await.map_err(Error::storage)?;
        tracing::warn!(blob.name = %key, "deleted an object without a record");
        *count += 1;
    }
    Ok(())
}

/// Returns whether an object is old enough. A time that is far ahead was set by
/// a clock that has been corrected since.
fn is_old(modified_at: Timestamp, now: Timestamp) -> bool {
    now.distance(modified_at) >= MIN_AGE
}

async fn is_orphan(
    services: &Services,
    stores: &mut Stores,
    backend: &BackendName,
    entry: &BlobEntry,
) -> Result<bool> {
    let tenant = entry.key.tenant_id;
    if !stores.contains_key(&tenant) {
        if stores.len() >= STORES {
            stores.clear();
        }
        stores.insert(tenant, tenants::open_active(services, tenant).await?);
    }
    let Some(Some(store)) = stores.get(&tenant) else {
        return Ok(false);
    };
    let blob = store.blobs().lookup(entry.key.blob_id).await?;
    Ok(blob.is_none_or(|blob| blob.backend != *backend))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_does_not_depend_on_the_direction_of_a_clock() {
        let now = Timestamp::EPOCH.plus(Duration::from_hours(1000));
        let hours = Duration::from_hours;
        assert!(!is_old(now.minus(hours(23)), now));
        assert!(is_old(now.minus(hours(24)), now));
        assert!(!is_old(now.plus(hours(1)), now));
        assert!(is_old(now.plus(hours(48)), now));
    }
}
