//! The audit log, as callers see it.

use std::{collections::BTreeMap, sync::Arc};

use poem_openapi::{Object, OpenApi, param::Query};
use tenantry_application::{
    Error, Services,
    audit::{self, ListAudit},
};
use tenantry_domain::{Timestamp, audit::AuditEntry, id::UserId};
use uuid::Uuid;

use super::{body::Time, paging};
use crate::{caller::SignedIn, payload::Json, problem::Problem, tag::Tag};

/// The operations on the audit log.
pub(crate) struct AuditApi {
    services: Arc<Services>,
}

impl AuditApi {
    /// The operations, on these services.
    pub(crate) fn new(services: Arc<Services>) -> Self {
        Self { services }
    }
}

/// One thing that was done.
#[derive(Object)]
#[oai(rename = "AuditEntry")]
struct EntryBody {
    /// The entry's id.
    id: Uuid,
    /// Who did it; null for the service itself.
    #[oai(nullable)]
    actor_id: Option<Uuid>,
    /// What was done, `area.verb`.
    action: String,
    /// The kind of thing it was done to.
    subject_kind: String,
    /// Its id.
    subject_id: String,
    /// When.
    at: Time,
    /// The request that caused it.
    #[oai(nullable)]
    request_id: Option<String>,
    /// What else matters.
    detail: BTreeMap<String, String>,
}

/// A page of audit entries, newest first.
#[derive(Object)]
struct AuditPage {
    /// The entries.
    #[oai(validator(max_items = 100))]
    items: Vec<EntryBody>,
    /// Brings the next page; null on the last one.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

#[OpenApi(prefix_path = "/api/v1/audit", tag = "Tag::Audit")]
impl AuditApi {
    /// List audit entries
    ///
    /// What was done in the tenant, newest first. Needs `audit:read`.
    #[oai(path = "/", method = "get", operation_id = "list_audit")]
    #[expect(
        clippy::too_many_arguments,
        reason = "one argument for each query parameter"
    )]
    async fn list(
        &self,
        caller: SignedIn,
        /// Done by this person.
        actor: Query<Option<Uuid>>,
        /// Of this action, like `file.upload`.
        #[oai(validator(max_length = 64))]
        action: Query<Option<String>>,
        /// At or after this time (RFC 3339).
        #[oai(validator(max_length = 40))]
        from: Query<Option<String>>,
        /// Before this time (RFC 3339).
        #[oai(validator(max_length = 40))]
        to: Query<Option<String>>,
        /// Entries a page, 1 to 100; 20 where absent.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
        /// The `next_cursor` of the page before.
        #[oai(validator(max_length = 2048))]
        cursor: Query<Option<String>>,
    ) -> Result<Json<AuditPage>, Problem> {
        let time = |name: &str, text: Option<String>| {
            text.map(|text| Timestamp::parse(&text).map_err(|e| Error::field(name, e)))
                .transpose()
        };
        let query = ListAudit {
            actor: actor.0.map(UserId::from_uuid),
            action: action.0,
            from: time("from", from.0)?,
            to: time("to", to.0)?,
            page: paging::request(&limit, cursor, None, None),
        };
        let page = audit::list(&self.services, &caller.caller()?, query).await?;
        let items = page.items.into_iter().map(EntryBody::from).collect();
        Ok(Json(AuditPage {
            items,
            next_cursor: page.next_cursor,
        }))
    }
}

impl From<AuditEntry> for EntryBody {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id.as_uuid(),
            actor_id: entry.actor.person().map(UserId::as_uuid),
            action: entry.action,
            subject_kind: entry.subject_kind,
            subject_id: entry.subject_id,
            at: entry.at.into(),
            request_id: entry.request_id,
            detail: entry.detail,
        }
    }
}
