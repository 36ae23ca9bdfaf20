//! Files of one tenant.

use std::cmp::Ordering;

use async_trait::async_trait;
use tenantry_application::ports::{
    Count, FileFilter, FilePosition, FileQuery, FileRepository, PortError, SortKey,
};
use tenantry_domain::{
    email::Email,
    file::{File, Place},
    id::{FileId, TenantId},
    path::LogicalPath,
    text::fold,
};

use crate::{shared::Shared, state::State};

/// Reads files of one tenant.
#[derive(Debug)]
pub(crate) struct MemoryFileRepository {
    shared: Shared,
    tenant: TenantId,
}

impl MemoryFileRepository {
    pub(crate) const fn new(shared: Shared, tenant: TenantId) -> Self {
        Self { shared, tenant }
    }

    fn filtered<'s>(
        &self,
        state: &'s State,
        filter: &'s FileFilter,
    ) -> impl Iterator<Item = &'s File> + use<'s> {
        let tenant = self.tenant;
        let rows = state.files.values();
        rows.filter(move |row| row.tenant_id == tenant && lets_through(filter, row))
    }
}

#[async_trait]
impl FileRepository for MemoryFileRepository {
    async fn lookup(&self, id: FileId) -> Result<Option<File>, PortError> {
        let state = self.shared.read();
        let row = state.files.get(&id);
        Ok(row.filter(|row| row.tenant_id == self.tenant).cloned())
    }

    async fn lookup_with_uploader(
        &self,
        id: FileId,
    ) -> Result<Option<(File, Option<Email>)>, PortError> {
        let file = self.lookup(id).await?;
        let state = self.shared.read();
        Ok(file.map(|file| {
            let uploader = state.identities.get(&file.uploaded_by);
            let email = uploader.map(|person| person.email.clone());
            (file, email)
        }))
    }

    async fn find_by_path(
        &self,
        place: Place,
        path: &LogicalPath,
    ) -> Result<Option<File>, PortError> {
        let state = self.shared.read();
        let mut rows = state.files.values();
        Ok(rows
            .find(|row| row.tenant_id == self.tenant && row.place == place && row.path == *path)
            .cloned())
    }

    async fn list(&self, query: &FileQuery) -> Result<Vec<File>, PortError> {
        let state = self.shared.read();
        let mut found: Vec<_> = self
            .filtered(&state, &query.filter)
            .map(|row| (position(query, row), row))
            .filter(|(place, _)| {
                let after = query.after.as_ref();
                after.is_none_or(|after| order(query, place, after).is_gt())
            })
            .collect();
        found.sort_by(|(a, _), (b, _)| order(query, a, b));
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let page = found.into_iter().skip(offset).take(query.limit as usize);
        Ok(page.map(|(_, row)| row.clone()).collect())
    }

    async fn count(&self, filter: &FileFilter, cap: u64) -> Result<Count, PortError> {
        let state = self.shared.read();
        let count = self.filtered(&state, filter).count() as u64;
        Ok(Count {
            total: count.min(cap),
            capped: count > cap,
        })
    }
}

fn lets_through(filter: &FileFilter, row: &File) -> bool {
    let by_path = filter.path.as_ref().is_none_or(|path| row.path == *path)
        && filter
            .prefix
            .as_ref()
            .is_none_or(|prefix| row.path.as_str().starts_with(prefix.as_str()));
    let by_state = filter
        .status
        .is_none_or(|status| row.processing.as_str() == status)
        && filter.review.is_none_or(|review| row.review == review);
    let by_owner = filter.owner_id.is_none_or(|owner| row.owner_id == owner);
    let by_name = filter
        .search
        .as_ref()
        .is_none_or(|text| fold(row.name()).contains(text.as_str()));
    row.place == filter.place && by_path && by_state && by_owner && by_name
}

fn position(query: &FileQuery, row: &File) -> FilePosition {
    FilePosition {
        key: query.sort.key_of(row),
        id: row.id,
    }
}

/// The order of the query; turned round, the ids turn with the keys.
fn order(query: &FileQuery, a: &FilePosition, b: &FilePosition) -> Ordering {
    let keys = match (&a.key, &b.key) {
        (SortKey::Text(a), SortKey::Text(b)) => a.cmp(b),
        (SortKey::Number(a), SortKey::Number(b)) => a.cmp(b),
        // A cursor of another order, which callers refuse before.
        (SortKey::Text(_), SortKey::Number(_)) => Ordering::Greater,
        (SortKey::Number(_), SortKey::Text(_)) => Ordering::Less,
    };
    let order = keys.then(a.id.cmp(&b.id));
    if query.descending {
        order.reverse()
    } else {
        order
    }
}
