//! Authentication of the caller of a request.

use std::{sync::Arc, time::Duration};

use poem::Request;
use poem_openapi::{SecurityScheme, auth::Bearer};
use tenantry_application::{
    Caller, Error, PersonCaller, PlatformCaller, RequestInfo, SecurityEvent, Services,
    auth::{Principal, authenticate},
    error::Thing,
    files::check_permission,
};
use tenantry_domain::{permission::Permission, tenant::ActiveTenant};
use tokio::time::sleep;

use crate::{
    middleware::Context, problem::Problem, server::ResponseAbort, tenant_selection::selected_tenant,
};

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
    context: Option<Context>,
}

/// The interval at which the permission for a response is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

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

    /// Returns the user as a platform administrator.
    ///
    /// # Errors
    ///
    /// Fails when the user may not administer the platform.
    pub(crate) fn platform(&self) -> Result<PlatformCaller, Error> {
        self.0.identity.platform(self.0.request.clone())
    }

    /// Aborts the response soon after the caller loses a permission, even while
    /// the client does not read.
    pub(crate) fn require_while_sending(
        &self,
        services: &Arc<Services>,
        caller: &Caller,
        permission: Permission,
    ) {
        let (services, caller) = (Arc::clone(services), caller.clone());
        let is_revoked = async move {
            loop {
                sleep(CHECK_INTERVAL).await;
                let checked = check_permission(&services, &caller, permission).await;
                if checked.is_err() {
                    return;
                }
            }
        };
        if let Some(context) = &self.0.context {
            context.abort_response_when(ResponseAbort::when(is_revoked));
        }
    }
}

async fn check(request: &Request, bearer: Bearer) -> poem::Result<AuthenticatedRequest> {
    let services = request.data::<Arc<Services>>().ok_or_else(|| {
        Problem::from(Error::internal(
            "authentication failed: the request has no services attached",
        ))
    })?;
    let selection = selected_tenant(request);
    let context = Context::of(request);
    let info = context.map(Context::info).unwrap_or_default();
    let identity = authenticate(services, &bearer.token, selection.as_ref())
        .await
        .inspect_err(|error| {
            if matches!(error, Error::NotFound(Thing::Tenant)) {
                SecurityEvent::ForeignTenant.log(&info);
            }
        })
        .map_err(Problem::from)?;
    let person = identity.person(info.clone());
    if let Some(context) = context {
        let tenant = person.tenant.map(ActiveTenant::id);
        context.identify(person.user_id, tenant);
        if let (Some(ticket), Some(tenant)) = (context.ticket(), tenant) {
            ticket.identify(tenant).await?;
        }
    }
    Ok(AuthenticatedRequest {
        identity,
        request: info,
        context: context.cloned(),
    })
}
