//! Applying a unit of work: the reference of what every store does.
//!
//! Every expectation is checked before anything is written, class by class,
//! so that the unit is refused for the first class that fails: missing →
//! stale → duplicate → quota; within a class, for the first change in
//! canonical order. No row occurs twice in a unit, so missing and stale can
//! be told from what is stored alone. Unique keys and ledgers depend on the
//! changes before, which are followed in their order.

mod duplicate;
mod missing;
mod quota;
mod stale;
mod write;

use tenantry_application::{ports::Refusal, work::UnitOfWork};

use crate::state::State;

/// Applies all of the unit, or nothing and says why.
pub(crate) fn apply(state: &mut State, unit: &UnitOfWork) -> Result<(), Refusal> {
    missing::check(state, unit)?;
    stale::check(state, unit)?;
    duplicate::check(state, unit)?;
    quota::check(state, unit)?;
    write::all(state, unit);
    Ok(())
}
