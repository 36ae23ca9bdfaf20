//! Registration of users and their tenants.

use tenantry_domain::{
    Invalid, Revision,
    email::Email,
    id::UserId,
    identity::{Identity, IdentityStatus},
    name::{Subdomain, TenantName, Username},
    password::{ContextNames, NewPassword},
};

use super::{
    new_password::{accept_password, hash_password},
    new_tenant::reject_reserved,
    pending_registration::{PendingRegistration, RegisteredUser, single_tenant_name},
};
use crate::{
    caller::RequestInfo,
    error::{Checks, Error, Result},
    idempotency::{Attempt, KeyOwner, KeyedRequest, Replayable},
    services::{Registration, Services},
};

/// The data of a registration.
#[derive(Clone, Default)]
pub struct Register {
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: String,
    /// The name of the tenant to create.
    pub organization_name: Option<String>,
    /// The tenant's subdomain; derived from the name by default.
    pub subdomain: Option<String>,
    /// An alternative sign-in name.
    pub username: Option<String>,
    /// The request.
    pub request: RequestInfo,
}

/// Registers a user as the owner of a new tenant or, on a single-tenant
/// service, in its only tenant. An idempotency key is unique to the e-mail
/// address.
pub async fn register(
    services: &Services,
    command: Register,
    request: Option<KeyedRequest<RegisteredUser>>,
) -> Result<Replayable<RegisteredUser>> {
    if services.settings.registration != Registration::Open {
        return Err(Error::AccessDenied(
            "registration is by invitation only".to_owned(),
        ));
    }
    let valid = check(services, &command)?;
    let owner = KeyOwner::anonymous(services, valid.email.key());
    let attempt = Attempt::start(services, owner, "auth.register", request).await?;
    attempt
        .run(add_user(services, &command, valid, &attempt))
        .await
}

async fn add_user(
    services: &Services,
    command: &Register,
    valid: ValidRegistration,
    attempt: &Attempt<'_, RegisteredUser>,
) -> Result<RegisteredUser> {
    if services
        .store
        .identities()
        .find_by_email(valid.email.key())
        .await?
        .is_some()
    {
        return Err(Error::AlreadyExists(
            "the e-mail address is taken".to_owned(),
        ));
    }
    let identity = Identity {
        id: UserId::from_uuid(services.ids.next()),
        email: valid.email,
        email_verified: false,
        username: valid.username,
        display_name: None,
        password_hash: Some(hash_password(services, &valid.password).await?),
        status: IdentityStatus::Active,
        platform_admin: false,
        last_tenant_id: None,
        created_at: services.now(),
        last_login_at: None,
        revision: Revision::FIRST,
    };
    let registration = PendingRegistration {
        services,
        identity: &identity,
        request: &command.request,
        attempt,
    };
    match valid.tenant {
        Some((name, subdomain)) => registration.create_tenant(name, subdomain).await,
        None => registration.join_single_tenant().await,
    }
}

struct ValidRegistration {
    email: Email,
    password: NewPassword,
    username: Option<Username>,
    tenant: Option<(TenantName, Option<Subdomain>)>,
}

fn check(services: &Services, command: &Register) -> Result<ValidRegistration> {
    let mut checks = Checks::new();
    let email = checks.take("email", Email::parse(&command.email));
    let username = checks.take_optional("username", command.username.as_deref(), Username::parse);
    let name = checks.take_optional(
        "organization_name",
        command.organization_name.as_deref(),
        TenantName::parse,
    );
    let subdomain = checks.take_optional("subdomain", command.subdomain.as_deref(), |text| {
        let label = Subdomain::parse(text)?;
        reject_reserved(services, &label).map(|()| label)
    });
    let single = services.settings.single_tenant;
    let joined = single.then(single_tenant_name).transpose()?;
    let names = ContextNames {
        product: &services.settings.app_name,
        tenant: name.as_ref().or(joined.as_ref()),
        subdomain: subdomain.as_ref(),
        email: email.as_ref(),
        username: username.as_ref(),
        display_name: None,
    };
    let password = accept_password(services, &command.password, names);
    let password = checks.take("password", password);
    if command.organization_name.is_none() && !single {
        checks.note(
            "organization_name",
            Invalid::new("required", "must be given"),
        );
    }
    if single && (command.organization_name.is_some() || command.subdomain.is_some()) {
        checks.note(
            "organization_name",
            Invalid::new(
                "not_allowed",
                "must be absent: this service has a single tenant",
            ),
        );
    }
    let (email, password) = checks.require(email.zip(password))?;
    Ok(ValidRegistration {
        email,
        password,
        username,
        tenant: name.map(|name| (name, subdomain)),
    })
}
