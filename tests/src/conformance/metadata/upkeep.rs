//! The index of due maintenance.

use tenantry_application::work::AuditSeal;
use tenantry_domain::{
    audit::{ChainHead, Seal},
    blob::Blob,
    id::TenantId,
};

use super::world::{Company, Outcome, ReadOutcome, World};
use crate::conformance::samples::{at, backend, digest, shift};

async fn unsealed(world: &World, limit: u32) -> Vec<Option<TenantId>> {
    let mut chains = world
        .store
        .upkeep()
        .unsealed_chains(None, limit)
        .await
        .value();
    chains.sort();
    chains
}

async fn to_sweep(world: &World, limit: u32) -> Vec<TenantId> {
    let mut tenants = world
        .store
        .upkeep()
        .tenants_to_sweep(&(at(0)..=at(100)), limit)
        .await
        .value();
    tenants.sort();
    tenants
}

async fn with_blobs(world: &World, name: &str, blobs: impl Fn(TenantId) -> Vec<Blob>) -> Company {
    let company = world.company(name).await;
    let blobs = blobs(company.id);
    company
        .commit(|work| blobs.iter().for_each(|blob| work.blobs().add(blob)))
        .await
        .done();
    company
}

pub(super) async fn nothing_is_due_in_an_empty_store(world: &World) {
    assert_eq!(unsealed(world, 10).await, []);
    assert_eq!(to_sweep(world, 10).await, []);
}

pub(super) async fn chains_with_unsealed_entries_are_listed_once(world: &World) {
    let (acme, globex) = (world.company("Acme").await, world.company("Globex").await);
    world.company("Quiet").await;
    for company in [&acme, &globex] {
        for _ in 0..3 {
            let entry = world.samples.entry(Some(company.id), "a.b");
            company.commit(|work| work.audit(entry)).await.done();
        }
    }
    assert_eq!(unsealed(world, 10).await, [Some(acme.id), Some(globex.id)]);
    let entry = world.samples.entry(None, "a.b");
    world.commit(|work| work.audit(entry)).await.done();
    assert_eq!(
        unsealed(world, 10).await,
        [None, Some(acme.id), Some(globex.id)]
    );
    let index = world.store.upkeep();
    let mut sorted = [acme.id, globex.id];
    sorted.sort();
    let [first, second] = sorted.map(Some);
    let chains = async |after, limit| index.unsealed_chains(after, limit).await.value();
    assert_eq!(chains(None, 2).await, [None, first]);
    assert_eq!(chains(first, 2).await, [second]);
    assert_eq!(chains(second, 2).await, []);
    let entries = acme.store.audit().unsealed(None, 10).await.value();
    let seals = (1..).zip(&entries).map(|(sequence, entry)| {
        (
            entry.id,
            Seal {
                sequence,
                hash: [1; 32],
            },
        )
    });
    let seal = AuditSeal {
        tenant_id: Some(acme.id),
        from: ChainHead::EMPTY,
        seals: seals.collect(),
    };
    acme.commit(|work| work.seal_audit(seal)).await.done();
    assert_eq!(unsealed(world, 10).await, [None, Some(globex.id)]);
}

pub(super) async fn tenants_with_expired_blobs_are_listed_once(world: &World) {
    let silent = with_blobs(world, "Silent", |tenant| {
        [-9, -1].map(|seconds| open(world, tenant, seconds)).into()
    })
    .await;
    let unreferenced = with_blobs(world, "Unreferenced", |tenant| {
        vec![unshown(world, tenant, -1)]
    })
    .await;
    let abandoned = with_blobs(world, "Abandoned", |tenant| {
        let mut blob = world.samples.open_blob(tenant, 1);
        blob.abandon().expect("open");
        vec![blob]
    })
    .await;
    with_blobs(world, "Busy", |tenant| {
        vec![
            open(world, tenant, 0),
            unshown(world, tenant, 0),
            world.samples.stored_blob(tenant, digest(1), 1),
        ]
    })
    .await;
    world.company("Empty").await;
    assert_eq!(
        to_sweep(world, 10).await,
        [silent.id, unreferenced.id, abandoned.id]
    );
    assert_eq!(to_sweep(world, 2).await.len(), 2);
}

pub(super) async fn chains_of_inactive_tenants_are_skipped(world: &World) {
    let acme = world.company("Acme").await;
    let entry = world.samples.entry(Some(acme.id), "a.b");
    acme.commit(|work| work.audit(entry)).await.done();
    let mut tenant = world.tenant(acme.id).await;
    tenant.suspend(at(0)).expect("active");
    world
        .commit(|work| work.tenants().update(&tenant))
        .await
        .done();
    assert_eq!(unsealed(world, 10).await, []);
    let mut tenant = world.tenant(acme.id).await;
    tenant.activate(at(1)).expect("suspended");
    world
        .commit(|work| work.tenants().update(&tenant))
        .await
        .done();
    assert_eq!(unsealed(world, 10).await, [Some(acme.id)]);
}

pub(super) async fn only_active_tenants_are_swept(world: &World) {
    let acme = with_blobs(world, "Acme", |tenant| vec![open(world, tenant, -1)]).await;
    let mut tenant = world.tenant(acme.id).await;
    tenant.suspend(at(0)).expect("active");
    world
        .commit(|work| work.tenants().update(&tenant))
        .await
        .done();
    assert_eq!(to_sweep(world, 10).await, []);
}

fn open(world: &World, tenant: TenantId, silent_since: i64) -> Blob {
    let mut blob = world.samples.open_blob(tenant, 1);
    blob.heartbeat(at(silent_since)).expect("open");
    blob
}

fn unshown(world: &World, tenant: TenantId, since: i64) -> Blob {
    let mut blob = world.samples.stored_blob(tenant, digest(1), 1);
    blob.shift_references(shift(-1, at(since))).expect("one");
    blob
}

pub(super) async fn a_backend_is_used_while_it_has_a_blob(world: &World) {
    let uses = async |name: &str| {
        let upkeep = world.store.upkeep();
        upkeep.uses_backend(&backend(name)).await.value()
    };
    assert!(!uses("main").await);
    let blob = |tenant| vec![world.samples.open_blob(tenant, 1)];
    let company = with_blobs(world, "Acme", blob).await;
    assert!(uses("main").await);
    assert!(!uses("other").await);
    let blobs = company.store.blobs().scan(None, 10).await.value();
    company
        .commit(|work| work.blobs().remove(&blobs[0]))
        .await
        .done();
    assert!(!uses("main").await);
}
