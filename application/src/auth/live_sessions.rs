//! The live sessions of a user, and ending them.

use tenantry_domain::{
    id::{SessionId, TenantId, UserId},
    session::{RevokeReason, Session},
};

use crate::{
    audit::Entry, caller::RequestInfo, error::Result, services::Services, work::PlatformWork,
};

/// The maximum number of sessions that one commit ends. A compatible server may not
/// accept 100 updates in a command.
const BATCH: u32 = 64;

/// The end of sessions of one user, part of a unit of work.
pub(super) struct SessionEnd<'a> {
    pub(super) services: &'a Services,
    pub(super) user_id: UserId,
    pub(super) reason: RevokeReason,
    /// The request that ends them.
    pub(super) request: &'a RequestInfo,
}

impl SessionEnd<'_> {
    /// Adds the revocation of sessions to a unit of work. Their audit entries are in
    /// the chain of `tenant`, which the unit carries, or of the platform for sessions
    /// elsewhere.
    pub(super) fn record(
        &self,
        work: &mut PlatformWork,
        sessions: &mut [Session],
        tenant: Option<TenantId>,
    ) {
        if sessions.is_empty() {
            return;
        }
        let now = self.services.now();
        for session in sessions {
            session.revoke(self.reason, now);
            work.sessions().update(session);
            let entry = Entry::new(self.services, "auth.session_end", "session", session.id)
                .by_person(self.user_id, self.request)
                .detail("reason", self.reason.as_str());
            work.audit(entry.of(session.tenant_id.filter(|id| Some(*id) == tenant)));
        }
        work.raise_user_epoch(self.user_id, now);
    }

    /// Invalidates the cached grants of sessions after the commit.
    pub(super) fn done(&self, sessions: &[Session]) {
        for session in sessions {
            self.services.access_cache.invalidate_session(session.id);
        }
    }

    /// Returns the live sessions of the user except `kept`, at most one batch. Before,
    /// ends all others in separate commits.
    pub(super) async fn others(&self, kept: SessionId) -> Result<Vec<Session>> {
        let services = self.services;
        loop {
            let sessions = services.store.sessions();
            let live = sessions.find_live(self.user_id, services.now(), 0, BATCH + 1);
            let live = live.await?;
            let is_last = live.len() <= BATCH as usize;
            let mut others: Vec<_> = live.into_iter().filter(|it| it.id != kept).collect();
            if is_last {
                return Ok(others);
            }
            others.truncate(BATCH as usize);
            let mut work = PlatformWork::new();
            self.record(&mut work, &mut others, None);
            services.store.commit(work).await?;
            self.done(&others);
        }
    }

    /// Returns the sessions, at most one batch, that were used least recently and
    /// leave no room for a new one.
    pub(super) async fn excess(&self) -> Result<Vec<Session>> {
        let services = self.services;
        let room = services.settings.max_sessions.saturating_sub(1);
        let sessions = services.store.sessions();
        let excess = sessions.find_live(self.user_id, services.now(), room.into(), BATCH);
        Ok(excess.await?)
    }
}
