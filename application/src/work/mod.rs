//! Units of work: changes recorded as plain data and committed at once.
//!
//! A use case records changes in a [`TenantWork`] or a [`PlatformWork`]; they
//! take effect when a store's `commit` applies them. A store receives a
//! [`UnitOfWork`]: the changes in canonical order (expectations, then rows by
//! kind, within a kind removals, updates, additions by id, and hot rows last),
//! so that two units cannot deadlock.
//!
//! An update or removal carries the revision the entity was read with. A store
//! writes the next revision and refuses the whole unit if the stored revision
//! differs. Counters that many units change (references, guards, epochs, quotas)
//! are shifted instead of replaced: no revision is expected, so that concurrent
//! units do not refuse each other.
//!
//! # Adding a kind
//!
//! One line in `kind.rs` declares it, and with it `match_row_change!`; every match
//! on [`Kind`] or [`RowChange`] then fail to compile until they
//! cover it.

mod change;
mod kind;
mod platform_work;
mod recorder;
mod signal;
mod tenant_work;

pub use change::{AuditSeal, BlobReferences, Change, Expectation, Guard, GuardedSet};
pub use kind::{Entity, Kind, RowChange, Write};
pub use platform_work::{GuardedRow, GuardedRows, PlatformWork};
pub use recorder::{Rows, UnitOfWork};
pub use signal::Signal;
pub use tenant_work::{QuotaMoves, ReferenceShifts, TenantWork};
