//! The bounds that all requests of a service share.

use std::{sync::Arc, time::Duration};

use super::{
    budget::ByteBudget,
    lanes::{LaneLimits, Lanes, Overload},
    shares::Shares,
};
use crate::problem::{Problem, codes};

/// The time after which a rejected request may be sent again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The maximum number of open requests of one network without a known tenant.
pub(super) const OPEN_PER_NETWORK: usize = 256;
/// The maximum number of open requests of one tenant.
pub(super) const OPEN_PER_TENANT: usize = 1024;
/// The maximum number of waiting requests, and of one lane.
const WAITING: usize = 2048;
const WAITING_PER_LANE: usize = 512;
/// The maximum size of all buffered request bodies, and of those of one lane, in
/// bytes.
const BUFFERED_BYTES: usize = 32 * 1024 * 1024;
const BUFFERED_BYTES_PER_LANE: usize = 8 * 1024 * 1024;

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

/// The bounds of one service, which its requests share.
#[derive(Clone)]
pub(crate) struct Gates {
    pub(super) requests: Lanes,
    pub(super) password_requests: Lanes,
    pub(super) open: Shares,
    pub(super) buffers: ByteBudget,
}

impl Gates {
    pub(crate) fn new(options: AdmissionOptions) -> Arc<Self> {
        let permits = options.running_requests.max(4);
        // One more than the threads: the next password is ready to be hashed.
        let password_permits = options.hashing_threads.max(1) + 1;
        let limits = |permits, permits_per_lane| LaneLimits {
            permits,
            permits_per_lane,
            waiting: WAITING,
            waiting_per_lane: WAITING_PER_LANE,
        };
        Arc::new(Self {
            requests: Lanes::new(limits(permits, permits / 2)),
            password_requests: Lanes::new(limits(password_permits, password_permits - 1)),
            open: Shares::default(),
            buffers: ByteBudget::new(BUFFERED_BYTES, BUFFERED_BYTES_PER_LANE),
        })
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
