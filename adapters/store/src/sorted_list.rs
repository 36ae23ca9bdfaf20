//! Sorted lists of a tenant's rows.

use async_trait::async_trait;
use tenantry_application::ports::{Count, ListQuery, ListRepository, PortError, SortOrder};

use crate::{Backend, Column, Query, Stored, TenantRows};

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
        let select = S::filtered(self.query(), &query.filter);
        self.backend()
            .find(select.page(query, query.sort.column()))
            .await
    }

    async fn count(&self, filter: &S::Filter, cap: u64) -> Result<Count, PortError> {
        self.count_up_to(S::filtered(self.query(), filter), cap)
            .await
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::IdenStatic;
    use tenantry_application::ports::{FileSort, ProjectSort};

    use super::*;

    fn check<S: SortedList>() {
        for sort in S::ALL {
            let column = sort.column().as_str();
            let mut orders = S::Item::ORDERS.iter().filter_map(|order| order.last());
            assert!(orders.any(|last| last.as_str() == column), "{sort:?}");
        }
    }

    #[test]
    fn every_order_has_an_index() {
        check::<FileSort>();
        check::<ProjectSort>();
    }
}
