//! Adapters within one process.
//!
//! [`MemoryStore`] keeps all metadata behind one lock, for tests and trials.
//! It applies units of work with the shared reference implementation
//! ([`tenantry_store::State`]). Nothing survives the process, and most reads
//! scan every row of their kind.
//!
//! [`MemoryAccessCache`] serves every deployment, [`MemoryRateLimiter`] and
//! [`MemorySignals`] a single process. [`testing`] has a clock and ids that a
//! test controls.

mod access_cache;
mod access_repository;
mod backend;
mod job_queue;
mod platform_store;
mod rate_limiter;
mod signals;
pub mod testing;
mod upkeep_index;
mod usage;

pub use access_cache::MemoryAccessCache;
pub use platform_store::MemoryStore;
pub use rate_limiter::MemoryRateLimiter;
pub use signals::MemorySignals;
