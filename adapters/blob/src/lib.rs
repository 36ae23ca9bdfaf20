//! Blob storage: the local disk, `WebDAV`, and object stores through
//! `object_store`, with every piece checked before it leaves.
//!
//! | file | holds |
//! |---|---|
//! | `store.rs` | the port, the same for every backend |
//! | `put.rs`, `hash.rs`, `upload_memory.rs` | bytes on their way in |
//! | `read.rs` | bytes on their way out |
//! | `examine.rs` | tries everything, for the doctor |
//! | `backend/mod.rs` | the little that backends do differently |
//! | `backend/local/` | a folder of this machine |
//! | `backend/webdav/` | a collection of a `WebDAV` server |
//! | `backend/objects.rs` | any `object_store` |
//! | `backend/memory.rs`, `s3/`, `azure/`, `gcs.rs` | the constructors of those, a service each |
//! | `network/` | what services that are reached over HTTP have in common |
//!
//! The local disk does not go through `object_store`. That keeps a write's
//! staging file beside its target, where a kill leaves it unlisted and only a
//! walk over everything finds it; replaces what is there; and stops listing at
//! the first foreign name it cannot read.

mod backend;
mod error;
mod examine;
mod hash;
mod name;
#[cfg(feature = "network")]
mod network;
mod put;
mod read;
mod store;
mod upload_memory;

#[cfg(feature = "azure")]
pub use backend::azure::{AzureCredential, AzureOptions};
#[cfg(feature = "gcs")]
pub use backend::gcs::GcsOptions;
pub use backend::local::LocalOptions;
#[cfg(feature = "s3")]
pub use backend::s3::{S3Keys, S3Options};
#[cfg(feature = "webdav")]
pub use backend::webdav::{WebdavLogin, WebdavOptions};
pub use store::{ObjectBlobStore, StoreContext};
pub use upload_memory::UploadMemory;
