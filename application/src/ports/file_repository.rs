//! The files of one tenant.

use std::collections::HashSet;

use async_trait::async_trait;
use tenantry_domain::{
    email::Email,
    file::{File, Place, Review},
    id::{FileId, UserId},
    path::{LogicalPath, PathPrefix},
};

use super::{ListQuery, ListRepository, PortError, Position, SortKey, SortOrder};

/// Reads files of the tenant that the store was opened for.
#[async_trait]
pub trait FileRepository: ListRepository<FileSort> {
    /// Returns the file with this id.
    async fn lookup(&self, id: FileId) -> Result<Option<File>, PortError>;

    /// Returns the file with this id and the e-mail address of the uploader of
    /// its latest version, `None` if that user no longer exists. A single read
    /// where the store can join the two.
    async fn lookup_with_uploader(
        &self,
        id: FileId,
    ) -> Result<Option<(File, Option<Email>)>, PortError>;

    /// Returns the file at a path.
    async fn find_by_path(
        &self,
        place: Place,
        path: &LogicalPath,
    ) -> Result<Option<File>, PortError>;

    /// Returns those of the paths at which a file exists.
    async fn taken_paths(
        &self,
        place: Place,
        paths: &[LogicalPath],
    ) -> Result<HashSet<LogicalPath>, PortError>;
}

/// A filter on files.
#[derive(Debug, Clone, PartialEq)]
pub struct FileFilter {
    /// The space.
    pub place: Place,
    /// Only paths with this prefix.
    pub prefix: Option<PathPrefix>,
    /// Only this path.
    pub path: Option<LogicalPath>,
    /// Only files whose latest version has this processing state, one of
    /// [`Processing::NAMES`](tenantry_domain::version::Processing::NAMES).
    pub status: Option<&'static str>,
    /// Only files in this review state.
    pub review: Option<Review>,
    /// Only files of this owner.
    pub owner_id: Option<UserId>,
    /// Only files whose folded name contains this folded text.
    pub search: Option<String>,
}

/// A query for a page of files.
pub type FileQuery = ListQuery<FileSort>;

/// The sort orders of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileSort {
    /// The folded file name.
    Name,
    /// The path, compared byte by byte.
    Path,
    /// The time of the first upload.
    CreatedAt,
    /// The time of the last change.
    UpdatedAt,
    /// The size of the served content.
    Size,
}

impl SortOrder for FileSort {
    type Item = File;
    type Filter = FileFilter;

    const ALL: &'static [Self] = &[
        Self::Name,
        Self::Path,
        Self::CreatedAt,
        Self::UpdatedAt,
        Self::Size,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Path => "path",
            Self::CreatedAt => "uploaded_at",
            Self::UpdatedAt => "updated_at",
            Self::Size => "size",
        }
    }

    fn position(self, file: &File) -> Position {
        let key = match self {
            Self::Name => SortKey::Text(tenantry_domain::text::fold(file.name())),
            Self::Path => SortKey::Text(file.path.as_str().to_owned()),
            Self::CreatedAt => SortKey::Number(file.created_at.as_millis()),
            Self::UpdatedAt => SortKey::Number(file.updated_at.as_millis()),
            Self::Size => SortKey::Number(i64::try_from(file.head.size_bytes).unwrap_or(i64::MAX)),
        };
        Position {
            key,
            id: file.id.as_uuid(),
        }
    }
}
