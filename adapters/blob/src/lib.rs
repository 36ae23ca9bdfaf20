//! Blob storage on the local disk, on `WebDAV` servers, and in object stores
//! through `object_store`. Every piece is verified by its checksum when read.
//!
//! | file | content |
//! |---|---|
//! | `store.rs` | the port, the same for every backend |
//! | `put.rs`, `hash.rs`, `upload_memory.rs` | writing |
//! | `read.rs`, `read_ahead.rs`, `read_memory.rs`, `chunk_pool.rs` | reading |
//! | `examine.rs` | the checks of the storage doctor |
//! | `contract.rs` | the trait that backends implement |
//! | `backend/local/` | a directory |
//! | `backend/webdav/` | a collection of a `WebDAV` server |
//! | `backend/objects/` | any `object_store` |
//! | `backend/memory.rs`, `s3/`, `azure/`, `gcs.rs` | the object stores |
//! | `backend/marker.rs` | the check that a server holds the expected blobs |
//! | `network/` | the HTTP client of the backends on servers that use HTTP |
//!
//! The feature `remote` enables the code for backends on servers of any protocol;
//! `network` adds the code for HTTP.
//!
//! The local disk does not use `object_store`, which stages a write beside its
//! target (after a crash only a full scan finds the file), replaces existing
//! files, and stops listing at the first foreign name it cannot read.

mod backend;
mod chunk_pool;
mod contract;
mod error;
mod examine;
mod hash;
mod name;
#[cfg(feature = "network")]
mod network;
mod put;
mod read;
mod read_ahead;
mod read_memory;
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
pub use read_memory::ReadMemory;
pub use store::{ObjectBlobStore, StoreContext};
pub use upload_memory::UploadMemory;
