//! Who is calling.

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

/// What is known of the request itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestInfo {
    /// Its id, for logs and audit.
    pub request_id: Option<String>,
    /// The client's address.
    pub address: Option<String>,
    /// The client's user agent.
    pub user_agent: Option<String>,
}

/// A person who is signed in, whether or not they act in a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonCaller {
    /// Who.
    pub user_id: UserId,
    /// In which session.
    pub session_id: SessionId,
    /// The tenant the session acts in, if it may.
    pub tenant: Option<ActiveTenant>,
    /// The permissions held there.
    pub permissions: PermissionSet,
    /// The request.
    pub request: RequestInfo,
}

/// A person who acts in a tenant: what almost every use case asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub user_id: UserId,
    /// Where.
    pub tenant: ActiveTenant,
    /// In which session.
    pub session_id: SessionId,
    /// What they may do there.
    pub permissions: PermissionSet,
    /// The epochs that was read at.
    pub epochs: [(EpochSubject, u64); 2],
    /// The request.
    pub request: RequestInfo,
}

impl PersonCaller {
    /// The person of a grant.
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

impl Caller {
    /// The caller of a grant, if it opens a tenant.
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

    /// The id of the tenant.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant.id()
    }

    /// As whom the audit log knows them.
    pub fn actor(&self) -> Actor {
        Actor::Person(self.user_id)
    }

    /// Refuses whoever lacks a permission.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.permissions.has(permission) {
            Ok(())
        } else {
            Err(lacks(permission))
        }
    }

    /// Refuses whoever may not do `action` in `place`. Where the place is not
    /// for this person to know of, the answer is that there is no such `thing`.
    pub fn require_file(&self, action: FileAction, place: Place, thing: Thing) -> Result<()> {
        let (user, tenant) = (self.user_id, self.tenant.id());
        match file_access::decide(user, tenant, self.permissions, action, place) {
            Decision::Allowed => Ok(()),
            Decision::Denied => Err(lacks(action.permission())),
            Decision::Hidden => Err(Error::NotFound(thing)),
        }
    }

    /// Makes a commit refuse when what this caller may do has changed since.
    pub fn guard(&self, work: &mut TenantWork) {
        for (subject, epoch) in self.epochs {
            work.expect_epoch(subject, epoch);
        }
    }
}

fn lacks(permission: Permission) -> Error {
    Error::AccessDenied(format!("this needs the permission {permission}"))
}
