//! The limit on operations that take a password or a token.

use std::net::Ipv6Addr;

use crate::{
    caller::RequestInfo,
    error::{Error, Result},
    ports::{RateDecision, RateRule},
    services::Services,
};

/// Counts one try from the client's address. `Ok` even when the limit is
/// reached: the decision says so, and what to tell the client.
pub async fn throttle(services: &Services, request: &RequestInfo) -> Result<RateDecision> {
    let address = request.address.as_deref().unwrap_or("unknown");
    Ok(services
        .rates
        .check(RateRule::Auth, &network(address))
        .await?)
}

/// What one client has of the address space: an IPv4 address, or the /64 of an
/// IPv6 one, in which it may take any.
fn network(address: &str) -> String {
    match address.parse::<Ipv6Addr>() {
        Ok(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
        Err(_) => address.to_owned(),
    }
}

/// Counts one sign-in to an account, whatever address it comes from.
pub(super) async fn throttle_account(services: &Services, account: &str) -> Result<()> {
    let decision = services.rates.check(RateRule::Account, account).await?;
    if decision.allowed {
        Ok(())
    } else {
        Err(Error::RateLimited {
            retry_after: decision.reset_after,
        })
    }
}
