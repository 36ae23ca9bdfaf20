//! Where files are stored, as callers see it.

use std::sync::Arc;

use poem_openapi::{Enum, Object, OpenApi};
use tenantry_application::{
    Services,
    ports::{BlobCheck, CheckOutcome},
    storage::{self, BackendReport, BackendView},
    transfers::{Presigning, SignedBy},
};

use crate::{caller::SignedIn, payload::Json, problem::Problem, tag::Tag};

/// The operations on storage.
pub(crate) struct StorageApi {
    services: Arc<Services>,
}

impl StorageApi {
    /// The operations, on these services.
    pub(crate) fn new(services: Arc<Services>) -> Self {
        Self { services }
    }
}

/// The storage backends there are.
#[derive(Object)]
struct StorageList {
    /// One for each, by name.
    #[oai(validator(max_items = 100))]
    items: Vec<BackendBody>,
}

/// A storage backend.
#[derive(Object)]
#[oai(rename = "StorageBackend")]
struct BackendBody {
    /// Its name.
    name: String,
    /// What it is, like `local` or `s3`.
    kind: String,
    /// Whether new content goes there.
    is_default: bool,
    /// What it can do.
    capabilities: CapabilitiesBody,
}

/// What a storage backend can do.
#[derive(Object)]
#[oai(rename = "StorageCapabilities")]
struct CapabilitiesBody {
    /// Whether it takes large content in parts.
    multipart: bool,
    /// Whether it refuses by itself to replace what is there.
    conditional_write: bool,
    /// Whether what a crash leaves of unfinished uploads ends without a rule of the service.
    ends_unfinished_uploads: bool,
    /// Its signed URLs.
    presign: PresignBody,
}

/// Who serves signed URLs, and what those for uploads bind beside method, object and end.
#[derive(Object)]
#[oai(rename = "PresignCapabilities")]
struct PresignBody {
    /// Who serves them.
    served_by: SignedByBody,
    /// Other sizes are refused.
    binds_size: bool,
    /// Other types are refused.
    binds_content_type: bool,
    /// It replaces nothing.
    binds_absence: bool,
}

/// Who serves signed URLs of a storage backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", rename = "PresignServer")]
enum SignedByBody {
    /// The storage: bytes go past this service.
    Storage,
    /// This service: bytes go through it.
    Service,
}

/// What was tried on every storage backend.
#[derive(Object)]
struct StorageReport {
    /// Whether nothing failed.
    healthy: bool,
    /// One for each backend, by name.
    #[oai(validator(max_items = 100))]
    backends: Vec<ReportBody>,
}

/// What was tried on a storage backend.
#[derive(Object)]
#[oai(rename = "StorageBackendReport")]
struct ReportBody {
    /// Its name.
    name: String,
    /// What it is, like `local` or `s3`.
    kind: String,
    /// Whether nothing failed.
    healthy: bool,
    /// What was tried.
    #[oai(validator(max_items = 32))]
    checks: Vec<CheckBody>,
}

/// One thing that was tried.
#[derive(Object)]
#[oai(rename = "StorageCheck")]
struct CheckBody {
    /// What, like `write` or `presigned_get`.
    name: String,
    /// How it went.
    status: CheckStatus,
    /// What to do about it, or to know; null where there is nothing to say.
    #[oai(nullable)]
    advice: Option<String>,
}

/// How a check of a storage backend went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", rename = "StorageCheckStatus")]
enum CheckStatus {
    /// As it should.
    Ok,
    /// It did not work.
    Failed,
    /// The backend does not have it, or it could not be tried.
    NotSupported,
}

#[OpenApi(prefix_path = "/api/v1/storage", tag = "Tag::Storage")]
impl StorageApi {
    /// List storage backends
    ///
    /// Where content can lie, without addresses and credentials. Needs `storage:read`.
    #[oai(
        path = "/available",
        method = "get",
        operation_id = "list_storage_backends"
    )]
    #[expect(clippy::unused_async, reason = "handlers are async")]
    async fn available(&self, caller: SignedIn) -> Result<Json<StorageList>, Problem> {
        let views = storage::available(&self.services, &caller.caller()?)?;
        let items = views.into_iter().map(BackendBody::from).collect();
        Ok(Json(StorageList { items }))
    }

    /// Try every storage backend
    ///
    /// Writes, reads and deletes some megabytes in each, and says what works and what to do about
    /// what does not. Needs `storage:write`. A tenant may ask six times a minute, or what is
    /// configured; after that 429 says when to come back.
    #[oai(path = "/doctor", method = "post", operation_id = "examine_storage")]
    async fn doctor(&self, caller: SignedIn) -> Result<Json<StorageReport>, Problem> {
        let reports = storage::doctor(&self.services, &caller.caller()?).await?;
        Ok(Json(StorageReport {
            healthy: reports.iter().all(BackendReport::is_well),
            backends: reports.into_iter().map(ReportBody::from).collect(),
        }))
    }
}

impl From<BackendView> for BackendBody {
    fn from(view: BackendView) -> Self {
        let capabilities = view.capabilities;
        Self {
            name: view.name.to_string(),
            kind: capabilities.kind.to_owned(),
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
            served_by: match presigning.by {
                SignedBy::Storage => SignedByBody::Storage,
                SignedBy::Service => SignedByBody::Service,
            },
            binds_size: presigning.binds.binds_size,
            binds_content_type: presigning.binds.binds_content_type,
            binds_absence: presigning.binds.binds_absence,
        }
    }
}

impl From<BackendReport> for ReportBody {
    fn from(report: BackendReport) -> Self {
        Self {
            name: report.name.to_string(),
            kind: report.kind.to_owned(),
            healthy: report.is_well(),
            checks: report.checks.into_iter().map(CheckBody::from).collect(),
        }
    }
}

impl From<BlobCheck> for CheckBody {
    fn from(check: BlobCheck) -> Self {
        Self {
            name: check.name.to_owned(),
            status: match check.outcome {
                CheckOutcome::Ok => CheckStatus::Ok,
                CheckOutcome::Failed => CheckStatus::Failed,
                CheckOutcome::NotSupported => CheckStatus::NotSupported,
            },
            advice: Some(check.advice).filter(|advice| !advice.is_empty()),
        }
    }
}
