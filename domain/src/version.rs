//! Versions of files and their processing state.

use crate::{
    InvalidTransition, Revision, Timestamp,
    blob::Digest,
    id::{BlobId, FileId, TenantId, UserId, VersionId},
    media_type::{self, MediaType},
};

/// An immutable version of a file's content.
#[derive(Debug, Clone, PartialEq)]
pub struct FileVersion {
    /// The version's id.
    pub id: VersionId,
    /// The tenant that owns the version.
    pub tenant_id: TenantId,
    /// The file.
    pub file_id: FileId,
    /// The version number within the file, starting at 1.
    pub number: u32,
    /// The blob with the content; `None` after processing failed.
    pub blob_id: Option<BlobId>,
    /// The size in bytes.
    pub size_bytes: u64,
    /// The [charge](crate::quota::charge) when the version was stored, in bytes.
    pub charged_bytes: u64,
    /// The SHA-256 digest.
    pub digest: Digest,
    /// The media type declared by the uploader; `application/octet-stream` if
    /// none was.
    pub declared_type: MediaType,
    /// The media type to serve; equals the declared type until processing
    /// succeeds.
    pub media_type: MediaType,
    /// The processing state.
    pub processing: Processing,
    /// The uploader.
    pub created_by: UserId,
    /// The upload time.
    pub created_at: Timestamp,
    /// The time at which processing ended.
    pub processed_at: Option<Timestamp>,
    /// The row's revision.
    pub revision: Revision,
}

/// The processing state of a version: pending → ready | failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Processing {
    /// Waiting for validation, or being validated.
    Pending,
    /// Validated and available for download.
    Ready,
    /// Rejected.
    Failed(Failure),
}

/// The reason a version was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable, `snake_case` code.
    pub code: String,
    /// Human-readable description.
    pub message: String,
}

impl Processing {
    /// The stable names, in order.
    pub const NAMES: [&'static str; 3] = ["pending", "ready", "failed"];

    /// Returns the stable name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Failed(_) => "failed",
        }
    }

    /// Returns the failure if processing failed.
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

impl FileVersion {
    /// Returns the declared media type, if any.
    pub fn declared(&self) -> Option<&MediaType> {
        Some(&self.declared_type).filter(|declared| declared.is_specific())
    }

    /// Returns the bytes that the version uses of the quota.
    pub const fn used_bytes(&self) -> u64 {
        match self.blob_id {
            Some(_) => self.charged_bytes,
            None => 0,
        }
    }

    /// Returns whether the content is of another type than declared.
    pub fn has_type_mismatch(&self) -> bool {
        media_type::differs(&self.declared_type, &self.media_type)
    }

    /// Marks the version as ready, with the validated `media_type`.
    pub fn accept(
        &mut self,
        media_type: MediaType,
        now: Timestamp,
    ) -> Result<(), InvalidTransition> {
        self.finish(Processing::Ready, now)?;
        self.media_type = media_type;
        Ok(())
    }

    /// Marks the version as failed and returns the blob that it no longer
    /// references. The caller releases the [used bytes](Self::used_bytes).
    pub fn fail(
        &mut self,
        failure: Failure,
        now: Timestamp,
    ) -> Result<Option<BlobId>, InvalidTransition> {
        self.finish(Processing::Failed(failure), now)?;
        Ok(self.blob_id.take())
    }

    fn finish(&mut self, to: Processing, now: Timestamp) -> Result<(), InvalidTransition> {
        if self.processing != Processing::Pending {
            return Err(InvalidTransition {
                entity: "version",
                from: self.processing.as_str(),
                to: to.as_str(),
            });
        }
        self.processing = to;
        self.processed_at = Some(now);
        Ok(())
    }
}
