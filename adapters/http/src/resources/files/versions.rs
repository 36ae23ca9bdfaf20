//! The versions of files.

use poem_openapi::{OpenApi, param::Path};
use tenantry_application::files::{self, ListVersions};
use tenantry_domain::id::FileId;
use uuid::Uuid;

use super::shape::VersionBody;
use crate::{
    caller::Authentication,
    payload::Json,
    problem::Problem,
    resources::{
        paging::{Counting, Page, Paging},
        resource::resource,
    },
    tag::Tag,
};

resource! {
    /// The operations on the versions of files.
    VersionsApi
}

#[OpenApi(prefix_path = "/api/v1/files", tag = "Tag::Files")]
impl VersionsApi {
    /// List the versions of a file
    ///
    /// Returns the versions, newest first. Requires `files:read`.
    #[oai(
        path = "/:file_id/versions",
        method = "get",
        operation_id = "list_file_versions"
    )]
    async fn list(
        &self,
        caller: Authentication,
        /// The file's id.
        file_id: Path<Uuid>,
        paging: Paging,
        counting: Counting,
    ) -> Result<Json<Page<VersionBody>>, Problem> {
        let query = ListVersions {
            file_id: FileId::from_uuid(file_id.0),
            page: paging.counted(&counting),
        };
        let page = files::list_versions(&self.services, &caller.caller()?, query).await?;
        Ok(Json(page.into()))
    }
}
