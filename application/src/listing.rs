//! Lists whose cursors are bound to one filter and order.

use std::fmt::{Display, Write};

use tenantry_domain::{Invalid, id::TenantId};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    paging::{MAX_OFFSET, Page, PageRequest, PageSpec},
    ports::{Count, ListQuery, ListRepository, Position, SortKey, SortOrder},
    services::Services,
};

/// The list that a cursor belongs to, as canonical text: the name of the list,
/// the tenant, and each condition that is set. A new condition leaves the text
/// of lists without it, and so their cursors, as they are.
#[derive(Debug, Clone)]
pub(crate) struct CursorScope(String);

impl CursorScope {
    /// Starts the scope of a list of a tenant.
    pub(crate) fn new(list: &str, tenant: TenantId) -> Self {
        Self(format!("{list} tenant={tenant}"))
    }

    /// Adds a condition if it is set. The length makes the text unambiguous.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: Option<impl Display>) -> Self {
        if let Some(value) = value {
            let value = value.to_string();
            // Writing to a string does not fail.
            let _ = write!(self.0, " {name}={}:{value}", value.len());
        }
        self
    }

    /// Returns the position of a cursor of this list.
    pub(crate) fn position<P>(
        &self,
        services: &Services,
        cursor: Option<&str>,
        decode: impl FnOnce(&[u8]) -> Option<P>,
    ) -> Result<Option<P>> {
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        let bytes = services.cursors.verify(self.0.as_bytes(), cursor);
        let position = bytes.and_then(|bytes| decode(&bytes));
        position.map(Some).ok_or_else(bad_cursor)
    }

    /// Returns the cursor of a position.
    pub(crate) fn cursor(&self, services: &Services, position: &[u8]) -> String {
        services.cursors.sign(self.0.as_bytes(), position)
    }
}

/// Returns the error for a cursor that was not issued for this list.
fn bad_cursor() -> Error {
    Error::field(
        "cursor",
        Invalid::format("must be a cursor of this list with the same filters"),
    )
}

/// A page of a sorted list that is being read.
#[derive(Debug)]
pub(crate) struct Listing<S: SortOrder> {
    scope: CursorScope,
    spec: PageSpec,
    /// One item more than the page has.
    query: ListQuery<S>,
}

impl<S: SortOrder> Listing<S> {
    /// Checks a request for a page.
    pub(crate) fn new(
        services: &Services,
        scope: CursorScope,
        filter: S::Filter,
        (sort, descending): (S, bool),
        page: PageRequest,
    ) -> Result<Self> {
        let spec = page.check()?;
        let sign = if descending { "-" } else { "" };
        let scope = scope.with("sort", Some(format!("{sign}{}", sort.name())));
        let after = scope.position(services, spec.cursor.as_deref(), decode)?;
        let query = ListQuery {
            filter,
            sort,
            descending,
            after,
            offset: spec.offset,
            limit: spec.limit + 1,
        };
        Ok(Self { scope, spec, query })
    }

    /// Reads the page.
    pub(crate) async fn read<R: ListRepository<S> + ?Sized>(
        &self,
        services: &Services,
        repository: &R,
    ) -> Result<Page<S::Item>> {
        let total = if self.spec.count {
            Some(repository.count(&self.query.filter, MAX_OFFSET).await?)
        } else {
            None
        };
        let items = repository.list(&self.query).await?;
        Ok(self.page(services, items, total))
    }

    /// Creates the page of the items that the store returned.
    fn page(
        &self,
        services: &Services,
        items: Vec<S::Item>,
        total: Option<Count>,
    ) -> Page<S::Item> {
        let page = Page::cut(items, &self.spec, |last| {
            let position = self.query.sort.position(last);
            self.scope.cursor(services, &encode(&position))
        });
        Page {
            total: total.map(|count| count.total),
            total_capped: total.is_some_and(|count| count.capped),
            ..page
        }
    }
}

fn encode(position: &Position) -> Vec<u8> {
    let mut bytes = position.id.as_bytes().to_vec();
    match &position.key {
        SortKey::Number(number) => {
            bytes.push(0);
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        SortKey::Text(text) => {
            bytes.push(1);
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    bytes
}

fn decode(bytes: &[u8]) -> Option<Position> {
    let (id, rest) = bytes.split_first_chunk::<16>()?;
    let (kind, rest) = rest.split_first()?;
    let key = match kind {
        0 => SortKey::Number(i64::from_be_bytes(rest.try_into().ok()?)),
        1 => SortKey::Text(String::from_utf8(rest.to_vec()).ok()?),
        _ => return None,
    };
    Some(Position {
        key,
        id: Uuid::from_bytes(*id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_round_trip() {
        for key in [
            SortKey::Number(-5),
            SortKey::Text("ü (2).pdf".into()),
            SortKey::Text(String::new()),
        ] {
            let id = Uuid::from_u128(7);
            let position = Position { key, id };
            assert_eq!(decode(&encode(&position)), Some(position));
        }
        assert_eq!(decode(&[]), None);
        assert_eq!(decode(&[0; 17]), None);
    }

    // A change of this text invalidates the cursors that clients hold.
    #[test]
    fn the_text_of_a_scope_is_stable() {
        let tenant = TenantId::from_uuid(Uuid::nil());
        let scope = CursorScope::new("files", tenant)
            .with("prefix", Some("a/ b=1:"))
            .with("status", None::<&str>)
            .with("sort", Some("-name"));
        assert_eq!(
            scope.0,
            "files tenant=00000000-0000-0000-0000-000000000000 prefix=7:a/ b=1: sort=5:-name"
        );
    }
}
