//! Signing out.

use tenantry_domain::session::RevokeReason;

use super::refresh::end;
use crate::{
    caller::PersonCaller,
    error::{Error, Result},
    retry,
    services::Services,
};

/// Ends the caller's session: its access and refresh tokens open nothing more.
pub async fn logout(services: &Services, caller: &PersonCaller) -> Result<()> {
    retry::while_stale!(async {
        let session = services.store.sessions().lookup(caller.session_id).await?;
        let mut session = session.ok_or(Error::Unauthorized)?;
        end(
            services,
            &mut session,
            RevokeReason::Logout,
            &caller.request,
        )
        .await
    })
}
