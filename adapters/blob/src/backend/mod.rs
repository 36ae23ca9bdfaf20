//! The backends, one module each.

#[cfg(feature = "azure")]
pub(crate) mod azure;
mod deadline;
#[cfg(feature = "gcs")]
pub(crate) mod gcs;
pub(crate) mod local;
#[cfg(feature = "remote")]
mod marker;
mod memory;
mod objects;
#[cfg(feature = "objects")]
mod open;
mod publish;
#[cfg(feature = "s3")]
pub(crate) mod s3;
#[cfg(feature = "webdav")]
pub(crate) mod webdav;
