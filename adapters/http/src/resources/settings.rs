//! The settings of the tenant.

use poem_openapi::{Object, OpenApi};
use tenantry_application::settings::{self, UpdateSettings};
use tenantry_domain::{media_type::ContentTypes, tenant::Tenant};

use super::{
    conditions::{IfMatch, IfNoneMatch},
    entity_tag::revision_tag,
    resource::resource,
    response::{Conditional, Versioned},
};
use crate::{
    caller::Authentication,
    payload::Json,
    problem::{Problem, ProblemWith},
    tag::Tag,
    types::Choice,
};

resource! {
    /// The operations on the settings of the tenant.
    SettingsApi
}

/// The settings of the tenant.
#[derive(Object)]
#[oai(rename = "Settings", deny_unknown_fields)]
struct SettingsBody {
    /// The rule for content that differs from its declared type; `safe` by
    /// default.
    content_types: Choice<ContentTypes>,
}

impl From<Tenant> for SettingsBody {
    fn from(tenant: Tenant) -> Self {
        Self {
            content_types: Choice(tenant.content_types),
        }
    }
}

#[OpenApi(prefix_path = "/api/v1/settings", tag = "Tag::Tenants")]
impl SettingsApi {
    /// Get the settings of the tenant
    ///
    /// Requires `tenant:read`.
    #[oai(path = "/", method = "get", operation_id = "get_settings")]
    async fn get(
        &self,
        caller: Authentication,
        condition: IfNoneMatch,
    ) -> Result<Conditional<SettingsBody>, Problem> {
        let tenant = settings::get(&self.services, &caller.caller()?).await?;
        Conditional::new(&condition, revision_tag(tenant.revision), tenant)
    }

    /// Replace the settings of the tenant
    ///
    /// A changed rule applies to content that is validated later. Requires
    /// `tenant:write`.
    #[oai(path = "/", method = "put", operation_id = "update_settings")]
    async fn update(
        &self,
        caller: Authentication,
        condition: IfMatch,
        body: Json<SettingsBody>,
    ) -> Result<Versioned<SettingsBody>, ProblemWith<412>> {
        let command = UpdateSettings {
            content_types: body.0.content_types.0,
            precondition: condition.precondition()?,
        };
        let tenant = settings::update(&self.services, &caller.caller()?, command).await?;
        let tag = revision_tag(tenant.revision);
        Ok(Versioned::Current(Json(tenant.into()), tag))
    }
}
