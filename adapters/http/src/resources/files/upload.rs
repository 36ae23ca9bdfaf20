//! Uploads of raw content.

use poem::Request;
use poem_openapi::{ApiResponse, OpenApi};
use tenantry_application::files::{self, Length, Target, Upload};
use tenantry_domain::media_type::MediaType;

use super::{location::Location, raw::RawBody, shape::UploadedBody};
use crate::{
    caller::Authentication,
    payload::{Json, blob_body},
    problem::ProblemWith,
    resources::{conditions::WriteConditions, entity_tag::content_tag, resource::resource},
    tag::Tag,
    types::{self, EntityTag},
};

resource! {
    /// The operation that uploads raw content.
    UploadsApi
}

#[derive(ApiResponse)]
enum PutResponse {
    /// A new version of an existing file was stored.
    #[oai(status = 200)]
    Updated(
        Json<UploadedBody>,
        /// The entity tag of the content once it is served.
        #[oai(header = "ETag")]
        EntityTag,
        /// The URL of the file.
        #[oai(header = "Location")]
        types::Location,
    ),
    /// A new file was stored.
    #[oai(status = 201)]
    Created(
        Json<UploadedBody>,
        /// The entity tag of the content once it is served.
        #[oai(header = "ETag")]
        EntityTag,
        /// The URL of the file.
        #[oai(header = "Location")]
        types::Location,
    ),
}

#[OpenApi(prefix_path = "/api/v1/files/content", tag = "Tag::Files")]
impl UploadsApi {
    /// Upload the content of a file
    ///
    /// Stores the body at a path, as a new version if a file exists there, else as
    /// a new file. `Content-Type` declares the media type; one that says nothing,
    /// such as `application/octet-stream` or the
    /// `application/x-www-form-urlencoded` of curl, counts as none. The type is
    /// checked against the content by the rule in `GET /settings`. Requires
    /// `files:write`.
    #[oai(path = "/", method = "put", operation_id = "put_content")]
    async fn put_content(
        &self,
        caller: Authentication,
        location: Location,
        conditions: WriteConditions,
        request: &Request,
        body: RawBody,
    ) -> Result<PutResponse, ProblemWith<412, 413, 415>> {
        let condition = conditions.content()?;
        let length = request
            .header("content-length")
            .and_then(|length| length.parse().ok());
        let upload = Upload {
            bucket: location.bucket(),
            bucket_id: location.bucket_id,
            target: Target::At(location.path()?, condition),
            tags: None,
            declared_type: MediaType::declared(request.content_type()),
            length: length.map_or(Length::Unknown, Length::Exact),
            body: blob_body(body.0),
            key: None,
        };
        let uploaded = files::upload(&self.services, &caller.caller()?, upload).await?;
        let tag = content_tag(uploaded.digest);
        let url = UploadedBody::location(&uploaded);
        let body = Json((&uploaded).into());
        Ok(if uploaded.created {
            PutResponse::Created(body, tag, url)
        } else {
            PutResponse::Updated(body, tag, url)
        })
    }
}
