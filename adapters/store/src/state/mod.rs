//! Units of work applied in memory: the reference for every store.
//!
//! A [`State`] is all or part of the stored rows. A store that holds everything
//! in memory keeps one; any other loads the rows a unit depends on
//! ([`lookups`]), applies the unit, and writes the rows it touched, or uses the
//! state to find the reason for a refusal.
//!
//! Every expectation is checked before anything is written, class by class, so
//! that a unit is refused for the first failing class: missing, stale,
//! duplicate, quota; within a class, for the first change in canonical order.

mod apply;
mod check;
mod lookups;
mod rows;

pub use apply::Touched;
pub use lookups::{Lookups, lookups};
pub use rows::State;
