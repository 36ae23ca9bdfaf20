//! Versions of one tenant's files.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use tenantry_application::ports::{PortError, VersionRepository};
use tenantry_domain::{
    id::{BlobId, FileId, VersionId},
    version::FileVersion,
};

use crate::{entity::version::Column, scope::TenantScope};

/// Reads versions.
#[derive(Debug, Clone)]
pub(crate) struct SqlVersionRepository {
    pub(crate) scope: TenantScope,
}

#[async_trait]
impl VersionRepository for SqlVersionRepository {
    async fn lookup(&self, id: VersionId) -> Result<Option<FileVersion>, PortError> {
        self.scope.lookup(id.as_uuid()).await
    }

    async fn find_by_number(
        &self,
        file: FileId,
        number: u32,
    ) -> Result<Option<FileVersion>, PortError> {
        let select = self
            .scope
            .find::<FileVersion>()
            .filter(Column::FileId.eq(file.as_uuid()))
            .filter(Column::Number.eq(i64::from(number)));
        self.scope.reader().one(select).await
    }

    async fn list(
        &self,
        file: FileId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<FileVersion>, PortError> {
        let select = self
            .scope
            .find::<FileVersion>()
            .filter(Column::FileId.eq(file.as_uuid()))
            .apply_if(before, |select, before| {
                select.filter(Column::Number.lt(i64::from(before)))
            })
            .order_by_desc(Column::Number)
            .limit(u64::from(limit));
        self.scope.reader().all(select).await
    }

    async fn scan(
        &self,
        after: Option<VersionId>,
        limit: u32,
    ) -> Result<Vec<FileVersion>, PortError> {
        let select = self
            .scope
            .find::<FileVersion>()
            .apply_if(after, |select, after| {
                select.filter(Column::Id.gt(after.as_uuid()))
            })
            .order_by_asc(Column::Id)
            .limit(u64::from(limit));
        self.scope.reader().all(select).await
    }

    async fn count_by_blob(&self, blob: BlobId) -> Result<u64, PortError> {
        let shown = self
            .scope
            .find::<FileVersion>()
            .filter(Column::BlobId.eq(blob.as_uuid()));
        let reader = self.scope.reader();
        let count = async { shown.count(&reader.executor().await?.get()).await };
        reader.ask("count the versions of a blob", count).await
    }
}
