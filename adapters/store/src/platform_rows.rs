//! The handle on the platform's rows.

use crate::Backend;

/// The platform's rows in a store. It implements the repositories of the
/// platform that are the same on every store.
#[derive(Debug, Clone)]
pub struct PlatformRows<B> {
    backend: B,
}

impl<B: Backend> PlatformRows<B> {
    /// Opens the handle.
    pub const fn new(backend: B) -> Self {
        Self { backend }
    }

    /// Returns the backend.
    pub const fn backend(&self) -> &B {
        &self.backend
    }
}

/// Writes the methods of a
/// [`PlatformStore`](tenantry_application::ports::PlatformStore) whose
/// repositories [`PlatformRows`] implements. The argument is the field that
/// holds it.
#[macro_export]
macro_rules! platform_repositories {
    ($rows:ident) => {
        fn identities(&self) -> &dyn tenantry_application::ports::IdentityRepository {
            &self.$rows
        }

        fn tenants(&self) -> &dyn tenantry_application::ports::TenantRepository {
            &self.$rows
        }

        fn memberships(&self) -> &dyn tenantry_application::ports::MembershipRepository {
            &self.$rows
        }

        fn roles(&self) -> &dyn tenantry_application::ports::RoleRepository {
            &self.$rows
        }

        fn sessions(&self) -> &dyn tenantry_application::ports::SessionRepository {
            &self.$rows
        }

        fn epochs(&self) -> &dyn tenantry_application::ports::EpochRepository {
            &self.$rows
        }

        fn idempotency(&self) -> &dyn tenantry_application::ports::IdempotencyRepository {
            &self.$rows
        }

        fn audit(&self) -> &dyn tenantry_application::ports::AuditLog {
            &self.$rows
        }

        fn audit_chains(&self) -> &dyn tenantry_application::ports::AuditChains {
            &self.$rows
        }
    };
}
