//! The closed enums of the API, each declared once.

use tenantry_application::{
    ports::{CheckOutcome, FileSort, ProjectSort},
    transfers::SignedBy,
};
use tenantry_domain::{
    file::{Bucket, Review},
    job::JobState,
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
    TenantStatus as "TenantStatus": "The lifecycle status of a tenant." {
        Provisioning = "provisioning",
        Active = "active",
        Suspended = "suspended",
        Deleting = "deleting",
    }

    MembershipStatus as "MembershipStatus": "The status of a membership." {
        Active = "active",
        Invited = "invited",
        Deactivated = "deactivated",
    }

    Bucket as "Bucket": "A kind of bucket: of a user, of the tenant, or of a project." {
        Users = "users",
        Companies = "companies",
        Projects = "projects",
    }

    FileStatus as "FileStatus": "The processing status of a version." {
        Pending = "pending",
        Ready = "ready",
        Failed = "failed",
    }

    Review as "ReviewState": "The editorial state of a file." {
        Draft = "draft",
        PendingValidation = "pending_validation",
        Validated = "validated",
        Rejected = "rejected",
        Archived = "archived",
    }

    FileSort as "FileSort": "The sort order of files; `-` sorts in descending order." {
        Name = "name",
        Path = "path",
        CreatedAt = "uploaded_at",
        UpdatedAt = "updated_at",
        Size = "size_bytes",
    }

    ProjectSort as "ProjectSort": "The sort order of projects; `-` sorts in descending order." {
        Name = "name",
        CreatedAt = "created_at",
        UpdatedAt = "updated_at",
    }

    JobState as "JobState": "The state of a job." {
        Queued = "queued",
        Running = "running",
        Succeeded = "succeeded",
        Dead = "dead",
        Cancelled = "cancelled",
    }

    SignedBy as "PresignServer": "The server of presigned URLs: the storage itself, or this service as a proxy." {
        Storage = "storage",
        Service = "service",
    }

    CheckOutcome as "StorageCheckStatus": "The outcome of a check of a storage backend." {
        Ok = "ok",
        Failed = "failed",
        NotSupported = "not_supported",
    }
}
