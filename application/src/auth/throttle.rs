//! Rate limits on operations that take a password or a token.

use std::net::Ipv6Addr;

use crate::{
    caller::RequestInfo,
    error::{Error, Result},
    ports::{RateDecision, RateRule},
    services::Services,
};

/// Counts one attempt from the client's address. Exceeding the limit is not an
/// error: the decision says so and contains the values for the response
/// headers.
pub async fn throttle(services: &Services, request: &RequestInfo) -> Result<RateDecision> {
    let address = request.address.as_deref().unwrap_or("unknown");
    Ok(services
        .rates
        .check(RateRule::Auth, &network(address))
        .await?)
}

/// Returns the address range of one client: an IPv4 address, or the /64 prefix
/// of an IPv6 address, within which a client can choose freely.
fn network(address: &str) -> String {
    match address.parse::<Ipv6Addr>() {
        Ok(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
        Err(_) => address.to_owned(),
    }
}

/// Counts one sign-in attempt for an account, regardless of the address.
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
