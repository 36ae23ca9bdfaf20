//! A cached grant is returned as long as it is known to be fresh.

use std::sync::Arc;

use tenantry_application::ports::AccessGrant;
use tenantry_domain::permission::PermissionSet;

use super::CacheWorld;
use crate::conformance::samples::{NOW, at};

pub(super) async fn a_cached_grant_is_returned(world: &CacheWorld) {
    world.cache.set_fresh_until(at(1));
    let (grant, other) = (world.put(None), world.grant(None));
    let found = world.cache.get(grant.session_id, NOW);
    assert_eq!(found, Some(grant));
    assert!(!world.has(&other));
}

pub(super) async fn a_newer_grant_replaces_an_older_one(world: &CacheWorld) {
    world.cache.set_fresh_until(at(1));
    let grant = world.put(None);
    let newer = Arc::new(AccessGrant {
        permissions: PermissionSet::EMPTY,
        ..AccessGrant::clone(&grant)
    });
    world
        .cache
        .insert(world.cache.generation(), Arc::clone(&newer));
    assert_eq!(world.cache.get(grant.session_id, NOW), Some(newer));
}

pub(super) async fn only_fresh_grants_are_returned(world: &CacheWorld) {
    let grant = world.put(None);
    let id = grant.session_id;
    assert_eq!(world.cache.get(id, NOW), None, "not known to be fresh yet");
    world.cache.set_fresh_until(at(5));
    assert!(world.cache.get(id, at(4)).is_some());
    assert_eq!(world.cache.get(id, at(6)), None);
    world.cache.set_fresh_until(at(8));
    assert!(world.cache.get(id, at(6)).is_some());
}

pub(super) async fn a_grant_expires_with_its_session(world: &CacheWorld) {
    world.cache.set_fresh_until(at(5000));
    let grant = world.put(None);
    assert!(world.cache.get(grant.session_id, at(999)).is_some());
    assert_eq!(world.cache.get(grant.session_id, at(1000)), None);
}

pub(super) async fn the_capacity_is_bounded(world: &CacheWorld) {
    world.cache.set_fresh_until(at(1));
    let grants: Vec<_> = (0..20_000).map(|_| world.put(None)).collect();
    let cached = grants.iter().filter(|grant| world.has(grant)).count();
    assert!((1..10_000).contains(&cached), "{cached}");
}
