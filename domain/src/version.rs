//! Versions of files, and the processing each goes through.

use crate::{
    Refused, Revision, Timestamp,
    blob::Digest,
    id::{BlobId, FileId, TenantId, UserId, VersionId},
    media_type::MediaType,
};

/// One immutable version of a file's content.
#[derive(Debug, Clone, PartialEq)]
pub struct FileVersion {
    /// Its id.
    pub id: VersionId,
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// The file it is a version of.
    pub file_id: FileId,
    /// Its place among the file's versions, from 1.
    pub number: u32,
    /// The bytes; `None` once processing has failed and let them go.
    pub blob_id: Option<BlobId>,
    /// How many bytes.
    pub size_bytes: u64,
    /// Their SHA-256.
    pub digest: Digest,
    /// The type the uploader declared.
    pub declared_type: MediaType,
    /// The type it is served with; the declared one until processing settles it.
    pub media_type: MediaType,
    /// How far processing is.
    pub processing: Processing,
    /// Who uploaded it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// When processing ended.
    pub processed_at: Option<Timestamp>,
    /// How often the row was written.
    pub revision: Revision,
}

/// How far the processing of a version is: pending → ready | failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Processing {
    /// Waiting for, or under, validation.
    Pending,
    /// Whole, of an accepted type, and served.
    Ready,
    /// Refused, and why.
    Failed(Failure),
}

/// Why a version was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable, `snake_case`.
    pub code: String,
    /// For people.
    pub message: String,
}

impl Processing {
    /// The stable names, in order.
    pub const NAMES: [&'static str; 3] = ["pending", "ready", "failed"];

    /// The stable name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it failed, if it did.
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

impl FileVersion {
    /// Processing found the content whole and of `media_type`.
    pub fn accept(&mut self, media_type: MediaType, now: Timestamp) -> Result<(), Refused> {
        self.finish(Processing::Ready, now)?;
        self.media_type = media_type;
        Ok(())
    }

    /// Processing refused the content. Returns the blob that the version no
    /// longer shows.
    pub fn fail(&mut self, failure: Failure, now: Timestamp) -> Result<Option<BlobId>, Refused> {
        self.finish(Processing::Failed(failure), now)?;
        Ok(self.blob_id.take())
    }

    fn finish(&mut self, to: Processing, now: Timestamp) -> Result<(), Refused> {
        if self.processing != Processing::Pending {
            return Err(Refused {
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
