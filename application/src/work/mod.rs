//! Units of work: what shall change, recorded as plain data and committed once.
//!
//! A use case records in a [`TenantWork`] or a [`PlatformWork`]; nothing
//! happens until a store's `commit` takes it. [`UnitOfWork`] is what adapters
//! see: the changes in one canonical order (expectations, then kind by kind,
//! within a kind removals, updates, additions, each by id, and the hot rows
//! last), so that two units never wait for each other in a circle.
//!
//! An update or removal carries the entity with the revision it was read
//! with. A store writes the next revision and refuses the whole unit when the
//! stored one differs.

mod change;
mod commit_queue;
mod entity;
mod platform_work;
mod recorder;
mod tenant_work;

pub use change::{AuditSeal, Change, Expectation, Guard, GuardedSet, Write};
pub use commit_queue::{CommitQueue, Lane, Served};
pub use entity::{Entity, Kind};
pub use platform_work::PlatformWork;
pub use recorder::{Rows, UnitOfWork};
pub use tenant_work::TenantWork;
