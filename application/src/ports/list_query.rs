//! Queries of sorted lists.

use std::fmt::Debug;

use async_trait::async_trait;
use uuid::Uuid;

use super::PortError;

/// Reads the sorted lists of one kind of item.
#[async_trait]
pub trait ListRepository<S: SortOrder>: Send + Sync {
    /// Returns one page, in the order of the query, ties ordered by id. Items
    /// added or removed between two pages cause neither duplicates nor gaps
    /// among the others.
    async fn list(&self, query: &ListQuery<S>) -> Result<Vec<S::Item>, PortError>;

    /// Counts the items that match a filter, up to `cap`.
    async fn count(&self, filter: &S::Filter, cap: u64) -> Result<Count, PortError>;
}

/// A page of a sorted list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery<S: SortOrder> {
    /// The filter.
    pub filter: S::Filter,
    /// The sort order.
    pub sort: S,
    /// Whether the order is reversed, the ids of ties included.
    pub descending: bool,
    /// Only items after this position.
    pub after: Option<Position>,
    /// The number of items to skip; at most 10,000.
    pub offset: u64,
    /// The maximum number of items.
    pub limit: u32,
}

/// A closed list of sort orders. A store has an index for each.
pub trait SortOrder: Copy + Debug + PartialEq + Send + Sync + 'static {
    /// The items of the list.
    type Item: Send;

    /// The filter of the list.
    type Filter: Debug + Clone + PartialEq + Send + Sync;

    /// Every order.
    const ALL: &'static [Self];

    /// Returns the stable name, as requests and cursors contain it.
    fn name(self) -> &'static str;

    /// Returns the position of an item.
    fn position(self, item: &Self::Item) -> Position;

    /// Returns the order of a name.
    fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|sort| sort.name() == name)
    }
}

/// A position in a sort order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The sort key of the item.
    pub key: SortKey,
    /// The id of the item, which orders ties.
    pub id: Uuid,
}

/// A sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortKey {
    /// A text, compared byte by byte.
    Text(String),
    /// A number, or an instant in milliseconds.
    Number(i64),
}

/// A count that may be capped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The number of items, at most the cap.
    pub total: u64,
    /// Whether there are more.
    pub capped: bool,
}
