//! Adapters that live in this process.
//!
//! [`MemoryStore`] keeps all metadata behind one lock: for tests and trials,
//! and the readable reference of what every store does with a unit of work
//! (see `apply/`). Nothing survives the process, and most reads look through
//! every row of their kind.
//!
//! [`MemoryAccessCache`] serves every node, [`MemoryRateLimiter`] and
//! [`MemorySignals`] a single one, in earnest. [`testing`] has a clock and ids under a test's control.

mod access_cache;
mod access_repository;
mod apply;
mod audit_log;
mod blob_repository;
mod epoch_repository;
mod file_repository;
mod idempotency_repository;
mod identity_repository;
mod job_queue;
mod membership_repository;
mod platform_store;
mod quota_repository;
mod rate_limiter;
mod role_repository;
mod row;
mod session_repository;
mod shared;
mod signals;
mod state;
mod tenant_repository;
mod tenant_store;
pub mod testing;
mod upkeep_index;
mod version_repository;

pub use access_cache::MemoryAccessCache;
pub use platform_store::MemoryStore;
pub use rate_limiter::MemoryRateLimiter;
pub use signals::MemorySignals;
