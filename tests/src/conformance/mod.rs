//! One conformance suite per port, generic over the implementation. A line in
//! `tests/tests/conformance/` stamps it on an adapter.

pub mod access_cache;
pub mod blob_store;
mod bodies;
pub mod metadata;
pub mod rate_limiter;
pub mod samples;
pub mod signals;
pub mod signed_requests;
mod suite;
