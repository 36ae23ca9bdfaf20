//! New passwords: every use case that sets one accepts it here.

use tenantry_domain::{
    Invalid,
    identity::PasswordHash,
    password::{ContextNames, NewPassword, PasswordPolicy},
};

use crate::{
    error::{Error, Result},
    ports::{PortError, PortErrorKind},
    services::Services,
};

/// Checks a new password.
pub(super) fn accept_password(
    services: &Services,
    password: &str,
    names: ContextNames<'_>,
) -> Result<NewPassword, Invalid> {
    let policy = PasswordPolicy {
        min_chars: services.settings.password_min_chars,
        names,
    };
    policy.accept(password)
}

/// Hashes a new password; fails with [`Error::RateLimited`] if the hasher's
/// queue is full.
pub(super) async fn hash_password(
    services: &Services,
    password: &NewPassword,
) -> Result<PasswordHash> {
    let hash = services.passwords.hash(password.expose()).await;
    hash.map_err(hasher_error)
}

/// Converts an error of the password hasher.
pub(super) fn hasher_error(error: PortError) -> Error {
    if error.kind == PortErrorKind::Busy {
        Error::RateLimited {
            retry_after: std::time::Duration::from_secs(1),
        }
    } else {
        error.into()
    }
}
