//! What is forgotten stays so, whoever is about to keep it.

use std::sync::Arc;

use tenantry_application::ports::{AccessGrant, EpochSubject};
use tenantry_domain::id::{SessionId, UserId};

use super::CacheWorld;
use crate::conformance::samples::at;

pub(super) async fn a_person_is_forgotten(world: &CacheWorld) {
    world.cache.set_fresh_until(at(1));
    let (grant, other) = (world.put(None), world.put(None));
    let again = AccessGrant {
        session_id: SessionId::from_uuid(world.samples.id()),
        ..AccessGrant::clone(&grant)
    };
    let again = Arc::new(again);
    world
        .cache
        .insert(world.cache.generation(), Arc::clone(&again));
    world.cache.invalidate(EpochSubject::User(grant.user_id));
    assert!(!world.has(&grant) && !world.has(&again));
    assert!(world.has(&other));
}

pub(super) async fn a_tenant_is_forgotten(world: &CacheWorld) {
    world.cache.set_fresh_until(at(1));
    let tenant = world.tenant();
    let ours = [world.put(Some(tenant)), world.put(Some(tenant))];
    let others = [world.put(Some(world.tenant())), world.put(None)];
    // The id of a tenant names nobody.
    world
        .cache
        .invalidate(EpochSubject::User(UserId::from_uuid(tenant.as_uuid())));
    assert!(ours.iter().all(|grant| world.has(grant)));
    world.cache.invalidate(EpochSubject::Tenant(tenant));
    assert!(!ours.iter().any(|grant| world.has(grant)));
    assert!(others.iter().all(|grant| world.has(grant)));
}

pub(super) async fn a_session_is_forgotten(world: &CacheWorld) {
    world.cache.set_fresh_until(at(1));
    let (grant, other) = (world.put(None), world.put(None));
    world.cache.invalidate_session(grant.session_id);
    assert!(!world.has(&grant));
    assert!(world.has(&other));
    world.cache.invalidate_session(grant.session_id);
}

/// It may have been read before what was forgotten came to pass.
pub(super) async fn what_was_read_before_a_forgetting_is_not_kept(world: &CacheWorld) {
    world.cache.set_fresh_until(at(1));
    let forgettings: [&dyn Fn(&AccessGrant); 3] = [
        &|grant| world.cache.invalidate(EpochSubject::User(grant.user_id)),
        &|_| world.cache.invalidate(EpochSubject::Tenant(world.tenant())),
        &|grant| world.cache.invalidate_session(grant.session_id),
    ];
    for forget in forgettings {
        let grant = world.grant(None);
        let generation = world.cache.generation();
        forget(&grant);
        world.cache.insert(generation, Arc::clone(&grant));
        assert!(!world.has(&grant));
        world
            .cache
            .insert(world.cache.generation(), Arc::clone(&grant));
        assert!(world.has(&grant));
    }
}
