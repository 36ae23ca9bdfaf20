//! Admission of requests: bounds on concurrent work, shared fairly between
//! tenants, and between client networks until the tenant is known.
//!
//! A request gets a [`Ticket`] before any work is done for it. The ticket holds
//! a permit while the handler runs, except while it waits for the client's
//! bytes, and a share of the open requests until the response is sent.
//! Operations that hash a password run in lanes of their own, as many at a time
//! as there are hashing threads: a storm of sign-ins delays neither other
//! requests nor the sign-ins of other networks.

mod body;
mod budget;
mod lanes;
mod network;
mod shares;
#[cfg(test)]
mod tests;
mod ticket;

use std::{sync::Arc, time::Duration};

use tenantry_domain::id::TenantId;

pub(crate) use body::ParkingBody;
pub(crate) use budget::ReservedBytes;
pub use network::ClientNetwork;
pub(crate) use ticket::Ticket;

use self::{
    budget::ByteBudget,
    lanes::{LaneLimits, Lanes, Overload},
    shares::Shares,
};
use crate::problem::{Problem, codes};

/// The time after which a rejected request may be sent again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The maximum number of open requests of one network without a known tenant.
const OPEN_PER_NETWORK: usize = 256;
/// The maximum number of open requests of one tenant.
const OPEN_PER_TENANT: usize = 1024;
/// The maximum number of waiting requests, and of one lane.
const WAITING: usize = 2048;
const WAITING_PER_LANE: usize = 512;
/// The maximum size of all buffered request bodies, and of those of one lane, in
/// bytes.
const BUFFERED_BYTES: usize = 32 * 1024 * 1024;
const BUFFERED_BYTES_PER_LANE: usize = 8 * 1024 * 1024;

/// The requests of a tenant, or of a client network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LaneKey {
    /// The requests of a tenant.
    Tenant(TenantId),
    /// The requests of a network whose tenant is not known (yet).
    Network(ClientNetwork),
}

/// The bounds on concurrent work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdmissionOptions {
    /// The maximum number of running requests. One tenant may use half of them.
    pub running_requests: usize,
    /// The number of threads that hash passwords.
    pub hashing_threads: usize,
}

impl Default for AdmissionOptions {
    fn default() -> Self {
        Self {
            running_requests: 64,
            hashing_threads: 2,
        }
    }
}

/// The admission of requests to one service.
#[derive(Clone)]
pub(crate) struct Admission(Arc<Gates>);

struct Gates {
    requests: Lanes,
    password_requests: Lanes,
    open: Shares,
    buffers: ByteBudget,
}

impl Admission {
    pub(crate) fn new(options: AdmissionOptions) -> Self {
        let permits = options.running_requests.max(4);
        // One more than the threads: the next password is ready to be hashed.
        let password_permits = options.hashing_threads.max(1) + 1;
        let limits = |permits, permits_per_lane| LaneLimits {
            permits,
            permits_per_lane,
            waiting: WAITING,
            waiting_per_lane: WAITING_PER_LANE,
        };
        Self(Arc::new(Gates {
            requests: Lanes::new(limits(permits, permits / 2)),
            password_requests: Lanes::new(limits(password_permits, password_permits - 1)),
            open: Shares::default(),
            buffers: ByteBudget::new(BUFFERED_BYTES, BUFFERED_BYTES_PER_LANE),
        }))
    }

    /// Admits a request of a client network.
    ///
    /// # Errors
    ///
    /// Fails with `busy` if too many requests of the network are open or
    /// waiting.
    pub(crate) async fn admit(&self, network: ClientNetwork) -> Result<Ticket, Problem> {
        let key = LaneKey::Network(network);
        let share = self.0.open.open(key, OPEN_PER_NETWORK).ok_or_else(busy)?;
        let permit = self.0.requests.enter(key).await?;
        Ok(Ticket::new(self.clone(), permit, share))
    }
}

impl From<Overload> for Problem {
    fn from(_: Overload) -> Self {
        busy()
    }
}

/// Returns the problem of a rejected request.
pub(crate) fn busy() -> Problem {
    Problem::new(&codes::BUSY)
        .detail("Too many requests are in progress; retry later.")
        .retry_after(RETRY_AFTER)
}
