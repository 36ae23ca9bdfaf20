//! Transfers by signed URL, which need no other credential. A storage backend
//! that can presign serves its URLs itself; for all others the service signs
//! and serves them.

mod presign;
mod read;
mod signed;
mod write;

pub use presign::{Presigning, SERVICE_BINDS, SignedBy, presign, presigning};
pub use read::{SignedContent, read};
pub use signed::SignedAddress;
pub use write::{SignedWrite, write};
