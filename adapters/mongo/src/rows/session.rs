//! Sessions.

use mongodb::bson::{self, Binary};
use serde::{Deserialize, Serialize};
use tenantry_application::ports::PortError;
use tenantry_domain::{
    Revision, Timestamp,
    id::{SessionId, TenantId, UserId},
    session::{Client, RevokeReason, Session},
};

use super::{Reading, Stored, big, binary, optional, uuid};
use crate::plan::{Key, Table, bson_id};

/// A session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SessionRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    user_id: bson::Uuid,
    tenant_id: Option<bson::Uuid>,
    generation: i64,
    refresh_hash: Binary,
    previous_hash: Option<Binary>,
    rotated_at: i64,
    created_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
    revoke_reason: Option<String>,
    client_address: Option<String>,
    client_agent: Option<String>,
    revision: i64,
}

impl Stored for Session {
    type Row = SessionRow;

    const TABLE: Table = Table::Sessions;

    fn key(id: Self::Id) -> Key {
        Key::Id(id.as_uuid())
    }

    fn to_row(&self) -> SessionRow {
        SessionRow {
            id: bson_id(self.id.as_uuid()),
            user_id: bson_id(self.user_id.as_uuid()),
            tenant_id: optional(self.tenant_id.map(TenantId::as_uuid)),
            generation: self.generation.into(),
            refresh_hash: binary(self.refresh_hash),
            previous_hash: self.previous_hash.map(binary),
            rotated_at: self.rotated_at.as_millis(),
            created_at: self.created_at.as_millis(),
            expires_at: self.expires_at.as_millis(),
            revoked_at: self.revoked.map(|(at, _)| at.as_millis()),
            revoke_reason: self.revoked.map(|(_, reason)| reason.as_str().to_owned()),
            client_address: self.client.address.clone(),
            client_agent: self.client.user_agent.clone(),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: SessionRow) -> Result<Self, PortError> {
        let read = Reading::of(Table::Sessions, row.id);
        let previous_hash = row
            .previous_hash
            .map(|hash| read.hash("previous_hash", &hash));
        let revoked = row.revoked_at.map(|at| {
            let reason = row.revoke_reason.as_deref().and_then(RevokeReason::parse);
            let reason = read.known("revoke_reason", reason)?;
            Ok((Timestamp::from_millis(at), reason))
        });
        Ok(Self {
            id: SessionId::from_uuid(uuid(row.id)),
            user_id: UserId::from_uuid(uuid(row.user_id)),
            tenant_id: row.tenant_id.map(|id| TenantId::from_uuid(uuid(id))),
            generation: read.count("generation", row.generation)?,
            refresh_hash: read.hash("refresh_hash", &row.refresh_hash)?,
            previous_hash: previous_hash.transpose()?,
            rotated_at: Timestamp::from_millis(row.rotated_at),
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            revoked: revoked.transpose()?,
            client: Client {
                address: row.client_address,
                user_agent: row.client_agent,
            },
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }

    fn at(&self, revision: Revision) -> Self {
        Self {
            revision,
            ..self.clone()
        }
    }
}
