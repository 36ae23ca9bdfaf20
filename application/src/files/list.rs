//! Listing files.

use tenantry_domain::{
    file::{Bucket, Review},
    id::UserId,
    path::{LogicalPath, PathPrefix},
    policy::file_access::FileAction,
    text,
};
use uuid::Uuid;

use super::{
    place,
    view::{self, FileView},
};
use crate::{
    caller::Caller,
    error::{Checks, Result, Thing},
    listing::{CursorScope, Listing},
    paging::{Page, PageRequest},
    ports::{FileFilter, FileSort},
    services::Services,
};

/// A query for files.
#[derive(Debug, Clone)]
pub struct ListFiles {
    /// The kind of space.
    pub bucket: Bucket,
    /// The owner of the space; by default the caller or their tenant.
    pub bucket_id: Option<Uuid>,
    /// Only paths with this prefix.
    pub prefix: Option<String>,
    /// Only this path.
    pub path: Option<String>,
    /// Only files in this processing state: pending, ready or failed.
    pub status: Option<&'static str>,
    /// Only files in this review state.
    pub review: Option<Review>,
    /// Only files of this owner.
    pub owner_id: Option<UserId>,
    /// Only files whose name contains this text, ignoring case.
    pub search: Option<String>,
    /// The sort order.
    pub sort: FileSort,
    /// Whether the order is descending.
    pub descending: bool,
    /// The page.
    pub page: PageRequest,
}

/// Returns one page of the files of a space.
pub async fn list(
    services: &Services,
    caller: &Caller,
    query: ListFiles,
) -> Result<Page<FileView>> {
    let place = place::resolve(caller, query.bucket, query.bucket_id)?;
    caller.require_file(FileAction::Read, place, Thing::Bucket)?;
    let mut checks = Checks::new();
    let prefix = checks.take_optional("prefix", query.prefix.as_deref(), PathPrefix::parse);
    let path = checks.take_optional("path", query.path.as_deref(), LogicalPath::parse);
    let search = checks.take_optional("search", query.search.as_deref(), text::search_key);
    checks.done()?;
    let filter = FileFilter {
        place,
        prefix,
        path,
        status: query.status,
        review: query.review,
        owner_id: query.owner_id,
        search,
    };
    let order = (query.sort, query.descending);
    let scope = cursor_scope(caller, &filter);
    let listing = Listing::new(services, scope, filter, order, query.page)?;
    let store = services.store.open(caller.tenant).await?;
    let files = listing.read(services, store.files()).await?;
    view::files(services, files).await
}

fn cursor_scope(caller: &Caller, filter: &FileFilter) -> CursorScope {
    // A new condition does not compile before the scope has it.
    let FileFilter {
        place,
        prefix,
        path,
        status,
        review,
        owner_id,
        search,
    } = filter;
    CursorScope::new("files", caller.tenant_id())
        .with("bucket", Some(place.bucket().as_str()))
        .with("bucket_id", Some(place.owner()))
        .with("prefix", prefix.as_ref().map(PathPrefix::as_str))
        .with("path", path.as_ref())
        .with("status", *status)
        .with("review", review.map(Review::as_str))
        .with("owner_id", *owner_id)
        .with("search", search.as_ref())
}
