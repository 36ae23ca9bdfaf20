//! Objects as files in a directory:
//!
//! ```text
//! t/<tenant>/<blob>   blobs
//! staging/<uuid>      writes in progress, locked by the writer
//! probe/<uuid>        probes
//! ```
//!
//! The directory `t` is created only when the store is first opened. If it is
//! missing later, the disk is gone or not mounted, and a missing file does not
//! mean that it was deleted.

mod backend;
mod layout;
mod reader;
mod staging;
mod walk;

pub use self::backend::LocalOptions;
