//! Authentication of the caller of a request.

use std::sync::Arc;

use poem::Request;
use poem_openapi::{SecurityScheme, auth::Bearer};
use tenantry_application::{
    Caller, Error, PersonCaller, RequestInfo, Services,
    auth::{Principal, authenticate},
};
use tenantry_domain::tenant::ActiveTenant;

use crate::{middleware::Context, problem::Problem, tenant_selection::selected_tenant};

/// An access token from `POST /api/v1/auth/login`: a JWT, issued and verified
/// according to RFC8725.
// The linter of the document requires this spelling of the RFC.
#[derive(SecurityScheme)]
#[oai(
    ty = "bearer",
    rename = "access_token",
    bearer_format = "JWT",
    checker = "check"
)]
pub(crate) struct Authentication(AuthenticatedRequest);

/// A request with a valid token and session.
pub(crate) struct AuthenticatedRequest {
    identity: Principal,
    request: RequestInfo,
}

impl Authentication {
    /// Returns the user, with or without a tenant.
    pub(crate) fn person(&self) -> PersonCaller {
        self.0.identity.person(self.0.request.clone())
    }

    /// Returns the user in the session's tenant.
    ///
    /// # Errors
    ///
    /// Fails when the session has no tenant.
    pub(crate) fn caller(&self) -> Result<Caller, Error> {
        self.0.identity.caller(self.0.request.clone())
    }
}

async fn check(request: &Request, bearer: Bearer) -> poem::Result<AuthenticatedRequest> {
    let services = request.data::<Arc<Services>>().ok_or_else(|| {
        Problem::from(Error::internal(
            "authentication failed: the request has no services attached",
        ))
    })?;
    let selection = selected_tenant(request);
    let identity = authenticate(services, &bearer.token, selection.as_ref())
        .await
        .map_err(Problem::from)?;
    let context = Context::of(request);
    let request = context.map(Context::info).unwrap_or_default();
    let person = identity.person(request.clone());
    if let Some(context) = context {
        let tenant = person.tenant.map(ActiveTenant::id);
        context.identify(person.user_id, tenant);
        if let (Some(ticket), Some(tenant)) = (context.ticket(), tenant) {
            ticket.identify(tenant).await?;
        }
    }
    Ok(AuthenticatedRequest { identity, request })
}
