//! The authenticated caller of a use case.

use tenantry_domain::{
    audit::Actor,
    file::Place,
    id::{SessionId, TenantId, UserId},
    permission::{Permission, PermissionSet},
    policy::file_access::{self, Decision, FileAction},
    tenant::ActiveTenant,
};

use crate::{
    error::{Error, Result, Thing},
    ports::{AccessGrant, EpochSubject},
    work::TenantWork,
};

/// Metadata of the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestInfo {
    /// The request's id, for logs and audit.
    pub request_id: Option<String>,
    /// The client's address.
    pub address: Option<String>,
    /// The client's user agent.
    pub user_agent: Option<String>,
}

/// A signed-in user, with or without a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonCaller {
    /// The user.
    pub user_id: UserId,
    /// The session.
    pub session_id: SessionId,
    /// The tenant the session acts in, if the user has access to it.
    pub tenant: Option<ActiveTenant>,
    /// The permissions in that tenant.
    pub permissions: PermissionSet,
    /// The request.
    pub request: RequestInfo,
}

/// A signed-in platform administrator, with or without a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformCaller {
    /// The user.
    pub user_id: UserId,
    /// The request.
    pub request: RequestInfo,
}

/// A signed-in user in a tenant, as required by most use cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user_id: UserId,
    /// The tenant.
    pub tenant: ActiveTenant,
    /// The session.
    pub session_id: SessionId,
    /// The permissions in the tenant.
    pub permissions: PermissionSet,
    /// The epochs at which the permissions were read.
    pub epochs: [(EpochSubject, u64); 2],
    /// The request.
    pub request: RequestInfo,
}

impl PersonCaller {
    /// Creates the caller from an access grant.
    pub fn new(grant: &AccessGrant, request: RequestInfo) -> Self {
        Self {
            user_id: grant.user_id,
            session_id: grant.session_id,
            tenant: grant.tenant,
            permissions: grant.permissions,
            request,
        }
    }
}

impl PlatformCaller {
    /// Creates the caller from an access grant; `None` if the user may not administer
    /// the platform.
    pub fn new(grant: &AccessGrant, request: RequestInfo) -> Option<Self> {
        grant.platform_admin.then_some(Self {
            user_id: grant.user_id,
            request,
        })
    }
}

impl Caller {
    /// Creates the caller from an access grant; `None` if it has no tenant.
    pub fn new(grant: &AccessGrant, request: RequestInfo) -> Option<Self> {
        let tenant = grant.tenant?;
        Some(Self {
            user_id: grant.user_id,
            tenant,
            session_id: grant.session_id,
            permissions: grant.permissions,
            epochs: [
                (EpochSubject::User(grant.user_id), grant.user_epoch),
                (EpochSubject::Tenant(tenant.id()), grant.tenant_epoch),
            ],
            request,
        })
    }

    /// Returns the id of the tenant.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant.id()
    }

    /// Returns the actor for audit entries.
    pub fn actor(&self) -> Actor {
        Actor::Person(self.user_id)
    }

    /// Fails with [`Error::AccessDenied`] if the caller lacks the permission.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.permissions.has(permission) {
            Ok(())
        } else {
            Err(missing_permission(permission))
        }
    }

    /// Fails if the caller may not perform `action` in `place`: with
    /// [`Error::NotFound`] for `thing` if the place must stay hidden, else with
    /// [`Error::AccessDenied`].
    pub fn require_file(&self, action: FileAction, place: Place, thing: Thing) -> Result<()> {
        let (user, tenant) = (self.user_id, self.tenant.id());
        match file_access::decide(user, tenant, self.permissions, action, place) {
            Decision::Allowed => Ok(()),
            Decision::Denied => Err(missing_permission(action.permission())),
            Decision::Hidden => Err(Error::NotFound(thing)),
        }
    }

    /// Makes a commit fail as stale if the caller's permissions have changed
    /// since they were read.
    pub fn guard(&self, work: &mut TenantWork) {
        for (subject, epoch) in self.epochs {
            work.expect_epoch(subject, epoch);
        }
    }
}

fn missing_permission(permission: Permission) -> Error {
    Error::AccessDenied(format!("the permission {permission} is required"))
}
