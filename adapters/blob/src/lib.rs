//! Blob storage: the local disk, and object stores through `object_store`,
//! with every piece checked before it leaves.
//!
//! | file | holds |
//! |---|---|
//! | `store.rs` | the port, the same for every backend |
//! | `put.rs`, `hash.rs`, `upload_memory.rs` | bytes on their way in |
//! | `read.rs` | bytes on their way out |
//! | `backend/mod.rs` | the little that backends do differently |
//! | `backend/local/` | a folder of this machine |
//! | `backend/objects.rs` | any `object_store` |
//! | `backend/memory.rs` | the constructor of one of them: S3 and the like add one such file |
//!
//! The local disk does not go through `object_store`. That keeps a write's
//! staging file beside its target, where a kill leaves it unlisted and only a
//! walk over everything finds it; replaces what is there; and stops listing at
//! the first foreign name it cannot read.

mod backend;
mod error;
mod hash;
mod name;
mod put;
mod read;
mod store;
mod upload_memory;

pub use backend::local::LocalOptions;
pub use store::{ObjectBlobStore, StoreContext};
pub use upload_memory::UploadMemory;
