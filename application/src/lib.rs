//! What Tenantry does: one use case a file, and the ports it needs.
//!
//! A use case takes [`Services`](services::Services) and the caller first,
//! checks permission, reads through the handles of [`ports`], decides with the
//! rules of the domain, records what shall change in a unit of [`work`], and
//! commits once.
//!
//! # Adding a port
//!
//! 1. One file under `ports/`, one trait in it, a plain role noun as its name.
//! 2. Every method says what absence answers, whether it may be called twice,
//!    what it does as one step, and which errors it returns.
//! 3. A conformance suite under `tests/`, generic over the implementation.
//! 4. The implementations, each under `adapters/<technology>/` in a file of
//!    the port's name, and one wiring function in `bootstrap/src/wiring/`.

mod announcing;
pub mod audit;
pub mod auth;
pub mod caller;
pub mod error;
pub mod files;
mod idempotency;
pub mod jobs;
pub mod paging;
pub mod ports;
mod precondition;
mod retry;
pub mod services;
pub mod storage;
pub mod tenants;
pub mod transfers;
pub mod upkeep;
pub mod work;

pub use announcing::AnnouncingStore;
pub use caller::{Caller, PersonCaller, RequestInfo};
pub use error::{Error, Result};
pub use precondition::Precondition;
pub use services::Services;
