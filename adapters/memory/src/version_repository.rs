//! Versions of files of one tenant.

use std::{cmp::Reverse, ops::Bound};

use async_trait::async_trait;
use tenantry_application::ports::{PortError, VersionRepository};
use tenantry_domain::{
    id::{BlobId, FileId, TenantId, VersionId},
    version::FileVersion,
};

use crate::{shared::Shared, state::State};

/// Reads versions of one tenant.
#[derive(Debug)]
pub(crate) struct MemoryVersionRepository {
    shared: Shared,
    tenant: TenantId,
}

impl MemoryVersionRepository {
    pub(crate) const fn new(shared: Shared, tenant: TenantId) -> Self {
        Self { shared, tenant }
    }

    fn after<'s>(
        &self,
        state: &'s State,
        after: Option<VersionId>,
    ) -> impl Iterator<Item = &'s FileVersion> + use<'s> {
        let tenant = self.tenant;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = state.versions.range((from, Bound::Unbounded));
        rows.map(|(_, row)| row)
            .filter(move |row| row.tenant_id == tenant)
    }
}

#[async_trait]
impl VersionRepository for MemoryVersionRepository {
    async fn lookup(&self, id: VersionId) -> Result<Option<FileVersion>, PortError> {
        let state = self.shared.read();
        let row = state.versions.get(&id);
        Ok(row.filter(|row| row.tenant_id == self.tenant).cloned())
    }

    async fn find_by_number(
        &self,
        file: FileId,
        number: u32,
    ) -> Result<Option<FileVersion>, PortError> {
        let state = self.shared.read();
        let mut rows = self.after(&state, None);
        Ok(rows
            .find(|row| row.file_id == file && row.number == number)
            .cloned())
    }

    async fn list(
        &self,
        file: FileId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<FileVersion>, PortError> {
        let state = self.shared.read();
        let rows = self.after(&state, None).filter(|row| row.file_id == file);
        let mut found: Vec<_> = rows
            .filter(|row| before.is_none_or(|before| row.number < before))
            .cloned()
            .collect();
        found.sort_by_key(|row| Reverse(row.number));
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn scan(
        &self,
        after: Option<VersionId>,
        limit: u32,
    ) -> Result<Vec<FileVersion>, PortError> {
        let state = self.shared.read();
        let rows = self.after(&state, after);
        Ok(rows.take(limit as usize).cloned().collect())
    }

    async fn count_by_blob(&self, blob: BlobId) -> Result<u64, PortError> {
        let state = self.shared.read();
        let rows = self.after(&state, None);
        Ok(rows.filter(|row| row.blob_id == Some(blob)).count() as u64)
    }
}
