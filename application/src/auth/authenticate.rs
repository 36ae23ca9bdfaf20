//! Authentication of requests by access token.

use std::sync::Arc;

use tenantry_domain::{id::SessionId, tenant::ActiveTenant};

use super::select::Selection;
use crate::{
    caller::{Caller, PersonCaller, PlatformCaller, RequestInfo},
    error::{Error, Result},
    ports::{AccessGrant, TokenError},
    services::Services,
};

/// A user with a valid token and session.
#[derive(Debug, Clone)]
pub struct Principal {
    grant: Arc<AccessGrant>,
}

/// Verifies an access token and loads the session's current access grant. A
/// tenant named by the request must be the one the session acts in.
pub async fn authenticate(
    services: &Services,
    token: &str,
    selection: Option<&Selection>,
) -> Result<Principal> {
    let now = services.now();
    let claims = services
        .access_tokens
        .verify(token, now)
        .map_err(|error| match error {
            TokenError::Expired => Error::TokenExpired,
            TokenError::Invalid => Error::Unauthorized,
        })?;
    let grant = match services.access_cache.get(claims.session_id, now) {
        Some(grant) => grant,
        None => load(services, claims.session_id).await?,
    };
    // A token issued for a tenant that the session has left is rejected.
    let tenant = grant.tenant.map(ActiveTenant::id);
    let moved = tenant.is_some() && claims.tenant_id != tenant;
    if grant.user_id != claims.user_id || moved || grant.expires_at <= now {
        return Err(Error::Unauthorized);
    }
    if let Some(selection) = selection {
        selection.require(services, grant.tenant).await?;
    }
    Ok(Principal { grant })
}

/// Reads an access grant from the store and caches it.
pub(crate) async fn load(services: &Services, session: SessionId) -> Result<Arc<AccessGrant>> {
    let generation = services.access_cache.generation();
    let grant = services
        .store
        .access()
        .lookup(session, services.now())
        .await?;
    let grant = Arc::new(grant.ok_or(Error::Unauthorized)?);
    services.access_cache.insert(generation, Arc::clone(&grant));
    Ok(grant)
}

impl Principal {
    /// Returns the user, with or without a tenant.
    pub fn person(&self, request: RequestInfo) -> PersonCaller {
        PersonCaller::new(&self.grant, request)
    }

    /// Returns the user as a platform administrator; fails for other users.
    pub fn platform(&self, request: RequestInfo) -> Result<PlatformCaller> {
        PlatformCaller::new(&self.grant, request).ok_or_else(|| {
            Error::AccessDenied("this operation is for platform administrators".to_owned())
        })
    }

    /// Returns the user in their tenant; fails if the session has none.
    pub fn caller(&self, request: RequestInfo) -> Result<Caller> {
        Caller::new(&self.grant, request).ok_or_else(|| {
            Error::AccessDenied("this operation requires an active tenant".to_owned())
        })
    }
}
