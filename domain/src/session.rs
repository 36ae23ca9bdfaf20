//! Sessions: a sign-in and its family of refresh tokens.

use std::time::Duration;

use crate::{
    Revision, Timestamp,
    id::{SessionId, TenantId, UserId},
};

/// A signed-in session of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id of the session and of its refresh token family.
    pub id: SessionId,
    /// The user.
    pub user_id: UserId,
    /// The tenant the session acts in; `None` for a user without a tenant.
    pub tenant_id: Option<TenantId>,
    /// The current refresh token's generation, starting at 1.
    pub generation: u32,
    /// The SHA-256 of the current refresh token.
    pub refresh_hash: [u8; 32],
    /// The SHA-256 of the previous refresh token.
    pub previous_hash: Option<[u8; 32]>,
    /// The time of the last rotation.
    pub rotated_at: Timestamp,
    /// The time of the sign-in.
    pub created_at: Timestamp,
    /// The expiry time, unless refreshed.
    pub expires_at: Timestamp,
    /// The time and reason of the revocation.
    pub revoked: Option<(Timestamp, RevokeReason)>,
    /// The client that signed in.
    pub client: Client,
    /// The row's revision.
    pub revision: Revision,
}

/// The client, as it identified itself at sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    /// The IP address, as text.
    pub address: Option<String>,
    /// The user agent, at most 256 characters.
    pub user_agent: Option<String>,
}

/// The reason a session was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokeReason {
    /// The user signed out.
    Logout,
    /// A refresh token was reused after its successor had been used, which
    /// indicates theft (RFC 9700, section 4.14).
    Reuse,
    /// An authorized user ended the session.
    Ended,
    /// The user signed in again and had too many sessions.
    Limit,
    /// The user changed the e-mail address or username in another session.
    Renamed,
}

impl RevokeReason {
    /// All reasons.
    pub const ALL: [Self; 5] = [
        Self::Logout,
        Self::Reuse,
        Self::Ended,
        Self::Limit,
        Self::Renamed,
    ];

    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Reuse => "reuse",
            Self::Ended => "ended",
            Self::Limit => "limit",
            Self::Renamed => "renamed",
        }
    }

    /// Returns the reason with this name, if it exists.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// The status of a presented refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshTokenStatus {
    /// The current token: rotate it.
    Current,
    /// The previous token within the grace period: the response was lost, issue
    /// the same successor again.
    Retried,
    /// An older token, or the previous one after the grace period: revoke the
    /// session.
    Reused,
    /// A token that the session never issued, or the session has ended.
    Unknown,
}

impl Session {
    /// Returns whether the session is neither revoked nor expired at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now < self.expires_at
    }

    /// Returns the status of a refresh token with this `generation` and `hash`.
    /// The caller has verified that this service issued it.
    pub fn refresh_token_status(
        &self,
        generation: u32,
        hash: &[u8; 32],
        now: Timestamp,
        grace: Duration,
    ) -> RefreshTokenStatus {
        if !self.is_live(now) {
            return RefreshTokenStatus::Unknown;
        }
        if generation == self.generation {
            return if *hash == self.refresh_hash {
                RefreshTokenStatus::Current
            } else {
                RefreshTokenStatus::Unknown
            };
        }
        if generation > self.generation {
            return RefreshTokenStatus::Unknown;
        }
        let is_previous = self.previous_hash.as_ref() == Some(hash);
        if generation + 1 == self.generation
            && is_previous
            && now.distance(self.rotated_at) <= grace
        {
            RefreshTokenStatus::Retried
        } else {
            RefreshTokenStatus::Reused
        }
    }

    /// Makes `hash` the current refresh token and extends the session.
    pub fn rotate(&mut self, hash: [u8; 32], now: Timestamp, expires_at: Timestamp) {
        self.previous_hash = Some(self.refresh_hash);
        self.refresh_hash = hash;
        self.generation += 1;
        self.rotated_at = now;
        self.expires_at = expires_at;
    }

    /// Revokes the session; the first reason is kept.
    pub fn revoke(&mut self, reason: RevokeReason, now: Timestamp) {
        self.revoked.get_or_insert((now, reason));
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const GRACE: Duration = Duration::from_secs(30);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn session() -> Session {
        Session {
            id: SessionId::from_uuid(Uuid::nil()),
            user_id: UserId::from_uuid(Uuid::nil()),
            tenant_id: None,
            generation: 1,
            refresh_hash: [1; 32],
            previous_hash: None,
            rotated_at: at(0),
            created_at: at(0),
            expires_at: at(1000),
            revoked: None,
            client: Client::default(),
            revision: Revision::FIRST,
        }
    }

    #[test]
    fn a_lost_response_can_be_retried_within_the_grace_period() {
        let mut session = session();
        assert_eq!(
            session.refresh_token_status(1, &[1; 32], at(10), GRACE),
            RefreshTokenStatus::Current
        );
        session.rotate([2; 32], at(10), at(1010));
        assert_eq!(
            session.refresh_token_status(1, &[1; 32], at(40), GRACE),
            RefreshTokenStatus::Retried
        );
        assert_eq!(
            session.refresh_token_status(1, &[1; 32], at(41), GRACE),
            RefreshTokenStatus::Reused
        );
        assert_eq!(
            session.refresh_token_status(2, &[2; 32], at(41), GRACE),
            RefreshTokenStatus::Current
        );
    }

    #[test]
    fn the_grace_period_ends_under_a_clock_that_is_set_back() {
        let mut session = session();
        session.expires_at = at(1_000_000);
        session.rotate([2; 32], at(172_800), at(1_000_000));
        for (now, expected) in [
            (172_800 - 30, RefreshTokenStatus::Retried),
            (172_800 - 31, RefreshTokenStatus::Reused),
            (0, RefreshTokenStatus::Reused),
        ] {
            let status = session.refresh_token_status(1, &[1; 32], at(now), GRACE);
            assert_eq!(status, expected, "at {now}");
        }
    }

    #[test]
    fn older_tokens_are_reused_and_foreign_ones_unknown() {
        let mut session = session();
        session.rotate([2; 32], at(1), at(1000));
        session.rotate([3; 32], at(2), at(1000));
        assert_eq!(
            session.refresh_token_status(1, &[1; 32], at(2), GRACE),
            RefreshTokenStatus::Reused
        );
        assert_eq!(
            session.refresh_token_status(3, &[9; 32], at(2), GRACE),
            RefreshTokenStatus::Unknown
        );
        assert_eq!(
            session.refresh_token_status(4, &[4; 32], at(2), GRACE),
            RefreshTokenStatus::Unknown
        );
    }

    #[test]
    fn ended_sessions_accept_no_token() {
        let mut revoked = session();
        revoked.revoke(RevokeReason::Logout, at(1));
        assert_eq!(
            revoked.refresh_token_status(1, &[1; 32], at(2), GRACE),
            RefreshTokenStatus::Unknown
        );
        assert_eq!(
            session().refresh_token_status(1, &[1; 32], at(1000), GRACE),
            RefreshTokenStatus::Unknown
        );
    }
}
