//! One suite per port, generic over the implementation and stamped on each by
//! one line in `tests/tests/conformance/`.

pub mod access_cache;
pub mod blob_store;
pub mod metadata;
pub mod rate_limiter;
pub mod samples;
pub mod signals;
pub mod signed_requests;
mod suite;
