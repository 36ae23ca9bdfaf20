//! The files of one tenant.

use async_trait::async_trait;
use tenantry_domain::{
    email::Email,
    file::{File, Place, Review},
    id::{FileId, UserId},
    path::{LogicalPath, PathPrefix},
};

use super::PortError;

/// Reads files of the tenant that the store was opened for.
#[async_trait]
pub trait FileRepository: Send + Sync {
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

    /// Returns one page, in the order of the query, ties ordered by id. Files
    /// added or removed between two pages cause neither duplicates nor gaps
    /// among the others.
    async fn list(&self, query: &FileQuery) -> Result<Vec<File>, PortError>;

    /// Counts the files that match a filter, up to `cap`.
    async fn count(&self, filter: &FileFilter, cap: u64) -> Result<Count, PortError>;
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
#[derive(Debug, Clone, PartialEq)]
pub struct FileQuery {
    /// The filter.
    pub filter: FileFilter,
    /// The sort order.
    pub sort: FileSort,
    /// Whether the order is descending, including the order of ids in ties.
    pub descending: bool,
    /// Only files after this position in the order.
    pub after: Option<FilePosition>,
    /// The number of files to skip from there; at most 10,000.
    pub offset: u64,
    /// The maximum number of files.
    pub limit: u32,
}

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

/// A position in an order: a file's sort key and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePosition {
    /// The sort key.
    pub key: SortKey,
    /// The id.
    pub id: FileId,
}

/// The value by which a file is sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortKey {
    /// Text, compared byte by byte.
    Text(String),
    /// A number, or a timestamp in milliseconds.
    Number(i64),
}

impl FileSort {
    /// Returns a file's key in this order.
    pub fn key_of(self, file: &File) -> SortKey {
        match self {
            Self::Name => SortKey::Text(tenantry_domain::text::fold(file.name())),
            Self::Path => SortKey::Text(file.path.as_str().to_owned()),
            Self::CreatedAt => SortKey::Number(file.created_at.as_millis()),
            Self::UpdatedAt => SortKey::Number(file.updated_at.as_millis()),
            Self::Size => SortKey::Number(i64::try_from(file.head.size_bytes).unwrap_or(i64::MAX)),
        }
    }
}

/// A count that may be capped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The number counted.
    pub total: u64,
    /// Whether there are more.
    pub capped: bool,
}
