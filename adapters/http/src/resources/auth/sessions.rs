//! Sessions of users.

use poem::Request;
use poem_openapi::{Object, OpenApi};
use tenantry_application::{
    Error,
    auth::{self, Login, Selection, TokenPair},
};
use tenantry_domain::Invalid;

use crate::{
    caller::Authentication,
    middleware::Context,
    payload::Json,
    problem::{Problem, ProblemWith},
    rate_limit::{PasswordAttempt, RateLimited, WithRateLimit},
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
    /// passwords get the same response. A user has a limited number of sessions, 100
    /// by default; a login beyond it ends the session whose last login or refresh is
    /// the oldest.
    #[oai(path = "/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        request: &Request,
        context: Context,
        attempt: PasswordAttempt,
        body: Json<LoginRequest>,
    ) -> Result<WithRateLimit<Json<Session>>, ProblemWith<401, 404>> {
        let body = body.0;
        let tenant = body.tenant.as_deref().map(Selection::read);
        let command = Login {
            identifier: single_identifier([body.identifier, body.email, body.username])?,
            password: body.password.into(),
            tenants: tenant.into_iter().chain(selected_tenant(request)).collect(),
            request: context.info(),
        };
        let session = auth::login(&self.services, command).await?;
        let tokens = tokens(session.tokens);
        Ok(attempt.report(Json(Session {
            access_token: tokens.access_token,
            token_type: tokens.token_type,
            expires_in: tokens.expires_in,
            refresh_token: tokens.refresh_token,
            user: (&session.identity).into(),
            tenant: session.tenant.as_ref().map(TenantBody::from),
        })))
    }

    /// Refresh a session
    ///
    /// Exchanges a refresh token for a new pair of tokens. A retry within a short
    /// grace period returns the same pair; a later reuse ends the session (RFC
    /// 9700, section 4.14.2).
    #[oai(path = "/refresh", method = "post", operation_id = "refresh")]
    async fn refresh(
        &self,
        context: Context,
        attempt: RateLimited,
        body: Json<RefreshRequest>,
    ) -> Result<WithRateLimit<Json<Tokens>>, ProblemWith<401>> {
        let pair = auth::refresh(&self.services, &body.0.refresh_token, &context.info()).await?;
        Ok(attempt.report(Json(tokens(pair))))
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
