//! Admission of requests: bounds on concurrent work, shared fairly between
//! tenants, and between client networks until the tenant is known.
//!
//! A request gets a [`Ticket`] before any work is done for it. The ticket holds
//! a permit while the handler runs, except while it waits for the client's
//! bytes, and a share of the open requests until the response is sent.
//! Operations that hash a password run in separate lanes, as many at a time as
//! there are hashing threads: a storm of sign-ins delays neither other requests
//! nor the sign-ins of other networks.

mod body;
mod budget;
mod gates;
mod lane;
mod lanes;
mod shares;
#[cfg(test)]
mod tests;
mod ticket;

pub(crate) use body::ParkingBody;
pub(crate) use budget::ReservedBytes;
pub use gates::AdmissionOptions;
pub(crate) use gates::{Gates, busy};
pub(crate) use ticket::Ticket;
