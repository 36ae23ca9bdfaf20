//! Evicted grants do not come back, even from a read in progress.

use std::sync::Arc;

use tenantry_application::ports::{AccessGrant, EpochSubject};
use tenantry_domain::id::{SessionId, UserId};

use super::CacheWorld;
use crate::conformance::samples::at;

pub(super) async fn the_grants_of_a_user_are_evicted(world: &CacheWorld) {
    world.cache.set_fresh_until(at(1));
    let (grant, other) = (world.put(None), world.put(None));
    let second = AccessGrant {
        session_id: SessionId::from_uuid(world.samples.id()),
        ..AccessGrant::clone(&grant)
    };
    let second = Arc::new(second);
    world
        .cache
        .insert(world.cache.generation(), Arc::clone(&second));
    world.cache.invalidate(EpochSubject::User(grant.user_id));
    assert!(!world.has(&grant) && !world.has(&second));
    assert!(world.has(&other));
}

pub(super) async fn all_grants_are_evicted(world: &CacheWorld) {
    world.cache.set_fresh_until(at(1));
    let grants = [world.put(None), world.put(Some(world.tenant()))];
    let before = world.cache.generation();
    world.cache.invalidate_all();
    assert!(!grants.iter().any(|grant| world.has(grant)));
    // A grant read before is outdated too.
    world.cache.insert(before, Arc::clone(&grants[0]));
    assert!(!world.has(&grants[0]));
}

pub(super) async fn the_grants_of_a_tenant_are_evicted(world: &CacheWorld) {
    world.cache.set_fresh_until(at(1));
    let tenant = world.tenant();
    let grants = [world.put(Some(tenant)), world.put(Some(tenant))];
    let others = [world.put(Some(world.tenant())), world.put(None)];
    // The id of a tenant is not the id of a user.
    world
        .cache
        .invalidate(EpochSubject::User(UserId::from_uuid(tenant.as_uuid())));
    assert!(grants.iter().all(|grant| world.has(grant)));
    world.cache.invalidate(EpochSubject::Tenant(tenant));
    assert!(!grants.iter().any(|grant| world.has(grant)));
    assert!(others.iter().all(|grant| world.has(grant)));
}

pub(super) async fn the_grant_of_a_session_is_evicted(world: &CacheWorld) {
    world.cache.set_fresh_until(at(1));
    let (grant, other) = (world.put(None), world.put(None));
    world.cache.invalidate_session(grant.session_id);
    assert!(!world.has(&grant));
    assert!(world.has(&other));
    world.cache.invalidate_session(grant.session_id);
}

pub(super) async fn a_grant_read_before_an_eviction_is_not_cached(world: &CacheWorld) {
    // The grant may predate the change that caused the eviction.
    world.cache.set_fresh_until(at(1));
    let evictions: [&dyn Fn(&AccessGrant); 3] = [
        &|grant| world.cache.invalidate(EpochSubject::User(grant.user_id)),
        &|_| world.cache.invalidate(EpochSubject::Tenant(world.tenant())),
        &|grant| world.cache.invalidate_session(grant.session_id),
    ];
    for evict in evictions {
        let grant = world.grant(None);
        let generation = world.cache.generation();
        evict(&grant);
        world.cache.insert(generation, Arc::clone(&grant));
        assert!(!world.has(&grant));
        world
            .cache
            .insert(world.cache.generation(), Arc::clone(&grant));
        assert!(world.has(&grant));
    }
}
