//! The cache of what callers may do: it may forget, but never tell what is
//! over.

mod forgetting;
mod keeping;

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

/// An empty cache with room for at least a hundred sessions.
pub struct CacheWorld {
    samples: Samples,
    cache: Arc<dyn AccessCache>,
}

impl CacheWorld {
    /// The world of an empty cache.
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
        keeping:
            what_is_kept_is_answered
            what_is_kept_again_is_the_newer
            nothing_is_answered_unless_known_to_be_fresh
            a_grant_ends_with_its_session
            room_is_bounded;
        forgetting:
            a_person_is_forgotten
            a_tenant_is_forgotten
            a_session_is_forgotten
            what_was_read_before_a_forgetting_is_not_kept;
    }
}
