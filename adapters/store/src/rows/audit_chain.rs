//! The table `audit_chains`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{ports::PortError, work::Kind};
use tenantry_domain::audit::ChainHead;

use super::{Reading, id, integer};
use crate::{
    Key, Scope, Stored,
    records::{AuditChain, chain_id, chain_tenant},
};

/// The end of an audit chain.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "audit_chains")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub chain_id: Uuid,
    pub sequence: i64,
    #[serde(with = "serde_bytes")]
    pub hash: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::AuditChain;

impl Stored for AuditChain {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Shared(Column::ChainId);

    fn key(&self) -> Key {
        chain_id(self.tenant_id).into()
    }

    fn to_row(&self) -> Model {
        Model {
            chain_id: chain_id(self.tenant_id),
            sequence: integer(self.head.sequence),
            hash: self.head.hash.to_vec(),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.chain_id);
        Ok(Self {
            tenant_id: chain_tenant(row.chain_id),
            head: ChainHead {
                sequence: read.count("sequence", row.sequence)?,
                hash: read.bytes("hash", &row.hash)?,
            },
        })
    }
}
