//! Sessions.

use async_trait::async_trait;
use tenantry_application::ports::{PortError, SessionRepository};
use tenantry_domain::{Timestamp, id::SessionId, session::Session};

use crate::{Backend, Column, Expiring, PlatformRows, rows::session};

impl Expiring for Session {
    const EXPIRES_AT: Column<Self> = session::Column::ExpiresAt;
}

#[async_trait]
impl<B: Backend> SessionRepository for PlatformRows<B> {
    async fn lookup(&self, id: SessionId) -> Result<Option<Session>, PortError> {
        self.backend().lookup(id.into()).await
    }

    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.backend().purge_expired::<Session>(before, limit).await
    }
}
