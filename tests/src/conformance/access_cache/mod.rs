//! The conformance suite of access caches: they may evict grants, but never
//! return a stale one.

mod eviction;
mod hits;

use std::sync::Arc;

use tenantry_application::ports::{AccessCache, AccessGrant};
use tenantry_domain::{
    id::{SessionId, TenantId},
    permission::PermissionSet,
    tenant::{ActiveTenant, TenantStatus},
};

use super::{
    samples::{NOW, Samples, at},
    suite::suite,
};

/// A cache under test, empty at first, with room for at least 100 sessions.
pub struct CacheWorld {
    samples: Samples,
    cache: Arc<dyn AccessCache>,
}

impl CacheWorld {
    /// Creates the world of an empty cache.
    pub fn new(cache: Arc<dyn AccessCache>) -> Self {
        let samples = Samples::default();
        Self { samples, cache }
    }

    fn grant(&self, tenant: Option<TenantId>) -> Arc<AccessGrant> {
        Arc::new(AccessGrant {
            session_id: SessionId::from_uuid(self.samples.id()),
            user_id: self.samples.user(),
            tenant: tenant.and_then(|id| ActiveTenant::of(id, TenantStatus::Active)),
            permissions: PermissionSet::all(),
            platform_admin: false,
            user_epoch: 1,
            tenant_epoch: 1,
            expires_at: at(1000),
        })
    }

    fn put(&self, tenant: Option<TenantId>) -> Arc<AccessGrant> {
        let grant = self.grant(tenant);
        self.cache
            .insert(self.cache.generation(), Arc::clone(&grant));
        grant
    }

    fn has(&self, grant: &AccessGrant) -> bool {
        self.cache.get(grant.session_id, NOW).is_some()
    }

    fn tenant(&self) -> TenantId {
        TenantId::from_uuid(self.samples.id())
    }
}

suite! {
    $ access_cache_suite: access_cache::CacheWorld {
        hits:
            a_cached_grant_is_returned
            a_newer_grant_replaces_an_older_one
            only_fresh_grants_are_returned
            a_grant_expires_with_its_session
            the_capacity_is_bounded;
        eviction:
            the_grants_of_a_user_are_evicted
            the_grants_of_a_tenant_are_evicted
            the_grant_of_a_session_is_evicted
            all_grants_are_evicted
            a_grant_read_before_an_eviction_is_not_cached;
    }
}
