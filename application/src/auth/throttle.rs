//! The limit on operations that take a password or a token.

use crate::{
    caller::RequestInfo,
    error::{Error, Result},
    ports::{RateDecision, RateRule},
    services::Services,
};

/// Counts one try from the client's address. `Ok` even when the limit is
/// reached: the decision says so, and what to tell the client.
pub async fn throttle(on: &Services, request: &RequestInfo) -> Result<RateDecision> {
    let address = request.address.as_deref().unwrap_or("unknown");
    Ok(on.rates.check(RateRule::Auth, address).await?)
}

/// Counts one sign-in to an account, whatever address it comes from.
pub(super) async fn throttle_account(on: &Services, account: &str) -> Result<()> {
    let decision = on.rates.check(RateRule::Account, account).await?;
    if decision.allowed {
        Ok(())
    } else {
        Err(Error::RateLimited {
            retry_after: decision.reset_after,
        })
    }
}
