//! The audit log.

use std::borrow::Cow;

use poem_openapi::{Object, OpenApi};
use tenantry_application::{
    Error,
    audit::{self, ListAudit},
};
use tenantry_domain::{Timestamp, audit::AuditEntry, id::UserId};
use uuid::Uuid;

use super::{
    paging::{ListItem, Page, Paging},
    resource::resource,
    texts::NameText,
};
use crate::{
    caller::Authentication,
    payload::Json,
    problem::Problem,
    tag::Tag,
    types::{Map, Text, Time, parameters},
};

resource! {
    /// The operations on the audit log.
    AuditApi
}

/// An entry of the audit log.
#[derive(Debug, Object)]
#[oai(rename = "AuditEntry")]
struct EntryBody {
    /// The entry's id.
    id: Uuid,
    /// The user who performed the action; null for the service itself.
    #[oai(nullable)]
    actor_id: Option<Uuid>,
    /// The action, such as `file.upload`.
    action: NameText,
    /// The kind of the subject.
    subject_kind: NameText,
    /// The subject's id.
    subject_id: Text<128>,
    /// The time of the action.
    at: Time,
    /// The id of the request that performed the action.
    #[oai(nullable)]
    request_id: Option<Text<128>>,
    /// Further details of the action.
    detail: Map<Text<4096>, 1000>,
}

impl ListItem for EntryBody {
    fn page_name() -> Cow<'static, str> {
        "AuditPage".into()
    }
}

parameters! {
    /// The filter of a list of audit entries.
    struct AuditFilter in Query {
        /// Only actions of this user.
        actor as "actor": Option<Uuid>,
        /// Only this action, such as `file.upload`.
        action as "action": Option<NameText>,
        /// Only actions at or after this time (RFC 3339).
        from as "from": Option<Text<40>>,
        /// Only actions before this time (RFC 3339).
        to as "to": Option<Text<40>>,
    }
}

#[OpenApi(prefix_path = "/api/v1/audit", tag = "Tag::Audit")]
impl AuditApi {
    /// List audit entries
    ///
    /// Returns the tenant's audit log, newest entries first. Requires
    /// `audit:read`.
    #[oai(path = "/", method = "get", operation_id = "list_audit")]
    async fn list(
        &self,
        caller: Authentication,
        filter: AuditFilter,
        paging: Paging,
    ) -> Result<Json<Page<EntryBody>>, Problem> {
        let query = ListAudit {
            actor: filter.actor.map(UserId::from_uuid),
            action: filter.action.map(String::from),
            from: timestamp("from", filter.from.as_deref())?,
            to: timestamp("to", filter.to.as_deref())?,
            page: paging.request(),
        };
        let page = audit::list(&self.services, &caller.caller()?, query).await?;
        Ok(Json(page.into()))
    }
}

fn timestamp(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Error> {
    text.map(|text| Timestamp::parse(text).map_err(|error| Error::field(name, error)))
        .transpose()
}

impl From<AuditEntry> for EntryBody {
    fn from(entry: AuditEntry) -> Self {
        let detail = entry.detail.into_iter();
        Self {
            id: entry.id.as_uuid(),
            actor_id: entry.actor.person().map(UserId::as_uuid),
            action: entry.action.into(),
            subject_kind: entry.subject_kind.into(),
            subject_id: entry.subject_id.into(),
            at: entry.at.into(),
            request_id: entry.request_id.map(Text::from),
            detail: Map(detail.map(|(key, value)| (key, value.into())).collect()),
        }
    }
}
