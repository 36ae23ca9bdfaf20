//! The metadata of files.

use poem_openapi::{Object, OpenApi, param::Path};
use tenantry_application::{
    Error,
    files::{self, ListFiles, UpdateFile},
    ports::FileSort,
};
use tenantry_domain::{
    file::{Bucket, Review},
    id::{FileId, UserId},
};
use uuid::Uuid;

use super::{
    location::parse_path,
    shape::FileBody,
    tags::{self, TagsBody},
};
use crate::{
    caller::Authentication,
    payload::Json,
    problem::{Problem, ProblemWith},
    resources::{
        conditions::{IfMatch, IfNoneMatch},
        entity_tag::revision_tag,
        enums::FileStatus,
        paging::{Counting, Numbering, Page, Paging},
        resource::resource,
        response::{Conditional, NoContent, Versioned},
        texts::PathText,
    },
    tag::Tag,
    types::{Choice, ClosedEnum, Sort, Text, parameters},
};

resource! {
    /// The operations on the metadata of files.
    FilesApi
}

parameters! {
    /// The filter and the order of a list of files.
    struct FileFilter in Query {
        /// The kind of bucket; `companies` by default.
        bucket as "bucket": Option<Choice<Bucket>>,
        /// The id of the user or tenant that owns the bucket; the caller or the
        /// caller's tenant by default.
        bucket_id as "bucket_id": Option<Uuid>,
        /// Only files whose path starts with this prefix.
        prefix as "prefix": Option<PathText>,
        /// Only the file at exactly this path.
        path as "path": Option<PathText>,
        /// Only files whose newest version has this processing status.
        status as "status": Option<Choice<FileStatus>>,
        /// Only files in this editorial state.
        review as "review": Option<Choice<Review>>,
        /// Only files of this owner.
        owner_id as "owner_id": Option<Uuid>,
        /// Only files whose name contains this text, ignoring case.
        search as "search": Option<Text<255>>,
        /// The sort order; `name` by default.
        sort as "sort": Option<Sort<FileSort>>,
    }
}

/// A change of a file. Absent fields stay unchanged.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct UpdateFileRequest {
    /// The new path in the same bucket.
    path: Option<PathText>,
    /// The new tags, which replace the existing ones.
    tags: Option<TagsBody>,
}

#[OpenApi(prefix_path = "/api/v1/files", tag = "Tag::Files")]
impl FilesApi {
    /// List files
    ///
    /// Returns the files of one bucket, by default the tenant's. Requires
    /// `files:read`.
    #[oai(path = "/", method = "get", operation_id = "list_files")]
    async fn list(
        &self,
        caller: Authentication,
        filter: FileFilter,
        paging: Paging,
        numbering: Numbering,
        counting: Counting,
    ) -> Result<Json<Page<FileBody>>, Problem> {
        let sort = filter.sort.unwrap_or(Sort::ascending(FileSort::Name));
        let query = ListFiles {
            bucket: filter.bucket.unwrap_or_default().0,
            bucket_id: filter.bucket_id,
            prefix: filter.prefix.map(String::from),
            path: filter.path.map(String::from),
            status: filter.status.map(|status| status.0.name()),
            review: filter.review.map(|review| review.0),
            owner_id: filter.owner_id.map(UserId::from_uuid),
            search: filter.search.map(String::from),
            sort: sort.field,
            descending: sort.descending,
            page: paging.numbered(&numbering, &counting),
        };
        let page = files::list(&self.services, &caller.caller()?, query).await?;
        Ok(Json(page.into()))
    }

    /// Get a file
    ///
    /// Returns the metadata of a file. Requires `files:read`.
    #[oai(path = "/:file_id", method = "get", operation_id = "get_file")]
    async fn get(
        &self,
        caller: Authentication,
        /// The file's id.
        file_id: Path<Uuid>,
        condition: IfNoneMatch,
    ) -> Result<Conditional<FileBody>, Problem> {
        let id = FileId::from_uuid(file_id.0);
        let view = files::get(&self.services, &caller.caller()?, id).await?;
        let tag = revision_tag(view.file.revision);
        Conditional::new(&condition, tag, view)
    }

    /// Update a file
    ///
    /// Moves the file to another path or replaces its tags. Responds 409
    /// `already_exists` if the path is in use. Requires `files:write`.
    #[oai(path = "/:file_id", method = "patch", operation_id = "update_file")]
    async fn update(
        &self,
        caller: Authentication,
        /// The file's id.
        file_id: Path<Uuid>,
        condition: IfMatch,
        body: Json<UpdateFileRequest>,
    ) -> Result<Versioned<FileBody>, ProblemWith<412>> {
        let UpdateFileRequest { path, tags } = body.0;
        let tags = tags.map(tags::parse).transpose();
        let command = UpdateFile {
            id: FileId::from_uuid(file_id.0),
            path: path.map(|path| parse_path(&path)).transpose()?,
            tags: tags.map_err(|error| Error::field("tags", error))?,
            precondition: condition.precondition()?,
        };
        let view = files::update(&self.services, &caller.caller()?, command).await?;
        let tag = revision_tag(view.file.revision);
        Ok(Versioned::Current(Json(view.into()), tag))
    }

    /// Delete a file
    ///
    /// Deletes the file and all its versions permanently. Requires
    /// `files:delete`.
    #[oai(path = "/:file_id", method = "delete", operation_id = "delete_file")]
    async fn delete(
        &self,
        caller: Authentication,
        /// The file's id.
        file_id: Path<Uuid>,
        condition: IfMatch,
    ) -> Result<NoContent, ProblemWith<412>> {
        let precondition = condition.precondition()?;
        let id = FileId::from_uuid(file_id.0);
        files::delete(&self.services, &caller.caller()?, id, &precondition).await?;
        Ok(NoContent::Done)
    }
}
