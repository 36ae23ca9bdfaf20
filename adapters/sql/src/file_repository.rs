//! Files of one tenant.

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, Query},
};
use tenantry_application::ports::{
    Count, FileFilter, FilePosition, FileQuery, FileRepository, FileSort, PortError, SortKey,
};
use tenantry_domain::{
    email::Email,
    file::{File, Place},
    id::FileId,
    path::{LogicalPath, PathPrefix},
};

use crate::{
    convert::{Reading, big, in_place},
    entity::file::{Column, Entity},
    error::port_error,
    reader::entity,
    scope::TenantScope,
};

/// The most frequent read of all: one hop to the database in place of two.
const WITH_UPLOADER: &str = "\
    SELECT files.*, identities.email AS uploader FROM files \
    LEFT JOIN identities ON identities.id = files.uploaded_by \
    WHERE files.tenant_id = ? AND files.id = ?";

/// Reads files.
#[derive(Debug, Clone)]
pub(crate) struct SqlFileRepository {
    pub(crate) scope: TenantScope,
}

#[async_trait]
impl FileRepository for SqlFileRepository {
    async fn lookup(&self, id: FileId) -> Result<Option<File>, PortError> {
        self.scope.lookup(id.as_uuid()).await
    }

    async fn lookup_with_uploader(
        &self,
        id: FileId,
    ) -> Result<Option<(File, Option<Email>)>, PortError> {
        let context = "read files";
        let statement = self.scope.own(WITH_UPLOADER, id.as_uuid());
        let rows = self.scope.reader().rows(context, statement).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let email: Option<String> = row
            .try_get("", "uploader")
            .map_err(|error| port_error(context, error))?;
        let email = email.map(|email| {
            Reading::of("files", id.as_uuid()).parsed("uploader", Email::parse(&email))
        });
        Ok(Some((entity(row)?, email.transpose()?)))
    }

    async fn find_by_path(
        &self,
        place: Place,
        path: &LogicalPath,
    ) -> Result<Option<File>, PortError> {
        let select = self
            .scope
            .find::<File>()
            .filter(in_place(place))
            .filter(Column::Path.eq(path.as_str()));
        self.scope.reader().one(select).await
    }

    async fn list(&self, query: &FileQuery) -> Result<Vec<File>, PortError> {
        self.scope.reader().all(self.page(query)).await
    }

    async fn count(&self, filter: &FileFilter, cap: u64) -> Result<Count, PortError> {
        // One more than is counted tells whether there are more.
        let some = self
            .filtered(filter)
            .select_only()
            .column(Column::Id)
            .limit(cap.saturating_add(1));
        let count = Query::select()
            .expr_as(Expr::col(sea_orm::sea_query::Asterisk).count(), "total")
            .from_subquery(some.into_query(), "some")
            .take();
        let context = "count files";
        let rows = self
            .scope
            .reader()
            .rows(context, self.scope.reader().dialect.backend().build(&count))
            .await?;
        let total = rows.first().map_or(Ok(0), |row| row.try_get("", "total"));
        let total: i64 = total.map_err(|error| port_error(context, error))?;
        Ok(Count {
            total: Ord::min(total.cast_unsigned(), cap),
            capped: total > big(cap),
        })
    }
}

impl SqlFileRepository {
    fn filtered(&self, filter: &FileFilter) -> Select<Entity> {
        let dialect = self.scope.reader().dialect;
        let prefix = filter.prefix.as_ref().map(PathPrefix::as_str);
        let prefix = prefix.filter(|prefix| !prefix.is_empty());
        self.scope
            .find::<File>()
            .filter(in_place(filter.place))
            .apply_if(prefix, |select, prefix| {
                // A range, which the index on paths can serve.
                select
                    .filter(Column::Path.gte(prefix))
                    .apply_if(successor(prefix), |select, end| {
                        select.filter(Column::Path.lt(end))
                    })
            })
            .apply_if(filter.path.as_ref(), |select, path| {
                select.filter(Column::Path.eq(path.as_str()))
            })
            .apply_if(filter.status, |select, status| {
                select.filter(Column::Status.eq(status))
            })
            .apply_if(filter.review, |select, review| {
                select.filter(Column::Review.eq(review.as_str()))
            })
            .apply_if(filter.owner_id, |select, owner| {
                select.filter(Column::OwnerId.eq(owner.as_uuid()))
            })
            .apply_if(filter.search.as_deref(), |select, text| {
                select.filter(dialect.contains(Column::NameKey, text))
            })
    }

    fn page(&self, query: &FileQuery) -> Select<Entity> {
        let sort = column_of(query.sort);
        let order = if query.descending {
            Order::Desc
        } else {
            Order::Asc
        };
        self.filtered(&query.filter)
            .apply_if(query.after.as_ref(), |select, after| {
                select.filter(behind(sort, after, query.descending))
            })
            .order_by(sort, order.clone())
            .order_by(Column::Id, order)
            .offset((query.offset > 0).then_some(query.offset))
            .limit(u64::from(query.limit))
    }
}

fn column_of(sort: FileSort) -> Column {
    match sort {
        FileSort::Name => Column::NameKey,
        FileSort::Path => Column::Path,
        FileSort::CreatedAt => Column::CreatedAt,
        FileSort::UpdatedAt => Column::UpdatedAt,
        FileSort::Size => Column::SizeBytes,
    }
}

/// Rows behind a position in an order.
fn behind(sort: Column, after: &FilePosition, descending: bool) -> Expr {
    let key = match &after.key {
        SortKey::Text(text) => Expr::val(text.as_str()),
        SortKey::Number(number) => Expr::val(*number),
    };
    let row = Expr::tuple([Expr::col(sort), Expr::col(Column::Id)]);
    let position = Expr::tuple([key, Expr::val(after.id.as_uuid())]);
    if descending {
        row.lt(position)
    } else {
        row.gt(position)
    }
}

/// The least text above all that begin with a prefix, by bytes; `None` where
/// there is none. The order of UTF-8 bytes is the order of characters.
fn successor(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        // Past the surrogates, which are no characters.
        let next = match last {
            '\u{D7FF}' => Some('\u{E000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests;
