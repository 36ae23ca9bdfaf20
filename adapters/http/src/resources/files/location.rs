//! The locations of files.

use tenantry_application::{Error, files::DownloadTarget};
use tenantry_domain::{file::Bucket, path::LogicalPath};
use uuid::Uuid;

use crate::{
    resources::texts::PathText,
    types::{Choice, parameters},
};

parameters! {
    /// The location of a file.
    pub(super) struct Location in Query {
        /// The path in the bucket.
        path as "path": PathText,
        /// The kind of bucket; `companies` by default.
        bucket as "bucket": Option<Choice<Bucket>>,
        /// The id of the user or tenant that owns the bucket; the caller or the
        /// caller's tenant by default.
        bucket_id as "bucket_id": Option<Uuid>,
    }
}

impl Location {
    /// Returns the kind of bucket.
    pub(super) fn bucket(&self) -> Bucket {
        self.bucket.unwrap_or_default().0
    }

    /// Returns the path.
    pub(super) fn path(&self) -> Result<LogicalPath, Error> {
        parse_path(&self.path)
    }

    /// Identifies the content to read.
    pub(super) fn target(&self) -> Result<DownloadTarget, Error> {
        Ok(DownloadTarget::Path {
            bucket: self.bucket(),
            bucket_id: self.bucket_id,
            path: self.path()?,
        })
    }
}

/// Parses the `path` of a request.
pub(super) fn parse_path(path: &str) -> Result<LogicalPath, Error> {
    LogicalPath::parse(path).map_err(|error| Error::field("path", error))
}
