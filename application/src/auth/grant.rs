//! Issuing tokens for a session.

use std::time::Duration;

use tenantry_domain::{
    Timestamp,
    id::{SessionId, TenantId},
    session::Session,
};

use crate::{error::Result, ports::AccessClaims, services::Services};

/// The tokens that a client receives after signing in or refreshing.
#[derive(Clone)]
pub struct TokenPair {
    /// The access token, sent with every request.
    pub access_token: String,
    /// The lifetime of the access token.
    pub expires_in: Duration,
    /// The refresh token, exchanged once for the next pair.
    pub refresh_token: String,
}

impl std::fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenPair")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// Returns the hash of a session's refresh token of a generation.
pub(super) fn refresh_hash(services: &Services, session: SessionId, generation: u32) -> [u8; 32] {
    services.refresh_tokens.derive(session, generation).hash
}

/// Issues the tokens of a committed session. `tenant` is the tenant it acts in
/// now.
pub(super) fn tokens(
    services: &Services,
    session: &Session,
    tenant: Option<TenantId>,
) -> Result<TokenPair> {
    let now = services.now();
    let lifetime = services.settings.access_token_lifetime;
    let access_token = services.access_tokens.issue(&AccessClaims {
        user_id: session.user_id,
        tenant_id: tenant,
        session_id: session.id,
        token_id: services.ids.next(),
        issued_at: now,
        expires_at: now.plus(lifetime),
    })?;
    let refresh_token = services
        .refresh_tokens
        .derive(session.id, session.generation)
        .text;
    Ok(TokenPair {
        access_token,
        expires_in: lifetime,
        refresh_token,
    })
}

/// Returns the expiry of a session that is refreshed now.
pub(super) fn session_expiry(
    services: &Services,
    created_at: Timestamp,
    now: Timestamp,
) -> Timestamp {
    let unused = now.plus(services.settings.refresh_token_lifetime);
    unused.min(created_at.plus(services.settings.session_lifetime))
}
