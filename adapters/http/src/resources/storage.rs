//! Storage backends.

use poem_openapi::{Object, OpenApi};
use serde_json::Value;
use tenantry_application::{
    ports::{BlobCheck, CheckOutcome},
    storage::{self, BackendReport, BackendView},
    transfers::{Presigning, SignedBy},
};

use super::{
    idempotency::{Idempotency, replayable},
    resource::resource,
    texts::{MessageText, NameText},
};
use crate::{
    caller::Authentication,
    payload::Json,
    problem::Problem,
    tag::Tag,
    types::{Choice, Text},
};

/// The name of a storage backend or of a check.
type BackendText = Text<100>;

resource! {
    /// The operations on storage backends.
    StorageApi
}

/// The available storage backends.
#[derive(Object)]
struct StorageList {
    /// The backends, ordered by name.
    #[oai(validator(max_items = 100))]
    items: Vec<BackendBody>,
}

/// A storage backend.
#[derive(Object)]
#[oai(rename = "StorageBackend")]
struct BackendBody {
    /// The backend's name.
    name: BackendText,
    /// The kind of backend, such as `local` or `s3`.
    kind: NameText,
    /// Whether new content is stored there.
    is_default: bool,
    /// The backend's capabilities.
    capabilities: CapabilitiesBody,
}

/// The capabilities of a storage backend.
#[derive(Object)]
#[oai(rename = "StorageCapabilities")]
struct CapabilitiesBody {
    /// Whether large content is uploaded in parts.
    multipart: bool,
    /// Whether the backend itself can refuse to overwrite an object.
    conditional_write: bool,
    /// Whether unfinished uploads are removed without a lifecycle rule of the
    /// storage service.
    ends_unfinished_uploads: bool,
    /// The capabilities of presigned URLs.
    presign: PresignBody,
}

/// The server of presigned URLs, and the properties that an upload URL enforces
/// beyond method, object and expiry.
#[derive(Object)]
#[oai(rename = "PresignCapabilities")]
struct PresignBody {
    /// The server of the URLs.
    served_by: Choice<SignedBy>,
    /// Whether an upload of another size is rejected.
    binds_size: bool,
    /// Whether an upload of another content type is rejected.
    binds_content_type: bool,
    /// Whether an upload to an existing object is rejected.
    binds_absence: bool,
}

/// The results of checking every storage backend.
#[derive(Object)]
struct StorageReport {
    /// Whether all checks passed.
    healthy: bool,
    /// The results per backend, ordered by name.
    #[oai(validator(max_items = 100))]
    backends: Vec<ReportBody>,
}

/// The results of checking one storage backend.
#[derive(Object)]
#[oai(rename = "StorageBackendReport")]
struct ReportBody {
    /// The backend's name.
    name: BackendText,
    /// The kind of backend, such as `local` or `s3`.
    kind: NameText,
    /// Whether all checks passed.
    healthy: bool,
    /// The checks.
    #[oai(validator(max_items = 32))]
    checks: Vec<CheckBody>,
}

/// One check of a storage backend.
#[derive(Object)]
#[oai(rename = "StorageCheck")]
struct CheckBody {
    /// The name of the check, such as `write` or `presigned_get`.
    name: BackendText,
    /// The outcome.
    status: Choice<CheckOutcome>,
    /// The recommended action; null if none is needed.
    #[oai(nullable)]
    advice: Option<MessageText>,
}

#[OpenApi(prefix_path = "/api/v1/storage", tag = "Tag::Storage")]
impl StorageApi {
    /// List storage backends
    ///
    /// Returns the available backends without their addresses and credentials.
    /// Requires `storage:read`.
    #[oai(
        path = "/available",
        method = "get",
        operation_id = "list_storage_backends"
    )]
    #[expect(clippy::unused_async, reason = "handlers are async")]
    async fn available(&self, caller: Authentication) -> Result<Json<StorageList>, Problem> {
        let views = storage::available(&self.services, &caller.caller()?)?;
        let items = views.into_iter().map(BackendBody::from).collect();
        Ok(Json(StorageList { items }))
    }

    /// Check all storage backends
    ///
    /// Writes, reads and deletes a few megabytes on each backend, and reports the
    /// outcome of each check with advice. Reserved for platform administrators, with
    /// or without a tenant. Limited to six requests per minute and administrator by
    /// default; further requests get 429 `rate_limited`.
    #[oai(path = "/doctor", method = "post", operation_id = "examine_storage")]
    async fn doctor(
        &self,
        caller: Authentication,
        idempotency: Idempotency,
    ) -> Result<Json<StorageReport>, Problem> {
        let request = idempotency.request::<_, StorageReport>(&Value::Null)?;
        let reports = storage::doctor(&self.services, &caller.platform()?, request).await?;
        Ok(Json(replayable(reports)?))
    }
}

impl From<&Vec<BackendReport>> for StorageReport {
    fn from(reports: &Vec<BackendReport>) -> Self {
        Self {
            healthy: reports.iter().all(BackendReport::is_healthy),
            backends: reports.iter().map(ReportBody::from).collect(),
        }
    }
}

impl From<BackendView> for BackendBody {
    fn from(view: BackendView) -> Self {
        let capabilities = view.capabilities;
        Self {
            name: Text::of(&view.name),
            kind: Text::of(capabilities.kind),
            is_default: view.is_default,
            capabilities: CapabilitiesBody {
                multipart: capabilities.multipart,
                conditional_write: capabilities.conditional_write,
                ends_unfinished_uploads: capabilities.ends_unfinished,
                presign: view.presigning.into(),
            },
        }
    }
}

impl From<Presigning> for PresignBody {
    fn from(presigning: Presigning) -> Self {
        Self {
            served_by: Choice(presigning.by),
            binds_size: presigning.binds.binds_size,
            binds_content_type: presigning.binds.binds_content_type,
            binds_absence: presigning.binds.binds_absence,
        }
    }
}

impl From<&BackendReport> for ReportBody {
    fn from(report: &BackendReport) -> Self {
        Self {
            name: Text::of(&report.name),
            kind: Text::of(report.kind),
            healthy: report.is_healthy(),
            checks: report.checks.iter().map(CheckBody::from).collect(),
        }
    }
}

impl From<&BlobCheck> for CheckBody {
    fn from(check: &BlobCheck) -> Self {
        Self {
            name: Text::of(check.name),
            status: Choice(check.outcome),
            advice: (!check.advice.is_empty()).then(|| Text::of(&check.advice)),
        }
    }
}
