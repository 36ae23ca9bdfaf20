//! Sessions of users.

use poem::Request;
use poem_openapi::{Object, OpenApi};
use tenantry_application::{
    Error,
    auth::{self, Login, LoginResult, Selection, TokenPair},
};
use tenantry_domain::Invalid;

use crate::{
    caller::Authentication,
    middleware::Context,
    payload::Json,
    problem::{Problem, ProblemWith},
    rate_limit::{RateLimited, SignInAttempt, WithRateLimit},
    resources::{
        body::{TenantBody, UserBody},
        resource::resource,
        response::NoContent,
        texts::{EmailText, SubdomainText},
    },
    tag::Tag,
    tenant_selection::selected_tenant,
    types::Text,
};

type RefreshToken = Text<256>;
type DeviceToken = Text<256>;

resource! {
    /// The operations on the current session.
    SessionsApi
}

/// A login request with the identifier in exactly one of three fields.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct LoginRequest {
    /// The e-mail address or username.
    identifier: Option<EmailText>,
    /// The e-mail address, a legacy name of `identifier`.
    email: Option<EmailText>,
    /// The username, a legacy name of `identifier`.
    username: Option<EmailText>,
    /// The password.
    password: Text<128>,
    /// The id or subdomain of the tenant; the last used tenant by default.
    tenant: Option<SubdomainText>,
    /// The `device_token` of the last login of this user on this device. It exempts
    /// the device from the delay that wrong passwords of others cause; any other
    /// value has no effect.
    device_token: Option<DeviceToken>,
}

/// A new session.
#[derive(Object)]
struct Session {
    /// The access token, sent as `Authorization: Bearer …` with every request.
    access_token: Text<4096>,
    /// Always `Bearer`.
    token_type: Text<16>,
    /// The lifetime of the access token, in seconds.
    expires_in: u64,
    /// The single-use token that returns the next pair of tokens.
    refresh_token: RefreshToken,
    /// The token to keep on the device, also after a logout, and to send with its
    /// next login. It grants no access.
    device_token: DeviceToken,
    /// The user.
    user: UserBody,
    /// The session's tenant; null if the user has none.
    #[oai(nullable)]
    tenant: Option<TenantBody>,
}

/// A pair of tokens.
#[derive(Object)]
struct Tokens {
    /// The access token, sent as `Authorization: Bearer …` with every request.
    access_token: Text<4096>,
    /// Always `Bearer`.
    token_type: Text<16>,
    /// The lifetime of the access token, in seconds.
    expires_in: u64,
    /// The single-use token that returns the next pair of tokens.
    refresh_token: RefreshToken,
}

/// A refresh request.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct RefreshRequest {
    /// The refresh token of the last pair.
    refresh_token: RefreshToken,
}

#[OpenApi(prefix_path = "/api/v1/auth", tag = "Tag::Auth")]
impl SessionsApi {
    /// Create a session
    ///
    /// Verifies the password and starts a session. Unknown users and wrong
    /// passwords get the same response. After several wrong passwords the next
    /// login of the user gets 429 until a growing delay has passed, except from a
    /// device that sends the `device_token` of an earlier login. The headers report
    /// the limit on failures of the client's network.
    ///
    /// A user has a limited number of sessions, 100 by default; a login beyond it
    /// ends the session whose last login or refresh is the oldest.
    #[oai(path = "/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        request: &Request,
        context: Context,
        attempt: SignInAttempt,
        body: Json<LoginRequest>,
    ) -> Result<WithRateLimit<Json<Session>>, ProblemWith<401, 404>> {
        let body = body.0;
        let tenant = body.tenant.as_deref().map(Selection::read);
        let command = Login {
            identifier: single_identifier([body.identifier, body.email, body.username])?,
            password: body.password.into(),
            device_token: body.device_token.map(String::from),
            tenants: tenant.into_iter().chain(selected_tenant(request)).collect(),
            request: context.info(),
        };
        let outcome = auth::login(&self.services, command).await;
        let session = attempt.settle(&self.services, outcome).await?;
        Ok(session.map(|session| Json(session.into())))
    }

    /// Refresh a session
    ///
    /// Exchanges a refresh token for a new pair of tokens. A retry within a short
    /// grace period returns the same pair; a later reuse ends the session (RFC
    /// 9700, section 4.14.2). The headers report the limit of the session.
    #[oai(path = "/refresh", method = "post", operation_id = "refresh")]
    async fn refresh(
        &self,
        context: Context,
        body: Json<RefreshRequest>,
    ) -> Result<WithRateLimit<Json<Tokens>>, ProblemWith<401>> {
        let (token, request) = (&body.0.refresh_token, context.info());
        let decision = auth::throttle_refresh(&self.services, token, &request).await?;
        let limit = RateLimited::pass(decision)?;
        let pair = auth::refresh(&self.services, token, &request).await?;
        Ok(limit.report(Json(tokens(pair))))
    }

    /// End the current session
    ///
    /// Revokes the access and refresh tokens of the session.
    #[oai(path = "/logout", method = "post", operation_id = "logout")]
    async fn logout(&self, caller: Authentication) -> Result<NoContent, Problem> {
        auth::logout(&self.services, &caller.person()).await?;
        Ok(NoContent::Done)
    }
}

impl From<LoginResult> for Session {
    fn from(session: LoginResult) -> Self {
        let tokens = tokens(session.tokens);
        Self {
            access_token: tokens.access_token,
            token_type: tokens.token_type,
            expires_in: tokens.expires_in,
            refresh_token: tokens.refresh_token,
            device_token: session.device_token.0.into(),
            user: (&session.identity).into(),
            tenant: session.tenant.as_ref().map(TenantBody::from),
        }
    }
}

fn tokens(pair: TokenPair) -> Tokens {
    Tokens {
        access_token: pair.access_token.into(),
        token_type: Text::of("Bearer"),
        expires_in: pair.expires_in.as_secs(),
        refresh_token: pair.refresh_token.into(),
    }
}

fn single_identifier(candidates: [Option<EmailText>; 3]) -> Result<String, Error> {
    let mut given = candidates.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(identifier), None) => Ok(identifier.into()),
        _ => Err(Error::field(
            "identifier",
            Invalid::new(
                "required",
                "must be given exactly once, as identifier, email or username",
            ),
        )),
    }
}
