//! Files: upload, download, versions and metadata.

mod damage;
mod delete;
mod destination;
mod download;
mod get;
mod growth;
mod list;
mod place;
mod publish;
mod purge;
mod receive;
mod replay;
mod spare;
mod stored;
mod update;
mod upload;
mod upload_command;
mod validate;
mod versions;
mod view;

pub(crate) use damage::record_damage;
pub use delete::delete;
pub use download::{Download, DownloadTarget, download};
pub use get::get;
pub use list::{ListFiles, list};
pub(crate) use purge::PurgeVersions;
pub use receive::check_permission;
pub(crate) use receive::{blob_key, receive_signed};
pub(crate) use stored::read_stored;
pub use update::{UpdateFile, update};
pub use upload::upload;
pub use upload_command::{ContentCondition, Length, Target, Upload, UploadedVersion};
pub(crate) use validate::ValidateVersion;
pub use versions::{ListVersions, list_versions};
pub use view::{FileView, VersionView};
