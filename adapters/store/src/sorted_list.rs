//! Sorted lists of a tenant's rows.

use async_trait::async_trait;
use tenantry_application::ports::{Count, ListQuery, ListRepository, PortError, SortOrder};

use crate::{Backend, Column, Query, Stored, TenantRows, is_same};

/// A list whose items are rows of one kind.
pub(crate) trait SortedList: SortOrder<Item: Stored> {
    /// Returns the column of the sort order. An index of
    /// [`Stored::ORDERS`] ends with it.
    fn column(self) -> Column<Self::Item>;

    /// Adds the conditions of a filter.
    fn filtered(query: Query<Self::Item>, filter: &Self::Filter) -> Query<Self::Item>;
}

#[async_trait]
impl<B: Backend, S: SortedList> ListRepository<S> for TenantRows<B> {
    async fn list(&self, query: &ListQuery<S>) -> Result<Vec<S::Item>, PortError> {
        let column = query.sort.column();
        debug_assert!(has_index::<S::Item>(column), "{query:?} has no index");
        let select = S::filtered(self.query(), &query.filter);
        self.backend().find(select.page(query, column)).await
    }

    async fn count(&self, filter: &S::Filter, cap: u64) -> Result<Count, PortError> {
        self.count_up_to(S::filtered(self.query(), filter), cap)
            .await
    }
}

/// Returns whether an index of [`Stored::ORDERS`] ends with a column.
fn has_index<T: Stored>(column: Column<T>) -> bool {
    let mut last = T::ORDERS.iter().filter_map(|order| order.last());
    last.any(|last| is_same(*last, column))
}
