//! Refreshing tokens.

use std::slice;

use tenantry_domain::{
    session::{RefreshTokenStatus, RevokeReason, Session},
    tenant::ActiveTenant,
};

use super::{
    grant::{TokenPair, refresh_hash, session_expiry, tokens},
    live_sessions::SessionEnd,
};
use crate::{
    caller::RequestInfo,
    contention::{Lane, decide},
    error::{Error, Result},
    security::SecurityEvent,
    services::Services,
    work::PlatformWork,
};

/// Exchanges a refresh token for the next pair of tokens. Within the grace
/// period the previous token yields the same successor again, so that a lost
/// response is harmless. An older one revokes the session, since its reuse
/// indicates theft (RFC 9700, section 4.14).
pub async fn refresh(services: &Services, token: &str, request: &RequestInfo) -> Result<TokenPair> {
    let presented = services
        .refresh_tokens
        .verify(token)
        .ok_or(Error::Unauthorized)?;
    decide!(services, Refresh in Lane::of::<Session>(presented.session_id), async {
        let now = services.now();
        let session = services
            .store
            .sessions()
            .lookup(presented.session_id)
            .await?;
        let mut session = session.ok_or(Error::Unauthorized)?;
        let grace = services.settings.refresh_grace;
        match session.refresh_token_status(presented.generation, &presented.hash, now, grace) {
            RefreshTokenStatus::Unknown => return Err(Error::Unauthorized),
            RefreshTokenStatus::Reused => {
                let user = session.user_id.to_string();
                SecurityEvent::RefreshTokenReused.log_with(services, request, &user);
                revoke(services, &mut session, RevokeReason::Reuse, request).await?;
                return Err(Error::Unauthorized);
            }
            RefreshTokenStatus::Current | RefreshTokenStatus::Retried => {}
        }
        // A user who may no longer sign in may not refresh either.
        let grant = services
            .store
            .access()
            .lookup(session.id, now)
            .await?
            .ok_or(Error::Unauthorized)?;
        if presented.generation == session.generation {
            let next = refresh_hash(services, session.id, session.generation + 1);
            let expires_at = session_expiry(services, session.created_at, now);
            session.rotate(next, now, expires_at);
            let mut work = PlatformWork::new();
            work.sessions().update(&session);
            services.store.commit(work).await?;
            services.access_cache.invalidate_session(session.id);
        }
        tokens(services, &session, grant.tenant.map(ActiveTenant::id))
    })
}

/// Revokes a session and invalidates its cached grants.
pub(super) async fn revoke(
    services: &Services,
    session: &mut Session,
    reason: RevokeReason,
    request: &RequestInfo,
) -> Result<()> {
    let end = SessionEnd {
        services,
        user_id: session.user_id,
        reason,
        request,
    };
    let (tenant, ended) = (session.tenant_id, slice::from_mut(session));
    let mut work = PlatformWork::new();
    end.record(&mut work, ended, tenant);
    services.store.commit(work).await?;
    end.done(ended);
    Ok(())
}
