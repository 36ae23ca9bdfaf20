//! Sessions.

use async_trait::async_trait;
use tenantry_application::ports::{PortError, SessionRepository};
use tenantry_domain::{
    Timestamp,
    id::{SessionId, UserId},
    session::Session,
};

use crate::{Backend, Column, Condition, Direction, Expiring, PlatformRows, Query, rows::session};

impl Expiring for Session {
    const EXPIRES_AT: Column<Self> = session::Column::ExpiresAt;
}

#[async_trait]
impl<B: Backend> SessionRepository for PlatformRows<B> {
    async fn lookup(&self, id: SessionId) -> Result<Option<Session>, PortError> {
        self.backend().lookup(id.into()).await
    }

    async fn find_live(
        &self,
        user: UserId,
        now: Timestamp,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<Session>, PortError> {
        let query = Query::new()
            .equal(session::Column::UserId, user.as_uuid())
            .filter(Condition::Null(session::Column::RevokedAt))
            .filter(Condition::Above(
                session::Column::ExpiresAt,
                now.as_millis().into(),
            ))
            .order_by(session::Column::RotatedAt, Direction::Descending)
            .order_by_key(Direction::Descending)
            .offset(offset)
            .limit(limit);
        self.backend().find(query).await
    }

    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.backend().purge_expired::<Session>(before, limit).await
    }
}
