//! Audit entries of one chain.

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait},
};
use tenantry_application::ports::{AuditLog, AuditQuery, PortError, SealedEntry};
use tenantry_domain::{
    audit::{AuditEntry, ChainHead},
    id::TenantId,
};
use uuid::Uuid;

use crate::{
    convert::{big, chain_id, entry_from_row, head_from_row, sealed_from_row},
    entity::{
        audit_chain,
        audit_entry::{Column, Entity, Model},
    },
    reader::Reader,
};

/// Reads one chain: a tenant's, or the platform's.
#[derive(Debug, Clone)]
pub(crate) struct SqlAuditLog {
    reader: Reader,
    chain: Uuid,
}

impl SqlAuditLog {
    pub(crate) fn new(reader: &Reader, tenant: Option<TenantId>) -> Self {
        Self {
            reader: tenant.map_or(reader.clone(), |tenant| reader.of(tenant)),
            chain: chain_id(tenant),
        }
    }

    /// A query over the entries of this chain: every query begins here.
    fn find(&self) -> Select<Entity> {
        Entity::find().filter(Column::ChainId.eq(self.chain))
    }

    async fn rows(&self, select: Select<Entity>) -> Result<Vec<Model>, PortError> {
        let rows = async { select.all(&self.reader.executor().await?.get()).await };
        self.reader.find("read audit entries", rows).await
    }
}

#[async_trait]
impl AuditLog for SqlAuditLog {
    async fn list(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, PortError> {
        let select = self
            .find()
            .apply_if(query.actor, |select, actor| {
                select.filter(Column::ActorId.eq(actor.as_uuid()))
            })
            .apply_if(query.action.as_deref(), |select, action| {
                select.filter(Column::Action.eq(action))
            })
            .apply_if(query.from, |select, from| {
                select.filter(Column::At.gte(from.as_millis()))
            })
            .apply_if(query.to, |select, to| {
                select.filter(Column::At.lt(to.as_millis()))
            })
            .apply_if(query.after, |select, after| {
                let place = Expr::tuple([Expr::col(Column::At), Expr::col(Column::Id)]);
                let position = [
                    Expr::val(after.at.as_millis()),
                    Expr::val(after.id.as_uuid()),
                ];
                select.filter(place.lt(Expr::tuple(position)))
            })
            .order_by_desc(Column::At)
            .order_by_desc(Column::Id)
            .limit(u64::from(query.limit));
        let rows = self.rows(select).await?;
        rows.into_iter().map(entry_from_row).collect()
    }

    async fn unsealed(&self, limit: u32) -> Result<Vec<AuditEntry>, PortError> {
        let select = self
            .find()
            .filter(Column::Sequence.is_null())
            .order_by_asc(Column::At)
            .order_by_asc(Column::Id)
            .limit(u64::from(limit));
        let rows = self.rows(select).await?;
        rows.into_iter().map(entry_from_row).collect()
    }

    async fn head(&self) -> Result<ChainHead, PortError> {
        let row = async {
            let db = self.reader.executor().await?;
            audit_chain::Entity::find_by_id(self.chain)
                .one(&db.get())
                .await
        };
        let row = self
            .reader
            .ask("read the end of an audit chain", row)
            .await?;
        row.as_ref().map_or(Ok(ChainHead::EMPTY), head_from_row)
    }

    async fn sealed_after(&self, sequence: u64, limit: u32) -> Result<Vec<SealedEntry>, PortError> {
        let select = self
            .find()
            .filter(Column::Sequence.gt(big(sequence)))
            .order_by_asc(Column::Sequence)
            .limit(u64::from(limit));
        let rows = self.rows(select).await?;
        rows.into_iter().map(sealed_from_row).collect()
    }
}
