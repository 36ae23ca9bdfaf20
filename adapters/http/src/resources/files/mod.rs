//! Files: `metadata` and `versions` contain the operations on metadata,
//! `form_upload`, `upload` and `download` those on content.

mod disposition;
mod download;
mod form;
mod form_upload;
mod location;
mod metadata;
mod raw;
mod shape;
mod tags;
mod upload;
mod versions;

pub(super) use download::ContentApi;
pub(super) use form_upload::FormUploadsApi;
pub(super) use metadata::FilesApi;
pub(super) use upload::UploadsApi;
pub(super) use versions::VersionsApi;
