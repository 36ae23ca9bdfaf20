//! Reading the audit log.

use tenantry_domain::{
    Timestamp,
    audit::AuditEntry,
    id::{AuditId, UserId},
    permission::Permission,
};
use uuid::Uuid;

use crate::{
    caller::Caller,
    error::{Error, Result},
    paging::{self, Page, PageRequest},
    ports::{AuditPosition, AuditQuery},
    services::Services,
};

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct ListAudit {
    /// Done by this person.
    pub actor: Option<UserId>,
    /// Of this action.
    pub action: Option<String>,
    /// At or after this.
    pub from: Option<Timestamp>,
    /// Before this.
    pub to: Option<Timestamp>,
    /// Which page; by cursor only.
    pub page: PageRequest,
}

/// Entries of the caller's tenant, newest first.
pub async fn list(
    services: &Services,
    caller: &Caller,
    query: ListAudit,
) -> Result<Page<AuditEntry>> {
    caller.require(Permission::AuditRead)?;
    let spec = query.page.check()?;
    if spec.count {
        return Err(Error::field(
            "page",
            tenantry_domain::Invalid::new("not_allowed", "the audit log is read by cursor only"),
        ));
    }
    let scope = format!(
        "audit {} {:?} {:?} {:?} {:?}",
        caller.tenant_id(),
        query.actor,
        query.action,
        query.from,
        query.to
    );
    let after = match &spec.cursor {
        None => None,
        Some(cursor) => {
            let bytes = services.cursors.unwrap(scope.as_bytes(), cursor);
            Some(
                bytes
                    .and_then(|bytes| read(&bytes))
                    .ok_or_else(paging::bad_cursor)?,
            )
        }
    };
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
        services.cursors.wrap(scope.as_bytes(), &write(last))
    }))
}

fn write(entry: &AuditEntry) -> Vec<u8> {
    [
        &entry.at.as_millis().to_be_bytes()[..],
        &entry.id.as_uuid().as_bytes()[..],
    ]
    .concat()
}

fn read(bytes: &[u8]) -> Option<AuditPosition> {
    let (at, id) = bytes.split_first_chunk::<8>()?;
    let id = Uuid::from_slice(id).ok()?;
    let at = Timestamp::from_millis(i64::from_be_bytes(*at));
    Some(AuditPosition {
        at,
        id: AuditId::from_uuid(id),
    })
}
