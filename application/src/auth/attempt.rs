//! Attempts to present a password, and the delay after failures.

use std::fmt;

use tenantry_domain::id::{SessionId, UserId};
use uuid::Uuid;

use crate::{
    contention::{Lane, Turn},
    error::{Error, Result},
    ports::SealPurpose,
    services::Services,
};

/// A counter of failures.
#[derive(Debug, Clone)]
pub(super) enum FailureCounter {
    /// The counter of a device that signed in as the user before.
    Device(Uuid),
    /// The counter of a session.
    Session(SessionId),
    /// The counter of a user, by whichever identifier.
    User(UserId),
    /// The counter of an identifier that no user has.
    Unknown(String),
}

impl fmt::Display for FailureCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(id) => write!(f, "device {id}"),
            Self::Session(id) => write!(f, "session {id}"),
            Self::User(id) => write!(f, "user {id}"),
            Self::Unknown(identifier) => write!(f, "unknown {identifier}"),
        }
    }
}

/// An attempt that counts as a failure until it [succeeds](Self::succeed).
///
/// The attempts of one counter in this process follow each other, so that
/// concurrent successes are not mistaken for failures. Those of other processes
/// are counted exactly.
pub(super) struct Attempt<'s> {
    services: &'s Services,
    counter: String,
    _turn: Turn<'s>,
}

impl<'s> Attempt<'s> {
    /// Counts an attempt by the first counter without a delay, before the
    /// password is hashed.
    ///
    /// # Errors
    ///
    /// Fails with [`Error::RateLimited`] after the shortest remaining delay if
    /// every counter has one, and with [`Error::Busy`] if too many attempts are
    /// waiting.
    pub(super) async fn begin(
        services: &'s Services,
        counters: Vec<FailureCounter>,
    ) -> Result<Self> {
        let mut delay = None;
        for counter in counters {
            let counter = counter.to_string();
            let hash = services
                .seals
                .seal(SealPurpose::RateKey, counter.as_bytes());
            let turn = services.contention.turn(Lane::of_attempts(hash)).await?;
            match services.rates.begin(&counter).await? {
                None => {
                    return Ok(Self {
                        services,
                        counter,
                        _turn: turn,
                    });
                }
                Some(wait) => delay = Some(delay.map_or(wait, |delay| wait.min(delay))),
            }
        }
        Err(Error::RateLimited {
            retry_after: delay.unwrap_or_default(),
        })
    }

    /// Removes the counted failure.
    pub(super) async fn succeed(self) -> Result<()> {
        Ok(self.services.rates.succeed(&self.counter).await?)
    }
}
