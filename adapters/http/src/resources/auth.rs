//! Registering, signing in, staying signed in, and oneself.

use std::sync::Arc;

use poem::Request;
use poem_openapi::{
    ApiResponse, Object, OpenApi, param::Header, payload::Response, types::MaybeUndefined,
};
use tenantry_application::{
    Services,
    auth::{self, Change, Login, Me, Register, Selection, TokenPair, UpdateMe},
};
use uuid::Uuid;

use super::{
    body::{MembershipBody, TenantBody, UserBody, permission_names},
    conditions::{precondition, revision_tag},
};
use crate::{
    caller::SignedIn,
    middleware::Context,
    payload::Json,
    problem::{Problem, ProblemWith},
    rate_limit::admit,
    tag::Tag,
    tenant_selection::TenantSelection,
};

/// The operations of people on themselves.
pub(crate) struct AuthApi {
    services: Arc<Services>,
}

impl AuthApi {
    /// The operations, on these services.
    pub(crate) fn new(services: Arc<Services>) -> Self {
        Self { services }
    }
}

/// What a person gives to register.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct RegisterRequest {
    /// The person's e-mail address.
    #[oai(validator(max_length = 254))]
    email: String,
    /// A new password: 8 to 128 characters (NIST SP 800-63B; the least is configurable).
    #[oai(validator(max_length = 128))]
    password: String,
    /// The name of the tenant to make. Required unless the service has one tenant only.
    #[oai(validator(max_length = 100))]
    organization_name: Option<String>,
    /// The tenant's label in host names; made of its name where absent.
    #[oai(validator(max_length = 63))]
    subdomain: Option<String>,
    /// A second name to sign in with.
    #[oai(validator(max_length = 64))]
    username: Option<String>,
}

/// Who was registered.
#[derive(Object)]
struct Registration {
    /// The person's id.
    user_id: Uuid,
    /// Their address.
    email: String,
    /// The tenant they are in.
    tenant_id: Uuid,
}

#[derive(ApiResponse)]
enum RegisterResponse {
    /// The person and the tenant are there.
    #[oai(status = 201)]
    Created(Json<Registration>),
}

/// What a person gives to sign in: the identifier under one of three names.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct LoginRequest {
    /// The e-mail address or username.
    #[oai(validator(max_length = 254))]
    identifier: Option<String>,
    /// The e-mail address, as an older name for `identifier`.
    #[oai(validator(max_length = 254))]
    email: Option<String>,
    /// The username, as an older name for `identifier`.
    #[oai(validator(max_length = 254))]
    username: Option<String>,
    /// The password.
    #[oai(validator(max_length = 128))]
    password: String,
    /// The tenant to act in, by id or subdomain; else the one last used.
    #[oai(validator(max_length = 63))]
    tenant: Option<String>,
}

/// A person who is signed in.
#[derive(Object)]
struct Session {
    /// Goes with every request, as `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Seconds until the access token expires.
    expires_in: u64,
    /// Brings the next pair of tokens, once.
    refresh_token: String,
    /// Who signed in.
    user: UserBody,
    /// The tenant they act in; null for a person without one.
    #[oai(nullable)]
    tenant: Option<TenantBody>,
}

/// The next pair of tokens.
#[derive(Object)]
struct Tokens {
    /// Goes with every request, as `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Seconds until the access token expires.
    expires_in: u64,
    /// Brings the next pair of tokens, once.
    refresh_token: String,
}

/// A refresh token.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct RefreshRequest {
    /// The refresh token that came with the last pair.
    #[oai(validator(max_length = 256))]
    refresh_token: String,
}

/// The signed-in person.
#[derive(Object)]
#[oai(rename = "Me")]
struct MeBody {
    /// Who they are.
    user: UserBody,
    /// The tenant they act in now.
    #[oai(nullable)]
    tenant_id: Option<Uuid>,
    /// What they may do there.
    #[oai(validator(max_items = 64))]
    permissions: Vec<String>,
    /// Every tenant they belong to, oldest membership first.
    #[oai(validator(max_items = 1000))]
    memberships: Vec<MembershipBody>,
}

/// What a person changes of themselves. What is absent stays as it is.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct UpdateMeRequest {
    /// How they are shown to others; null for none.
    #[oai(nullable, validator(max_length = 100))]
    display_name: MaybeUndefined<String>,
    /// A second name to sign in with; null for none.
    #[oai(nullable, validator(max_length = 64))]
    username: MaybeUndefined<String>,
    /// Another address; needs the current password.
    #[oai(validator(max_length = 254))]
    email: Option<String>,
    /// The current password.
    #[oai(validator(max_length = 128))]
    current_password: Option<String>,
}

#[derive(ApiResponse)]
enum MeResponse {
    /// The signed-in person.
    #[oai(status = 200)]
    Ok(
        Json<MeBody>,
        /// Changes with every change of the person.
        #[oai(header = "ETag")]
        String,
    ),
}

#[derive(ApiResponse)]
enum LogoutResponse {
    /// The session is over.
    #[oai(status = 204)]
    Ended,
}

#[OpenApi(prefix_path = "/api/v1/auth", tag = "Tag::Auth")]
impl AuthApi {
    /// Register
    ///
    /// Makes a person and, with them as its owner, a tenant with the preset
    /// roles. An address that is known is answered 409.
    #[oai(path = "/register", method = "post", operation_id = "register")]
    async fn register(
        &self,
        context: Context,
        body: Json<RegisterRequest>,
    ) -> Result<Response<RegisterResponse>, ProblemWith<403>> {
        let rate = admit(&self.services, &context).await?;
        let body = body.0;
        let command = Register {
            email: body.email,
            password: body.password,
            organization_name: body.organization_name,
            subdomain: body.subdomain,
            username: body.username,
            request: context.info(),
        };
        let registered = auth::register(&self.services, command).await?;
        let body = Registration {
            user_id: registered.user_id.as_uuid(),
            email: registered.email.to_string(),
            tenant_id: registered.tenant_id.as_uuid(),
        };
        Ok(rate.with(RegisterResponse::Created(Json(body))))
    }

    /// Sign in
    ///
    /// Takes an e-mail address or username with the password and begins a
    /// session. Unknown accounts and wrong passwords are answered alike.
    #[oai(path = "/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        request: &Request,
        context: Context,
        body: Json<LoginRequest>,
    ) -> Result<Response<Json<Session>>, ProblemWith<401, 404>> {
        let rate = admit(&self.services, &context).await?;
        let body = body.0;
        let named = body.tenant.as_deref().map(Selection::read);
        let command = Login {
            identifier: one_identifier([body.identifier, body.email, body.username])?,
            password: body.password,
            tenants: named
                .into_iter()
                .chain(TenantSelection::of(request))
                .collect(),
            request: context.info(),
        };
        let signed_in = auth::login(&self.services, command).await?;
        let tokens = tokens(signed_in.tokens);
        Ok(rate.with(Json(Session {
            access_token: tokens.access_token,
            token_type: tokens.token_type,
            expires_in: tokens.expires_in,
            refresh_token: tokens.refresh_token,
            user: (&signed_in.identity).into(),
            tenant: signed_in.tenant.as_ref().map(TenantBody::from),
        })))
    }

    /// Refresh
    ///
    /// Takes a refresh token, once, for a new pair. The same token brings the
    /// same successor again for a short while, so a lost answer can be
    /// retried; after that its use ends the session (RFC 9700).
    #[oai(path = "/refresh", method = "post", operation_id = "refresh")]
    async fn refresh(
        &self,
        context: Context,
        body: Json<RefreshRequest>,
    ) -> Result<Response<Json<Tokens>>, ProblemWith<401>> {
        let rate = admit(&self.services, &context).await?;
        let pair = auth::refresh(&self.services, &body.0.refresh_token, &context.info()).await?;
        Ok(rate.with(Json(tokens(pair))))
    }

    /// Sign out
    ///
    /// Ends the session: its access and refresh tokens open nothing more.
    #[oai(path = "/logout", method = "post", operation_id = "logout")]
    async fn logout(&self, caller: SignedIn) -> Result<LogoutResponse, Problem> {
        auth::logout(&self.services, &caller.person()).await?;
        Ok(LogoutResponse::Ended)
    }

    /// Show oneself
    #[oai(path = "/me", method = "get", operation_id = "get_me")]
    async fn get_me(&self, caller: SignedIn) -> Result<MeResponse, Problem> {
        Ok(me_response(
            &auth::me(&self.services, &caller.person()).await?,
        ))
    }

    /// Change oneself
    ///
    /// Display name, username and e-mail address; the address with the current
    /// password only.
    #[oai(path = "/me", method = "put", operation_id = "update_me")]
    async fn update_me(
        &self,
        caller: SignedIn,
        context: Context,
        /// Only if the person is still this one.
        #[oai(name = "If-Match", validator(max_length = 1024))]
        if_match: Header<Option<String>>,
        body: Json<UpdateMeRequest>,
    ) -> Result<MeResponse, ProblemWith<412>> {
        let body = body.0;
        if body.current_password.is_some() {
            admit(&self.services, &context).await?;
        }
        let command = UpdateMe {
            display_name: change(body.display_name),
            username: change(body.username),
            email: body.email,
            current_password: body.current_password,
            precondition: precondition(if_match.as_deref())?,
        };
        Ok(me_response(
            &auth::update_me(&self.services, &caller.person(), command).await?,
        ))
    }
}

fn me_response(me: &Me) -> MeResponse {
    let body = MeBody {
        user: (&me.identity).into(),
        tenant_id: me.tenant_id.map(tenantry_domain::id::TenantId::as_uuid),
        permissions: permission_names(me.permissions),
        memberships: me.memberships.iter().map(MembershipBody::from).collect(),
    };
    MeResponse::Ok(Json(body), revision_tag(me.identity.revision))
}

fn tokens(pair: TokenPair) -> Tokens {
    Tokens {
        access_token: pair.access_token,
        token_type: "Bearer".to_owned(),
        expires_in: pair.expires_in.as_secs(),
        refresh_token: pair.refresh_token,
    }
}

fn change(value: MaybeUndefined<String>) -> Change<String> {
    match value {
        MaybeUndefined::Undefined => Change::Keep,
        MaybeUndefined::Null => Change::Clear,
        MaybeUndefined::Value(value) => Change::Set(value),
    }
}

fn one_identifier(names: [Option<String>; 3]) -> Result<String, tenantry_application::Error> {
    let mut given = names.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(identifier), None) => Ok(identifier),
        _ => Err(tenantry_application::Error::field(
            "identifier",
            tenantry_domain::Invalid::new(
                "required",
                "must be given once, as identifier, email or username",
            ),
        )),
    }
}
