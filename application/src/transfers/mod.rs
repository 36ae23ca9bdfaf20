//! Bytes that move by a signed address: whoever has it needs no other
//! credential. A storage that signs serves its addresses itself; for every
//! other one the service does both.

mod presign;
mod read;
mod signed;
mod write;

pub use presign::{Presigning, SERVICE_BINDS, SignedBy, presign, presigning};
pub use read::{Reading, read};
pub use signed::SignedAddress;
pub use write::{Writing, write};
