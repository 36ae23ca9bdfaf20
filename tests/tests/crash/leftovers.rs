//! The objects and unfinished writes that remain in the storage after a kill,
//! read while no service runs.

use std::{path::Path, time::Duration};

use futures_util::TryStreamExt;
use tenantry::Service;
use tenantry_application::{
    Services,
    ports::{BlobKey, SweepResult},
    upkeep::Sweeper,
};
use tenantry_domain::{
    blob::BlobState,
    tenant::{ActiveTenant, TenantStatus},
};
use tenantry_tests::harness::{Settings, configuration, until};

/// Sweeps until every object belongs to a version and no write is unfinished.
pub(crate) async fn expect_swept(data: &Path, settings: Settings<'_>) {
    let service = Service::open(configuration(data, settings)).await;
    let service = service.expect("an open service");
    let mut sweeper = Sweeper::default();
    until("nothing is left to sweep", async || {
        let swept = sweeper.run(service.services()).await;
        swept.expect("swept");
        is_swept(service.services()).await.then_some(())
    })
    .await;
    service.close().await.expect("closed");
}

async fn is_swept(services: &Services) -> bool {
    for (_, blobs) in services.blobs.iter() {
        let swept = blobs.sweep_staging(Duration::ZERO).await;
        if swept.expect("swept") != SweepResult::default() {
            return false;
        }
        let entries: Vec<_> = blobs.list().try_collect().await.expect("listed");
        for entry in entries {
            if !has_version(services, entry.key).await {
                return false;
            }
        }
    }
    true
}

async fn has_version(services: &Services, key: BlobKey) -> bool {
    let active = ActiveTenant::of(key.tenant_id, TenantStatus::Active).expect("active");
    let store = services.store.open(active).await.expect("an open store");
    let blob = store.blobs().lookup(key.blob_id).await.expect("looked up");
    blob.is_some_and(|blob| {
        matches!(
            blob.state,
            BlobState::Stored {
                references: 1..,
                ..
            }
        )
    })
}
