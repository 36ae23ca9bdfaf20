//! Objects in a collection of a `WebDAV` server (RFC 4918):
//!
//! ```text
//! tenantry            the marker
//! t/<tenant>/<blob>   blobs
//! staging/<uuid>      writes in progress
//! probe/<uuid>        probes
//! ```
//!
//! The collections are created when the store is first opened; only those of
//! tenants are created later. If an object is missing, the marker is checked: if
//! that is missing too, the server has lost its disk, and a missing object does
//! not mean that it was deleted.

mod backend;
mod collection;
mod multistatus;
mod options;
mod pipe;
mod staging;
mod upload;

pub use self::options::{WebdavLogin, WebdavOptions};
