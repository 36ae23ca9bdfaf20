//! Every sort order of every list, paginated in both directions.

use std::fmt::Debug;

use tenantry_application::ports::{
    FileSort, ListQuery, ListRepository, ProjectSort, SortKey, SortOrder,
};
use uuid::Uuid;

use super::world::{Company, ReadOutcome, World};

/// A list with sort orders.
pub(super) trait Sorted: SortOrder<Item: Clone + Debug + PartialEq> {
    /// Adds items by descending id and returns them. In each order some differ
    /// and, unless the order is unique, some tie.
    async fn add_items(world: &World, company: &Company) -> Vec<Self::Item>;

    /// Returns whether no two items of a list tie.
    fn is_unique(self) -> bool;

    /// Returns a filter that all items match, and the repository.
    fn list(company: &Company) -> (Self::Filter, &dyn ListRepository<Self>);
}

pub(super) async fn every_order_has_both_directions(world: &World) {
    every_list(world, &[100]).await;
}

pub(super) async fn pages_of_any_size_list_all_items(world: &World) {
    every_list(world, &[1, 2, 5, 17]).await;
}

/// Reads every list by pages of some sizes. A test of the repository fails if a
/// sort order is missing here.
async fn every_list(world: &World, sizes: &[u32]) {
    let acme = world.company("Acme").await;
    every_order::<FileSort>(world, &acme, sizes).await;
    every_order::<ProjectSort>(world, &acme, sizes).await;
}

async fn every_order<S: Sorted>(world: &World, company: &Company, sizes: &[u32]) {
    let items = S::add_items(world, company).await;
    for sort in S::ALL {
        let expected = sorted(&items, *sort);
        for size in sizes {
            let mut found = walk(company, *sort, false, *size).await;
            assert_eq!(found, expected, "{sort:?} ascending by {size}");
            found = walk(company, *sort, true, *size).await;
            found.reverse();
            assert_eq!(found, expected, "{sort:?} descending by {size}");
        }
    }
}

/// Returns the items in an order.
fn sorted<S: Sorted>(items: &[S::Item], sort: S) -> Vec<S::Item> {
    let mut keys: Vec<_> = items.iter().map(|item| key(sort, item).0).collect();
    keys.sort();
    keys.dedup();
    assert!(keys.len() > 1, "{sort:?}: all items tie");
    let ties = items.len() - keys.len();
    assert_eq!(ties == 0, sort.is_unique(), "{sort:?}: {ties} items tie");
    let mut items = items.to_vec();
    items.sort_by_key(|item| key(sort, item));
    items
}

fn key<S: Sorted>(sort: S, item: &S::Item) -> ((Vec<u8>, i64), Uuid) {
    let position = sort.position(item);
    let key = match position.key {
        SortKey::Text(text) => (text.into_bytes(), 0),
        SortKey::Number(number) => (Vec::new(), number),
    };
    (key, position.id)
}

async fn walk<S: Sorted>(company: &Company, sort: S, descending: bool, limit: u32) -> Vec<S::Item> {
    let mut all = Vec::new();
    let (filter, repository) = S::list(company);
    let mut query = ListQuery {
        filter,
        sort,
        descending,
        after: None,
        offset: 0,
        limit,
    };
    loop {
        let items = repository.list(&query).await.value();
        let Some(last) = items.last() else { return all };
        query.after = Some(sort.position(last));
        all.extend(items);
        assert!(all.len() < 1000, "{query:?}: the pages do not end");
    }
}
