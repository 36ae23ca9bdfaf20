//! Sessions: one sign-in, and the family of refresh tokens that keeps it alive.

use std::time::Duration;

use crate::{
    Revision, Timestamp,
    id::{SessionId, TenantId, UserId},
};

/// One sign-in of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, also the name of its family of refresh tokens.
    pub id: SessionId,
    /// Who signed in.
    pub user_id: UserId,
    /// The tenant it acts in; `None` for a person without one.
    pub tenant_id: Option<TenantId>,
    /// The current refresh token's place in the family, from 1.
    pub generation: u32,
    /// SHA-256 of the current refresh token.
    pub refresh_hash: [u8; 32],
    /// SHA-256 of the token before it.
    pub previous_hash: Option<[u8; 32]>,
    /// When the current token was made.
    pub rotated_at: Timestamp,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When the session ends if it is not refreshed.
    pub expires_at: Timestamp,
    /// When and why it ended before that.
    pub revoked: Option<(Timestamp, RevokeReason)>,
    /// Where it was signed in from.
    pub client: Client,
    /// How often the row was written.
    pub revision: Revision,
}

/// The device as it presented itself at sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    /// Its address, as text.
    pub address: Option<String>,
    /// Its user agent, at most 256 bytes.
    pub user_agent: Option<String>,
}

/// Why a session ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokeReason {
    /// The person signed out.
    Logout,
    /// A refresh token came back after its successor was in use: one of the
    /// two who hold it is a thief (RFC 9700, section 4.14).
    Reuse,
    /// Someone allowed to ended it.
    Ended,
}

impl RevokeReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Logout, Self::Reuse, Self::Ended];

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Reuse => "reuse",
            Self::Ended => "ended",
        }
    }

    /// The reason of a name, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// What a presented refresh token is to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// The current one: hand out its successor and move on.
    Current,
    /// The one before, shortly after: the answer was lost, hand out the same
    /// successor again.
    Retried,
    /// An older one, or the one before after the grace time: revoke the family.
    Reused,
    /// Nothing this session ever handed out, or the session is over.
    Unknown,
}

impl Session {
    /// Whether the session still opens anything at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now < self.expires_at
    }

    /// Weighs a refresh token of `generation` whose hash is `hash`. The
    /// caller has checked that this service made it.
    pub fn weigh(
        &self,
        generation: u32,
        hash: &[u8; 32],
        now: Timestamp,
        grace: Duration,
    ) -> Presented {
        if !self.is_live(now) {
            return Presented::Unknown;
        }
        if generation == self.generation {
            return if *hash == self.refresh_hash {
                Presented::Current
            } else {
                Presented::Unknown
            };
        }
        if generation > self.generation {
            return Presented::Unknown;
        }
        let is_previous = self.previous_hash.as_ref() == Some(hash);
        if generation + 1 == self.generation && is_previous && now.since(self.rotated_at) <= grace {
            Presented::Retried
        } else {
            Presented::Reused
        }
    }

    /// Makes the token with `hash` the current one and prolongs the session.
    pub fn rotate(&mut self, hash: [u8; 32], now: Timestamp, expires_at: Timestamp) {
        self.previous_hash = Some(self.refresh_hash);
        self.refresh_hash = hash;
        self.generation += 1;
        self.rotated_at = now;
        self.expires_at = expires_at;
    }

    /// Ends the session; the first reason stays.
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
    fn a_lost_answer_can_be_retried_for_a_while() {
        let mut session = session();
        assert_eq!(
            session.weigh(1, &[1; 32], at(10), GRACE),
            Presented::Current
        );
        session.rotate([2; 32], at(10), at(1010));
        assert_eq!(
            session.weigh(1, &[1; 32], at(40), GRACE),
            Presented::Retried
        );
        assert_eq!(session.weigh(1, &[1; 32], at(41), GRACE), Presented::Reused);
        assert_eq!(
            session.weigh(2, &[2; 32], at(41), GRACE),
            Presented::Current
        );
    }

    #[test]
    fn an_older_token_is_reuse_and_a_strange_one_is_not() {
        let mut session = session();
        session.rotate([2; 32], at(1), at(1000));
        session.rotate([3; 32], at(2), at(1000));
        assert_eq!(session.weigh(1, &[1; 32], at(2), GRACE), Presented::Reused);
        assert_eq!(session.weigh(3, &[9; 32], at(2), GRACE), Presented::Unknown);
        assert_eq!(session.weigh(4, &[4; 32], at(2), GRACE), Presented::Unknown);
    }

    #[test]
    fn a_dead_session_knows_no_token() {
        let mut revoked = session();
        revoked.revoke(RevokeReason::Logout, at(1));
        assert_eq!(revoked.weigh(1, &[1; 32], at(2), GRACE), Presented::Unknown);
        assert_eq!(
            session().weigh(1, &[1; 32], at(1000), GRACE),
            Presented::Unknown
        );
    }
}
