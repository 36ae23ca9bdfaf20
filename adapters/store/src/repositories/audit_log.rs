//! Audit entries of one chain, and the ends of all chains.

use async_trait::async_trait;
use tenantry_application::ports::{
    AuditChains, AuditLog, AuditPosition, AuditQuery, PortError, SealedEntry,
};
use tenantry_domain::{
    audit::{AuditEntry, ChainHead, PublishedHead},
    id::TenantId,
};

use crate::{
    Backend, Condition, Direction, PlatformRows, Query, TenantRows,
    records::{AuditChain, AuditRecord, chain_id},
    rows::{audit_entry::Column, integer},
};

#[async_trait]
impl<B: Backend> AuditLog for TenantRows<B> {
    async fn list(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, PortError> {
        list(self.backend(), Some(self.tenant_id()), query).await
    }

    async fn unsealed(
        &self,
        after: Option<AuditPosition>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, PortError> {
        unsealed(self.backend(), Some(self.tenant_id()), after, limit).await
    }

    async fn head(&self) -> Result<ChainHead, PortError> {
        head(self.backend(), Some(self.tenant_id())).await
    }

    async fn sealed_after(&self, sequence: u64, limit: u32) -> Result<Vec<SealedEntry>, PortError> {
        sealed_after(self.backend(), Some(self.tenant_id()), sequence, limit).await
    }

    async fn count_sealed(&self, sequence: u64) -> Result<u64, PortError> {
        count_sealed(self.backend(), Some(self.tenant_id()), sequence).await
    }
}

#[async_trait]
impl<B: Backend> AuditLog for PlatformRows<B> {
    async fn list(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, PortError> {
        list(self.backend(), None, query).await
    }

    async fn unsealed(
        &self,
        after: Option<AuditPosition>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, PortError> {
        unsealed(self.backend(), None, after, limit).await
    }

    async fn head(&self) -> Result<ChainHead, PortError> {
        head(self.backend(), None).await
    }

    async fn sealed_after(&self, sequence: u64, limit: u32) -> Result<Vec<SealedEntry>, PortError> {
        sealed_after(self.backend(), None, sequence, limit).await
    }

    async fn count_sealed(&self, sequence: u64) -> Result<u64, PortError> {
        count_sealed(self.backend(), None, sequence).await
    }
}

#[async_trait]
impl<B: Backend> AuditChains for PlatformRows<B> {
    async fn list(
        &self,
        after: Option<TenantId>,
        limit: u32,
    ) -> Result<Vec<PublishedHead>, PortError> {
        let select = Query::<AuditChain>::new()
            .scan(after.map(TenantId::as_uuid))
            .limit(limit);
        let chains = self.backend().find(select).await?.into_iter();
        let published = |chain: AuditChain| PublishedHead {
            tenant_id: chain.tenant_id,
            head: chain.head,
        };
        Ok(chains.map(published).collect())
    }

    async fn head(&self, chain: Option<TenantId>) -> Result<ChainHead, PortError> {
        head(self.backend(), chain).await
    }

    async fn hash_at(
        &self,
        tenant: Option<TenantId>,
        sequence: u64,
    ) -> Result<Option<[u8; 32]>, PortError> {
        let select = chain(tenant).equal(Column::Sequence, integer(sequence));
        let record = self.backend().find_one(select).await?;
        Ok(record.and_then(|record| record.seal).map(|seal| seal.hash))
    }
}

/// Creates a query over the entries of a chain.
fn chain(tenant: Option<TenantId>) -> Query<AuditRecord> {
    Query::new().equal(Column::ChainId, chain_id(tenant))
}

/// Returns the condition that an entry comes after a position.
fn later(after: AuditPosition, direction: Direction) -> Condition<Column> {
    Condition::After(
        (Column::At, after.at.as_millis().into()),
        (Column::Id, after.id.as_uuid().into()),
        direction,
    )
}

async fn list(
    backend: &impl Backend,
    tenant: Option<TenantId>,
    query: &AuditQuery,
) -> Result<Vec<AuditEntry>, PortError> {
    let select = chain(tenant)
        .filter_some(query.actor, |actor| {
            Condition::Equal(Column::ActorId, actor.as_uuid().into())
        })
        .filter_some(query.action.as_deref(), |action| {
            Condition::Equal(Column::Action, action.into())
        })
        .filter_some(query.from, |from| {
            Condition::AtLeast(Column::At, from.as_millis().into())
        })
        .filter_some(query.to, |to| {
            Condition::Below(Column::At, to.as_millis().into())
        })
        .filter_some(query.after, |after| later(after, Direction::Descending))
        .order_by(Column::At, Direction::Descending)
        .order_by_key(Direction::Descending)
        .limit(query.limit);
    entries(backend, select).await
}

async fn unsealed(
    backend: &impl Backend,
    tenant: Option<TenantId>,
    after: Option<AuditPosition>,
    limit: u32,
) -> Result<Vec<AuditEntry>, PortError> {
    let select = chain(tenant)
        .filter(Condition::Null(Column::Sequence))
        .filter_some(after, |after| later(after, Direction::Ascending))
        .order_by(Column::At, Direction::Ascending)
        .order_by_key(Direction::Ascending)
        .limit(limit);
    entries(backend, select).await
}

async fn entries(
    backend: &impl Backend,
    query: Query<AuditRecord>,
) -> Result<Vec<AuditEntry>, PortError> {
    let records = backend.find(query).await?.into_iter();
    Ok(records.map(|record| record.entry).collect())
}

async fn head(backend: &impl Backend, tenant: Option<TenantId>) -> Result<ChainHead, PortError> {
    let chain = backend
        .lookup::<AuditChain>(chain_id(tenant).into())
        .await?;
    Ok(chain.map_or(ChainHead::EMPTY, |chain| chain.head))
}

async fn sealed_after(
    backend: &impl Backend,
    tenant: Option<TenantId>,
    sequence: u64,
    limit: u32,
) -> Result<Vec<SealedEntry>, PortError> {
    let select = chain(tenant)
        .filter(Condition::Above(Column::Sequence, integer(sequence).into()))
        .order_by(Column::Sequence, Direction::Ascending)
        .limit(limit);
    let records = backend.find(select).await?.into_iter();
    Ok(records.filter_map(AuditRecord::sealed).collect())
}

async fn count_sealed(
    backend: &impl Backend,
    tenant: Option<TenantId>,
    sequence: u64,
) -> Result<u64, PortError> {
    let end = integer(sequence.saturating_add(1));
    let select = chain(tenant).filter(Condition::Below(Column::Sequence, end.into()));
    backend.count(select, None).await
}
