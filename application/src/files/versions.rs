//! Listing the versions of a file.

use tenantry_domain::{id::FileId, policy::file_access::FileAction};

use super::{
    get,
    view::{self, VersionView},
};
use crate::{
    caller::Caller,
    error::{Error, Result},
    paging::{self, Page, PageRequest},
    services::Services,
};

/// A query for versions.
#[derive(Debug, Clone)]
pub struct ListVersions {
    /// The file.
    pub file_id: FileId,
    /// The page; by cursor only.
    pub page: PageRequest,
}

/// Returns one page of a file's versions, newest first.
pub async fn list_versions(
    services: &Services,
    caller: &Caller,
    query: ListVersions,
) -> Result<Page<VersionView>> {
    let store = services.store.open(caller.tenant).await?;
    let file = get::find(store.as_ref(), caller, query.file_id, FileAction::Read).await?;
    let spec = query.page.check()?;
    if spec.page.is_some() {
        let reason = "must be absent: versions are paginated by cursor only";
        return Err(Error::field(
            "page",
            tenantry_domain::Invalid::new("not_allowed", reason),
        ));
    }
    let scope = format!("versions {} {}", caller.tenant_id(), file.id);
    let before = match &spec.cursor {
        None => None,
        Some(cursor) => {
            let bytes = services.cursors.verify(scope.as_bytes(), cursor);
            let number = bytes
                .and_then(|bytes| bytes.try_into().ok())
                .map(u32::from_be_bytes);
            Some(number.ok_or_else(paging::bad_cursor)?)
        }
    };
    let versions = store
        .versions()
        .list(file.id, before, spec.limit + 1)
        .await?;
    let page = Page::cut(versions, &spec, |last| {
        services
            .cursors
            .sign(scope.as_bytes(), &last.number.to_be_bytes())
    });
    let items = view::versions(services, page.items).await?;
    Ok(Page {
        items,
        next_cursor: page.next_cursor,
        page: None,
        // Version numbers have no gaps, and versions are deleted only with
        // their file.
        total: spec.count.then_some(u64::from(file.version)),
        total_capped: false,
    })
}
