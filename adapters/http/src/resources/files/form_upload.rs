//! Uploads of files in forms.

use poem_openapi::OpenApi;
use tenantry_application::{
    Error,
    files::{self, Target, Upload},
};
use tenantry_domain::{path::from_client_name, permission::Permission};

use super::{form::UnreadForm, location::parse_path, shape::UploadedBody};
use crate::{
    caller::Authentication,
    payload::Json,
    problem::ProblemWith,
    resources::{idempotency::Idempotency, resource::resource, response::Created},
    tag::Tag,
};

resource! {
    /// The operations that upload files in forms.
    FormUploadsApi
}

type UploadResult = Result<Created<UploadedBody>, ProblemWith<413, 415>>;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Files")]
impl FormUploadsApi {
    /// Upload a file
    ///
    /// Stores a new file from a form. Without `path`, the file gets the name in
    /// the form, with a number if that path is in use. Requires `files:write`.
    #[oai(path = "/files", method = "post", operation_id = "upload_file")]
    async fn upload(
        &self,
        caller: Authentication,
        idempotency: Idempotency,
        form: UnreadForm,
    ) -> UploadResult {
        self.store(&caller, &idempotency, form).await
    }

    /// Upload a file (legacy path)
    ///
    /// Same as `POST /api/v1/files`.
    #[oai(path = "/upload", method = "post", operation_id = "upload_file_alias")]
    async fn upload_alias(
        &self,
        caller: Authentication,
        idempotency: Idempotency,
        form: UnreadForm,
    ) -> UploadResult {
        self.store(&caller, &idempotency, form).await
    }
}

impl FormUploadsApi {
    async fn store(
        &self,
        caller: &Authentication,
        idempotency: &Idempotency,
        form: UnreadForm,
    ) -> UploadResult {
        let caller = caller.caller()?;
        // Every space requires it; the form is not read without.
        caller.require(Permission::FilesWrite)?;
        let form = form.read().await?;
        let target = match &form.path {
            Some(path) => Target::New(parse_path(path)?),
            None => {
                let path = from_client_name(&form.client_name);
                Target::Named(path.map_err(|e| Error::field("file", e))?)
            }
        };
        let upload = Upload {
            bucket: form.bucket,
            bucket_id: form.bucket_id,
            target,
            tags: form.tags,
            declared_type: form.declared_type,
            length: form.length,
            body: form.body,
            key: idempotency.key()?,
        };
        let uploaded = files::upload(&self.services, &caller, upload).await?;
        Ok(Created::Created(
            Json((&uploaded).into()),
            UploadedBody::location(&uploaded),
        ))
    }
}
