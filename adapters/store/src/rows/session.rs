//! The table `sessions`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{ports::PortError, work::Kind};
use tenantry_domain::{
    Revision, Timestamp,
    id::{SessionId, TenantId, UserId},
    session::{Client, RevokeReason, Session},
};

use super::{Reading, id, integer};
use crate::{Key, Scope, Stored};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub id: Uuid,
    #[serde(with = "id")]
    pub user_id: Uuid,
    #[serde(with = "id::optional")]
    pub tenant_id: Option<Uuid>,
    pub generation: i64,
    #[serde(with = "serde_bytes")]
    pub refresh_hash: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub previous_hash: Option<Vec<u8>>,
    pub rotated_at: i64,
    pub created_at: i64,
    pub expires_at: i64,
    pub revoked_at: Option<i64>,
    pub revoke_reason: Option<String>,
    pub client_address: Option<String>,
    pub client_agent: Option<String>,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::Session;

impl Stored for Session {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Platform;

    const LOOKUPS: &'static [&'static [Column]] = &[
        &[Column::ExpiresAt],
        &[Column::UserId, Column::RevokedAt, Column::RotatedAt],
    ];

    fn key(&self) -> Key {
        self.id.into()
    }

    fn to_row(&self) -> Model {
        Model {
            id: self.id.as_uuid(),
            user_id: self.user_id.as_uuid(),
            tenant_id: self.tenant_id.map(TenantId::as_uuid),
            generation: self.generation.into(),
            refresh_hash: self.refresh_hash.to_vec(),
            previous_hash: self.previous_hash.map(|hash| hash.to_vec()),
            rotated_at: self.rotated_at.as_millis(),
            created_at: self.created_at.as_millis(),
            expires_at: self.expires_at.as_millis(),
            revoked_at: self.revoked.map(|(at, _)| at.as_millis()),
            revoke_reason: self.revoked.map(|(_, reason)| reason.as_str().to_owned()),
            client_address: self.client.address.clone(),
            client_agent: self.client.user_agent.clone(),
            revision: integer(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.id);
        let previous_hash = row
            .previous_hash
            .map(|hash| read.bytes("previous_hash", &hash));
        let revoked = row.revoked_at.map(|at| {
            let reason = row.revoke_reason.as_deref().and_then(RevokeReason::parse);
            let reason = read.known("revoke_reason", reason)?;
            Ok((Timestamp::from_millis(at), reason))
        });
        Ok(Self {
            id: SessionId::from_uuid(row.id),
            user_id: UserId::from_uuid(row.user_id),
            tenant_id: row.tenant_id.map(TenantId::from_uuid),
            generation: read.count("generation", row.generation)?,
            refresh_hash: read.bytes("refresh_hash", &row.refresh_hash)?,
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
}
