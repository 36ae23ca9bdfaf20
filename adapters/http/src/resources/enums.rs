//! The closed enums that several resources use, each declared once. An enum of
//! one resource is declared next to it.

use tenantry_application::{
    ports::{CheckOutcome, FileSort},
    transfers::SignedBy,
};
use tenantry_domain::{
    file::{Bucket, Review},
    job::JobState,
    media_type::ContentTypes,
    membership::MembershipStatus,
    tenant::TenantStatus,
    version::Processing,
};

use crate::types::closed_enums;

/// The processing status of a version, without the failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileStatus {
    /// Validation has not finished; the version is not served.
    Pending,
    /// The version is valid and served.
    Ready,
    /// Validation failed.
    Failed,
}

impl From<&Processing> for FileStatus {
    fn from(processing: &Processing) -> Self {
        match processing {
            Processing::Pending => Self::Pending,
            Processing::Ready => Self::Ready,
            Processing::Failed(_) => Self::Failed,
        }
    }
}

closed_enums! {
    /// The lifecycle status of a tenant.
    TenantStatus as "TenantStatus" {
        Provisioning = "provisioning",
        Active = "active",
        Suspended = "suspended",
        Deleting = "deleting",
    }

    /// The status of a membership.
    MembershipStatus as "MembershipStatus" {
        Active = "active",
        Invited = "invited",
        Deactivated = "deactivated",
    }

    /// A kind of bucket: of a user, of the tenant, or of a project.
    Bucket as "Bucket" {
        Users = "users",
        Companies = "companies",
        Projects = "projects",
    }

    /// The rule for content that differs from its declared type: every difference
    /// fails (`strict`); active content behind an inert type or extension fails, and
    /// content declared as a raster image, audio, video or PDF that does not begin as
    /// one (`safe`); or nothing fails (`off`).
    ContentTypes as "ContentTypeRule" {
        Strict = "strict",
        Safe = "safe",
        Off = "off",
    }

    /// The processing status of a version.
    FileStatus as "FileStatus" {
        Pending = "pending",
        Ready = "ready",
        Failed = "failed",
    }

    /// The editorial state of a file.
    Review as "ReviewState" {
        Draft = "draft",
        PendingValidation = "pending_validation",
        Validated = "validated",
        Rejected = "rejected",
        Archived = "archived",
    }

    /// The sort order of files; `-` sorts in descending order.
    FileSort as "FileSort" {
        Name = "name",
        Path = "path",
        CreatedAt = "uploaded_at",
        UpdatedAt = "updated_at",
        Size = "size_bytes",
    }

    /// The state of a job.
    JobState as "JobState" {
        Queued = "queued",
        Running = "running",
        Succeeded = "succeeded",
        Dead = "dead",
        Cancelled = "cancelled",
    }

    /// The server of presigned URLs: the storage itself, or this service as a
    /// proxy.
    SignedBy as "PresignServer" {
        Storage = "storage",
        Service = "service",
    }

    /// The outcome of a check of a storage backend.
    CheckOutcome as "StorageCheckStatus" {
        Ok = "ok",
        Failed = "failed",
        NotSupported = "not_supported",
    }
}
