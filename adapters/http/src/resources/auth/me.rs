//! The current user.

use poem_openapi::{Object, OpenApi, types::MaybeUndefined};
use tenantry_application::auth::{self, Me, UpdateMe};
use tenantry_domain::id::TenantId;
use uuid::Uuid;

use crate::{
    caller::Authentication,
    middleware::Context,
    payload::Json,
    problem::{Problem, ProblemWith},
    rate_limit::enter_password_lane,
    resources::{
        body::{MembershipBody, UserBody, permission_names},
        conditions::IfMatch,
        entity_tag::revision_tag,
        patch::patch,
        resource::resource,
        response::Versioned,
        texts::{DisplayNameText, EmailText, NameText, UsernameText},
    },
    tag::Tag,
    types::Text,
};

resource! {
    /// The operations on the current user.
    CurrentUserApi
}

/// The current user with their permissions and memberships.
#[derive(Object)]
#[oai(rename = "Me")]
struct MeBody {
    /// The user.
    user: UserBody,
    /// The session's tenant.
    #[oai(nullable)]
    tenant_id: Option<Uuid>,
    /// The user's permissions in that tenant.
    #[oai(validator(max_items = 64))]
    permissions: Vec<NameText>,
    /// The user's memberships, oldest first.
    #[oai(validator(max_items = 1000))]
    memberships: Vec<MembershipBody>,
}

/// A change of the current user. Absent fields stay unchanged.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct UpdateMeRequest {
    /// The name shown to others; null removes it.
    #[oai(nullable)]
    display_name: MaybeUndefined<DisplayNameText>,
    /// The username; null removes it. A change requires the current password.
    #[oai(nullable)]
    username: MaybeUndefined<UsernameText>,
    /// The new e-mail address; requires the current password.
    email: Option<EmailText>,
    /// The current password.
    current_password: Option<Text<128>>,
}

#[OpenApi(prefix_path = "/api/v1/auth", tag = "Tag::Auth")]
impl CurrentUserApi {
    /// Get the current user
    ///
    /// Returns the user with their memberships, and their permissions in the
    /// session's tenant.
    #[oai(path = "/me", method = "get", operation_id = "get_me")]
    async fn get_me(&self, caller: Authentication) -> Result<Versioned<MeBody>, Problem> {
        Ok(versioned(
            &auth::me(&self.services, &caller.person()).await?,
        ))
    }

    /// Update the current user
    ///
    /// Changes the display name, the username or the e-mail address. Another username
    /// or e-mail address, and the removal of the username, require the current
    /// password (else 400 with `wrong_password`) and end all other sessions of the
    /// user; the one of the request continues.
    #[oai(path = "/me", method = "put", operation_id = "update_me")]
    async fn update_me(
        &self,
        caller: Authentication,
        context: Context,
        condition: IfMatch,
        body: Json<UpdateMeRequest>,
    ) -> Result<Versioned<MeBody>, ProblemWith<412>> {
        let body = body.0;
        if body.current_password.is_some() {
            enter_password_lane(&context).await?;
        }
        let command = UpdateMe {
            display_name: patch(body.display_name),
            username: patch(body.username),
            email: body.email.map(String::from),
            current_password: body.current_password.map(String::from),
            precondition: condition.precondition()?,
        };
        Ok(versioned(
            &auth::update_me(&self.services, &caller.person(), command).await?,
        ))
    }
}

fn versioned(me: &Me) -> Versioned<MeBody> {
    let body = MeBody {
        user: (&me.identity).into(),
        tenant_id: me.tenant_id.map(TenantId::as_uuid),
        permissions: permission_names(me.permissions),
        memberships: me.memberships.iter().map(MembershipBody::from).collect(),
    };
    Versioned::Current(Json(body), revision_tag(me.identity.revision))
}
