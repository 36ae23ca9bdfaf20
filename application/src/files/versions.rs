//! Listing the versions of a file.

use tenantry_domain::{id::FileId, policy::file_access::FileAction};

use super::{
    get,
    view::{self, VersionView},
};
use crate::{
    caller::Caller,
    error::Result,
    listing::CursorScope,
    paging::{Page, PageRequest},
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
    spec.require_cursor()?;
    let scope = CursorScope::new("versions", caller.tenant_id()).with("file", Some(file.id));
    let before = scope.position(services, spec.cursor.as_deref(), |bytes| {
        bytes.try_into().ok().map(u32::from_be_bytes)
    })?;
    let versions = store
        .versions()
        .list(file.id, before, spec.limit + 1)
        .await?;
    let page = Page::cut(versions, &spec, |last| {
        scope.cursor(services, &last.number.to_be_bytes())
    });
    let page = Page {
        // Version numbers have no gaps, and versions are deleted only with
        // their file.
        total: spec.count.then_some(u64::from(file.version)),
        ..page
    };
    view::versions(services, page).await
}
