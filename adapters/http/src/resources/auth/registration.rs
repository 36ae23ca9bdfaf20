//! Registration of users.

use poem_openapi::{ApiResponse, Object, OpenApi};
use tenantry_application::auth::{self, Register, RegisteredUser};
use uuid::Uuid;

use crate::{
    middleware::Context,
    payload::Json,
    problem::ProblemWith,
    rate_limit::{RegistrationAttempt, WithRateLimit},
    resources::{
        idempotency::{Idempotency, replayable},
        resource::resource,
        texts::{EmailText, SubdomainText, TenantNameText, UsernameText},
    },
    tag::Tag,
    types::Text,
};

resource! {
    /// The operation that registers users.
    RegistrationApi
}

/// A registration request.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct RegisterRequest {
    /// The e-mail address.
    email: EmailText,
    /// The password: 8 to 128 characters; the minimum is configurable (NIST SP
    /// 800-63B). The 10,000 most common passwords are refused with `too_common`; a
    /// password made of the names of the service, the tenant or the user, with or
    /// without digits and punctuation, with `contains_name`.
    password: Text<128>,
    /// The name of the tenant to create; required unless the service has a single
    /// tenant.
    organization_name: Option<TenantNameText>,
    /// The tenant's label in host names; derived from the name by default.
    subdomain: Option<SubdomainText>,
    /// The username, an alternative to the e-mail address at login.
    username: Option<UsernameText>,
}

/// A registered user.
#[derive(Object)]
struct Registration {
    /// The user's id.
    user_id: Uuid,
    /// The e-mail address.
    email: EmailText,
    /// The user's tenant.
    tenant_id: Uuid,
}

#[derive(ApiResponse)]
enum RegisterResponse {
    /// The user and the tenant were created.
    #[oai(status = 201)]
    Created(Json<Registration>),
}

#[OpenApi(prefix_path = "/api/v1/auth", tag = "Tag::Auth")]
impl RegistrationApi {
    /// Register a user
    ///
    /// Creates a user and a tenant with the preset roles; the user becomes the
    /// owner. Responds 409 `already_exists` if the e-mail address is in use.
    #[oai(path = "/register", method = "post", operation_id = "register")]
    async fn register(
        &self,
        context: Context,
        attempt: RegistrationAttempt,
        idempotency: Idempotency,
        body: Json<RegisterRequest>,
    ) -> Result<WithRateLimit<RegisterResponse>, ProblemWith<403>> {
        let request = idempotency.request::<_, Registration>(&body.0)?;
        let body = body.0;
        let command = Register {
            email: body.email.into(),
            password: body.password.into(),
            organization_name: body.organization_name.map(String::from),
            subdomain: body.subdomain.map(String::from),
            username: body.username.map(String::from),
            request: context.info(),
        };
        let registered = auth::register(&self.services, command, request).await?;
        let body = replayable(registered)?;
        Ok(attempt.report(RegisterResponse::Created(Json(body))))
    }
}

impl From<&RegisteredUser> for Registration {
    fn from(registered: &RegisteredUser) -> Self {
        Self {
            user_id: registered.user_id.as_uuid(),
            email: Text::of(&registered.email),
            tenant_id: registered.tenant_id.as_uuid(),
        }
    }
}
