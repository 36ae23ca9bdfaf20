//! Signing out.

use tenantry_domain::session::{RevokeReason, Session};

use super::refresh::revoke;
use crate::{
    caller::PersonCaller,
    contention::{Lane, decide},
    error::{Error, Result},
    services::Services,
};

/// Revokes the caller's session and with it its access and refresh tokens.
pub async fn logout(services: &Services, caller: &PersonCaller) -> Result<()> {
    decide!(services, Logout in Lane::of::<Session>(caller.session_id), async {
        let session = services.store.sessions().lookup(caller.session_id).await?;
        let mut session = session.ok_or(Error::Unauthorized)?;
        revoke(
            services,
            &mut session,
            RevokeReason::Logout,
            &caller.request,
        )
        .await
    })
}
