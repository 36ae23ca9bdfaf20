//! Query parameters of lists, and what lists answer.

use poem_openapi::param::Query;
use tenantry_application::paging::PageRequest;

/// The paging parameters that lists have in common.
pub(crate) fn request(
    limit: &Query<Option<u32>>,
    cursor: Query<Option<String>>,
    page: Option<u32>,
    include_total: Option<bool>,
) -> PageRequest {
    PageRequest {
        limit: limit.0,
        cursor: cursor.0,
        page,
        include_total: include_total.unwrap_or(false),
    }
}
