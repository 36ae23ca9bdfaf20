//! Files of one tenant.

use std::collections::HashSet;

use async_trait::async_trait;
use tenantry_application::ports::{FileFilter, FileRepository, FileSort, PortError};
use tenantry_domain::{
    email::Email,
    file::{File, Place},
    id::FileId,
    path::{LogicalPath, PathPrefix},
};

use crate::{Backend, Condition, Query, TenantRows, rows::file::Column, sorted_list::SortedList};

#[async_trait]
impl<B: Backend> FileRepository for TenantRows<B> {
    async fn lookup(&self, id: FileId) -> Result<Option<File>, PortError> {
        self.find_by_key(id).await
    }

    async fn lookup_with_uploader(
        &self,
        id: FileId,
    ) -> Result<Option<(File, Option<Email>)>, PortError> {
        self.backend()
            .file_with_uploader(self.tenant_id(), id)
            .await
    }

    async fn find_by_path(
        &self,
        place: Place,
        path: &LogicalPath,
    ) -> Result<Option<File>, PortError> {
        let query = in_place(self.query(), place).equal(Column::Path, path.as_str());
        self.backend().find_one(query).await
    }

    async fn taken_paths(
        &self,
        place: Place,
        paths: &[LogicalPath],
    ) -> Result<HashSet<LogicalPath>, PortError> {
        let paths = paths.iter().map(|path| path.as_str().to_owned());
        let condition = Condition::OneOfTexts(Column::Path, paths.collect());
        let query = in_place(self.query(), place).filter(condition);
        let files = self.backend().find(query).await?;
        Ok(files.into_iter().map(|file| file.path).collect())
    }
}

fn in_place(query: Query<File>, place: Place) -> Query<File> {
    query
        .equal(Column::Bucket, place.bucket().as_str())
        .equal(Column::BucketId, place.owner())
}

impl SortedList for FileSort {
    fn column(self) -> Column {
        match self {
            Self::Name => Column::NameKey,
            Self::Path => Column::Path,
            Self::CreatedAt => Column::CreatedAt,
            Self::UpdatedAt => Column::UpdatedAt,
            Self::Size => Column::SizeBytes,
        }
    }

    fn filtered(query: Query<File>, filter: &FileFilter) -> Query<File> {
        let prefix = filter.prefix.as_ref().map(PathPrefix::as_str);
        in_place(query, filter.place)
            .filter_some(prefix.filter(|prefix| !prefix.is_empty()), |prefix| {
                Condition::StartsWith(Column::Path, prefix.to_owned())
            })
            .filter_some(filter.path.as_ref(), |path| {
                Condition::Equal(Column::Path, path.as_str().into())
            })
            .filter_some(filter.status, |status| {
                Condition::Equal(Column::Status, status.into())
            })
            .filter_some(filter.review, |review| {
                Condition::Equal(Column::Review, review.as_str().into())
            })
            .filter_some(filter.owner_id, |owner| {
                Condition::Equal(Column::OwnerId, owner.as_uuid().into())
            })
            .filter_some(filter.search.as_deref(), |text| {
                Condition::Contains(Column::NameKey, text.to_owned())
            })
    }
}
