//! From a request's credentials to its caller.

use std::sync::Arc;

use poem::Request;
use poem_openapi::{SecurityScheme, auth::Bearer};
use tenantry_application::{
    Caller, Error, PersonCaller, RequestInfo, Services,
    auth::{Authenticated, authenticate},
};
use tenantry_domain::tenant::ActiveTenant;

use crate::{middleware::Context, problem::Problem, tenant_selection::TenantSelection};

/// An access token, as `POST /api/v1/auth/login` hands it out: a JWT, made and
/// verified as RFC8725 advises.
#[derive(SecurityScheme)]
#[oai(
    ty = "bearer",
    rename = "access_token",
    bearer_format = "JWT",
    checker = "check"
)]
pub(crate) struct SignedIn(Signed);

/// A person whose token and session are good, and the request they make.
pub(crate) struct Signed {
    who: Authenticated,
    request: RequestInfo,
}

impl SignedIn {
    /// The person, whether or not they act in a tenant.
    pub(crate) fn person(&self) -> PersonCaller {
        self.0.who.person(self.0.request.clone())
    }

    /// The person in their tenant; refused where their session opens none.
    pub(crate) fn caller(&self) -> Result<Caller, Error> {
        self.0.who.caller(self.0.request.clone())
    }
}

async fn check(request: &Request, bearer: Bearer) -> poem::Result<Signed> {
    let services = request
        .data::<Arc<Services>>()
        .ok_or_else(|| Problem::from(Error::internal("the services are not in the request")))?;
    let selection = TenantSelection::of(request);
    let who = authenticate(services, &bearer.token, selection.as_ref())
        .await
        .map_err(Problem::from)?;
    let context = Context::of(request);
    let request = context.map(Context::info).unwrap_or_default();
    let person = who.person(request.clone());
    if let Some(context) = context {
        context.identify(person.user_id, person.tenant.map(ActiveTenant::id));
    }
    Ok(Signed { who, request })
}
