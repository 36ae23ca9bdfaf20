//! The application layer of Tenantry: use cases, one per file, and the ports
//! they need.
//!
//! A use case takes [`Services`] and the caller first, checks permissions,
//! reads through [`ports`], decides by the rules of the domain, records its
//! changes in a unit of [`work`], and commits once.
//!
//! # Adding a port
//!
//! 1. One file under `ports/` with one trait, named by a plain role noun.
//! 2. The docs of every method state absence, idempotence, atomicity and
//!    errors.
//! 3. A conformance suite under `tests/`, generic over the implementation.
//! 4. The implementations under `adapters/<technology>/`, each in a file named
//!    after the port, and one wiring function in `bootstrap/src/wiring/`.

mod announcing;
pub mod audit;
pub mod auth;
pub mod caller;
pub mod contention;
pub mod error;
pub mod files;
pub mod idempotency;
mod job_handler;
pub mod jobs;
mod listing;
pub mod paging;
mod patch;
mod port_error;
pub mod ports;
mod precondition;
pub mod projects;
pub mod rates;
mod security;
pub mod services;
pub mod settings;
pub mod storage;
pub mod tenants;
pub mod transfers;
pub mod upkeep;
mod visible;
pub mod work;

pub use announcing::AnnouncingStore;
pub use caller::{Caller, PersonCaller, PlatformCaller, RequestInfo};
pub use error::{Error, Result};
pub use patch::Patch;
pub use precondition::Precondition;
pub use security::SecurityEvent;
pub use services::Services;
