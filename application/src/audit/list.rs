//! Listing audit entries.

use tenantry_domain::{
    Timestamp,
    audit::AuditEntry,
    id::{AuditId, UserId},
    permission::Permission,
};
use uuid::Uuid;

use crate::{
    caller::Caller,
    error::Result,
    listing::CursorScope,
    paging::{Page, PageRequest},
    ports::{AuditPosition, AuditQuery},
    services::Services,
};

/// A query for audit entries.
#[derive(Debug, Clone, Default)]
pub struct ListAudit {
    /// Only entries of this user.
    pub actor: Option<UserId>,
    /// Only entries with this action.
    pub action: Option<String>,
    /// Only entries at or after this time.
    pub from: Option<Timestamp>,
    /// Only entries before this time.
    pub to: Option<Timestamp>,
    /// The page; by cursor only.
    pub page: PageRequest,
}

/// Returns entries of the caller's tenant, newest first.
pub async fn list(
    services: &Services,
    caller: &Caller,
    query: ListAudit,
) -> Result<Page<AuditEntry>> {
    caller.require(Permission::AuditRead)?;
    let spec = query.page.check()?;
    spec.require_cursor_without_total()?;
    let millis = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
    let scope = CursorScope::new("audit", caller.tenant_id())
        .with("actor", query.actor)
        .with("action", query.action.as_ref())
        .with("from", millis(query.from))
        .with("to", millis(query.to));
    let after = scope.position(services, spec.cursor.as_deref(), decode)?;
    let store = services.store.open(caller.tenant).await?;
    let entries = store
        .audit()
        .list(&AuditQuery {
            actor: query.actor,
            action: query.action,
            from: query.from,
            to: query.to,
            after,
            limit: spec.limit + 1,
        })
        .await?;
    Ok(Page::cut(entries, &spec, |last| {
        scope.cursor(services, &encode(last))
    }))
}

fn encode(entry: &AuditEntry) -> Vec<u8> {
    [
        &entry.at.as_millis().to_be_bytes()[..],
        &entry.id.as_uuid().as_bytes()[..],
    ]
    .concat()
}

fn decode(bytes: &[u8]) -> Option<AuditPosition> {
    let (at, id) = bytes.split_first_chunk::<8>()?;
    let id = Uuid::from_slice(id).ok()?;
    let at = Timestamp::from_millis(i64::from_be_bytes(*at));
    Some(AuditPosition {
        at,
        id: AuditId::from_uuid(id),
    })
}
