//! Sessions.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{EntityTrait, QueryFilter};
use tenantry_application::ports::{PortError, SessionRepository};
use tenantry_domain::{Timestamp, id::SessionId, session::Session};

use crate::{convert::Stored, entity::session::Entity, reader::Reader, writer::Writer};

/// Reads sessions, and removes those that are over.
#[derive(Debug, Clone)]
pub(crate) struct SqlSessionRepository {
    pub(crate) reader: Reader,
    pub(crate) writer: Arc<Writer>,
}

#[async_trait]
impl SessionRepository for SqlSessionRepository {
    async fn lookup(&self, id: SessionId) -> Result<Option<Session>, PortError> {
        self.reader
            .one(Entity::find().filter(Session::keyed(id)))
            .await
    }

    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.writer.purge("sessions", before, limit).await
    }
}
