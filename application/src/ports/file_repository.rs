//! Files of one tenant, as stored.

use async_trait::async_trait;
use tenantry_domain::{
    email::Email,
    file::{File, Place, Review},
    id::{FileId, UserId},
    path::{LogicalPath, PathPrefix},
};

use super::PortError;

/// Reads files of the tenant its handle was opened for.
#[async_trait]
pub trait FileRepository: Send + Sync {
    /// The file of an id.
    async fn lookup(&self, id: FileId) -> Result<Option<File>, PortError>;

    /// The file of an id and the address of who uploaded its newest version,
    /// `None` where that person is gone: in one read where the store has both
    /// at hand.
    async fn lookup_with_uploader(
        &self,
        id: FileId,
    ) -> Result<Option<(File, Option<Email>)>, PortError>;

    /// The file at a path.
    async fn find_by_path(
        &self,
        place: Place,
        path: &LogicalPath,
    ) -> Result<Option<File>, PortError>;

    /// One page, in the order of the query and, where that ties, of the ids.
    /// Files added or removed between two pages neither repeat nor hide others.
    async fn list(&self, query: &FileQuery) -> Result<Vec<File>, PortError>;

    /// How many files a filter lets through, counted up to `cap`.
    async fn count(&self, filter: &FileFilter, cap: u64) -> Result<Count, PortError>;
}

/// Which files.
#[derive(Debug, Clone, PartialEq)]
pub struct FileFilter {
    /// The space to look in.
    pub place: Place,
    /// Paths that begin so.
    pub prefix: Option<PathPrefix>,
    /// Exactly this path.
    pub path: Option<LogicalPath>,
    /// By the processing of the newest version, a name of
    /// [`Processing::NAMES`](tenantry_domain::version::Processing::NAMES).
    pub status: Option<&'static str>,
    /// By editorial state.
    pub review: Option<Review>,
    /// By owner.
    pub owner_id: Option<UserId>,
    /// Names whose folded form contains this folded text.
    pub search: Option<String>,
}

/// A page of files.
#[derive(Debug, Clone, PartialEq)]
pub struct FileQuery {
    /// Which files.
    pub filter: FileFilter,
    /// In what order.
    pub sort: FileSort,
    /// Whether the order is turned round, that of ids in ties included.
    pub descending: bool,
    /// Only those behind this position in the order.
    pub after: Option<FilePosition>,
    /// Leave out so many from there; at most 10,000.
    pub offset: u64,
    /// At most so many.
    pub limit: u32,
}

/// What files can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileSort {
    /// The folded file name.
    Name,
    /// The path, byte by byte.
    Path,
    /// When the first version was uploaded.
    CreatedAt,
    /// When anything about it last changed.
    UpdatedAt,
    /// The size of what is served.
    Size,
}

/// A place in an order: the sort key of a file and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePosition {
    /// The file's key in the order.
    pub key: SortKey,
    /// The file's id.
    pub id: FileId,
}

/// A value of what files are ordered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortKey {
    /// Of a text, compared byte by byte.
    Text(String),
    /// Of a number or an instant (milliseconds).
    Number(i64),
}

impl FileSort {
    /// A file's key in this order.
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

/// A count that may have stopped early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many were counted.
    pub total: u64,
    /// Whether there are more.
    pub capped: bool,
}
