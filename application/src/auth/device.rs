//! Device tokens: proof that a device has signed in as a user before.
//!
//! They only exempt the device from the delay that failures of others cause.
//! They are not stored: the service recognizes its seal.

use std::{fmt, time::Duration};

use tenantry_domain::{Timestamp, blob::Digest, id::UserId};
use uuid::Uuid;

use crate::{ports::SealPurpose, services::Services};

/// The time for which a token is valid after a sign-in.
const LIFETIME: Duration = Duration::from_hours(365 * 24);

/// A token for a client that has signed in.
#[derive(Clone)]
pub struct DeviceToken(pub String);

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(…)")
    }
}

/// A device that has signed in as a user.
pub(super) struct Device {
    id: Uuid,
    user_id: UserId,
}

impl Device {
    /// Returns a device that signs in for the first time.
    pub(super) fn new(services: &Services, user_id: UserId) -> Self {
        let id = services.ids.next();
        Self { id, user_id }
    }

    /// Returns the device of a token; `None` if this service did not issue it for
    /// this user, or it has expired.
    pub(super) fn recognize(services: &Services, token: &str, user_id: UserId) -> Option<Self> {
        let (message, seal) = token.rsplit_once('.')?;
        let seal = Digest::parse(seal).ok()?;
        let (purpose, bytes) = (SealPurpose::Device, message.as_bytes());
        if !services.seals.verify(purpose, bytes, seal.as_bytes()) {
            return None;
        }
        let mut parts = message.split('.');
        let (user, id, expiry) = (parts.next()?, parts.next()?, parts.next()?);
        let id = Uuid::try_parse(id).ok()?;
        let expires_at = Timestamp::from_millis(expiry.parse().ok()?);
        let is_valid = user == user_id.to_string() && services.now() < expires_at;
        is_valid.then_some(Self { id, user_id })
    }

    /// Returns the id of the device.
    pub(super) const fn id(&self) -> Uuid {
        self.id
    }

    /// Issues the token after a sign-in.
    pub(super) fn token(&self, services: &Services) -> DeviceToken {
        let expires_at = services.now().plus(LIFETIME).as_millis();
        let message = format!("{}.{}.{expires_at}", self.user_id, self.id);
        let seal = services.seals.seal(SealPurpose::Device, message.as_bytes());
        DeviceToken(format!("{message}.{}", Digest::from_bytes(seal)))
    }
}
