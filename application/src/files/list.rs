//! Listing files.

use tenantry_domain::{
    file::{Bucket, Review},
    id::{FileId, UserId},
    path::{LogicalPath, PathPrefix},
    policy::file_access::FileAction,
    text,
};
use uuid::Uuid;

use super::{
    place,
    view::{self, FileView},
};
use crate::{
    caller::Caller,
    error::{Checks, Result, Thing},
    paging::{self, MAX_OFFSET, Page, PageRequest},
    ports::{FileFilter, FilePosition, FileQuery, FileSort, SortKey},
    services::Services,
};

/// A query for files.
#[derive(Debug, Clone)]
pub struct ListFiles {
    /// The kind of space.
    pub bucket: Bucket,
    /// The owner of the space; by default the caller or their tenant.
    pub bucket_id: Option<Uuid>,
    /// Only paths with this prefix.
    pub prefix: Option<String>,
    /// Only this path.
    pub path: Option<String>,
    /// Only files in this processing state: pending, ready or failed.
    pub status: Option<&'static str>,
    /// Only files in this review state.
    pub review: Option<Review>,
    /// Only files of this owner.
    pub owner_id: Option<UserId>,
    /// Only files whose name contains this text, ignoring case.
    pub search: Option<String>,
    /// The sort order.
    pub sort: FileSort,
    /// Whether the order is descending.
    pub descending: bool,
    /// The page.
    pub page: PageRequest,
}

/// Returns one page of the files of a space.
pub async fn list(
    services: &Services,
    caller: &Caller,
    query: ListFiles,
) -> Result<Page<FileView>> {
    let place = place::resolve(caller, query.bucket, query.bucket_id)?;
    caller.require_file(FileAction::Read, place, Thing::Bucket)?;
    let spec = query.page.check()?;
    let mut checks = Checks::new();
    let prefix = checks.take_optional("prefix", query.prefix.as_deref(), PathPrefix::parse);
    let path = checks.take_optional("path", query.path.as_deref(), LogicalPath::parse);
    let search = checks.take_optional("search", query.search.as_deref(), |search| {
        text::reject_hidden(search).map(|()| text::fold(search))
    });
    checks.done()?;
    let filter = FileFilter {
        place,
        prefix,
        path,
        status: query.status,
        review: query.review,
        owner_id: query.owner_id,
        search,
    };
    let (sort, descending) = (query.sort, query.descending);
    let scope = format!(
        "files {} {sort:?} {descending} {filter:?}",
        caller.tenant_id()
    );
    let after = match &spec.cursor {
        None => None,
        Some(cursor) => {
            let bytes = services.cursors.verify(scope.as_bytes(), cursor);
            Some(
                bytes
                    .and_then(|bytes| decode(&bytes))
                    .ok_or_else(paging::bad_cursor)?,
            )
        }
    };
    let store = services.store.open(caller.tenant).await?;
    let total = if spec.count {
        Some(store.files().count(&filter, MAX_OFFSET).await?)
    } else {
        None
    };
    let limit = spec.limit + 1;
    let query = FileQuery {
        filter,
        sort,
        descending,
        after,
        offset: spec.offset,
        limit,
    };
    let files = store.files().list(&query).await?;
    let page = Page::cut(files, &spec, |last| {
        let position = FilePosition {
            key: sort.key_of(last),
            id: last.id,
        };
        services.cursors.sign(scope.as_bytes(), &encode(&position))
    });
    let items = view::files(services, page.items).await?;
    Ok(Page {
        items,
        next_cursor: page.next_cursor,
        page: page.page,
        total: total.map(|count| count.total),
        total_capped: total.is_some_and(|count| count.capped),
    })
}

fn encode(position: &FilePosition) -> Vec<u8> {
    let mut bytes = position.id.as_uuid().as_bytes().to_vec();
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

fn decode(bytes: &[u8]) -> Option<FilePosition> {
    let (id, rest) = bytes.split_first_chunk::<16>()?;
    let (kind, rest) = rest.split_first()?;
    let key = match kind {
        0 => SortKey::Number(i64::from_be_bytes(rest.try_into().ok()?)),
        1 => SortKey::Text(String::from_utf8(rest.to_vec()).ok()?),
        _ => return None,
    };
    Some(FilePosition {
        key,
        id: FileId::from_uuid(Uuid::from_bytes(*id)),
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
            let position = FilePosition {
                key,
                id: FileId::from_uuid(Uuid::from_u128(7)),
            };
            assert_eq!(decode(&encode(&position)), Some(position));
        }
        assert_eq!(decode(&[]), None);
        assert_eq!(decode(&[0; 17]), None);
    }
}
