//! Rate limits on operations that take a password or a token.

use std::net::IpAddr;

use tenantry_domain::ClientNetwork;

use crate::{
    caller::RequestInfo,
    error::Result,
    ports::{RateDecision, RateRule},
    services::Services,
};

/// Counts one attempt from the client's network. Exceeding the limit is not an
/// error: the decision says so and contains the values for the response
/// headers.
pub async fn throttle(
    services: &Services,
    rule: RateRule,
    request: &RequestInfo,
) -> Result<RateDecision> {
    Ok(services.rates.check(rule, &network(request)).await?)
}

/// Gives back an attempt that did not fail.
pub async fn refund(
    services: &Services,
    rule: RateRule,
    request: &RequestInfo,
) -> Result<RateDecision> {
    Ok(services.rates.refund(rule, &network(request)).await?)
}

/// Counts one refresh by its session, regardless of the network. A token that
/// this service did not issue counts as a failure of the client's network.
pub async fn throttle_refresh(
    services: &Services,
    token: &str,
    request: &RequestInfo,
) -> Result<RateDecision> {
    match services.refresh_tokens.verify(token) {
        Some(token) => {
            let session = token.session_id.to_string();
            Ok(services.rates.check(RateRule::Refresh, &session).await?)
        }
        None => throttle(services, RateRule::Auth, request).await,
    }
}

fn network(request: &RequestInfo) -> String {
    let address = request.address.as_deref().unwrap_or("unknown");
    address.parse::<IpAddr>().map_or_else(
        |_| address.to_owned(),
        |address| ClientNetwork::of(address).to_string(),
    )
}
