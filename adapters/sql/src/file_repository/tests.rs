#![expect(clippy::expect_used, reason = "a failed test may panic")]

use tenantry_domain::id::TenantId;
use uuid::Uuid;

use super::*;
use crate::{
    dialect::Dialect,
    testing::{World, plan, world},
};

#[test]
fn the_successor_of_a_prefix_is_above_all_that_begin_with_it() {
    assert_eq!(successor("a/"), Some("a0".to_owned()));
    assert_eq!(successor("\u{D7FF}"), Some("\u{E000}".to_owned()));
    assert_eq!(successor("a\u{10FFFF}"), Some("b".to_owned()));
    assert_eq!(successor("\u{10FFFF}"), None);
    assert_eq!(successor(""), None);
}

fn query(tenant: TenantId, sort: FileSort, descending: bool, after: bool) -> FileQuery {
    let key = match sort {
        FileSort::Name | FileSort::Path => SortKey::Text("a".to_owned()),
        _ => SortKey::Number(1),
    };
    let id = FileId::from_uuid(Uuid::from_u128(1));
    FileQuery {
        filter: FileFilter {
            place: Place::Company(tenant),
            prefix: None,
            path: None,
            status: None,
            review: None,
            owner_id: None,
            search: Some("x".to_owned()),
        },
        sort,
        descending,
        after: after.then_some(FilePosition { key, id }),
        offset: 0,
        limit: 20,
    }
}

#[tokio::test]
async fn no_page_is_sorted_and_none_reads_the_whole_table() {
    let World {
        store,
        tenant,
        folder: _folder,
    } = world().await;
    let tenant = tenant.tenant().id();
    let scope = TenantScope::new(store.reader(), tenant);
    let files = SqlFileRepository { scope };
    for sort in [
        FileSort::Name,
        FileSort::Path,
        FileSort::CreatedAt,
        FileSort::UpdatedAt,
        FileSort::Size,
    ] {
        for (descending, after) in [(false, false), (false, true), (true, false), (true, true)] {
            let page = files.page(&query(tenant, sort, descending, after));
            let plan = plan(store.reader(), page.build(Dialect::Sqlite.backend())).await;
            assert!(
                plan.contains("SEARCH files USING INDEX"),
                "{sort:?}: {plan}"
            );
            assert!(!plan.contains("TEMP B-TREE"), "{sort:?}: {plan}");
        }
    }
}

#[tokio::test]
async fn a_prefix_is_a_range_of_the_index() {
    let World {
        store,
        tenant,
        folder: _folder,
    } = world().await;
    let tenant = tenant.tenant().id();
    let scope = TenantScope::new(store.reader(), tenant);
    let files = SqlFileRepository { scope };
    let mut query = query(tenant, FileSort::Path, false, false);
    query.filter.prefix = Some(PathPrefix::parse("folder/").expect("a prefix"));
    let plan = plan(
        store.reader(),
        files.page(&query).build(Dialect::Sqlite.backend()),
    )
    .await;
    assert!(plan.contains("path>? AND path<?"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}
