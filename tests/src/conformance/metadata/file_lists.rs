//! Lists of files, under concurrent changes.

use std::collections::HashSet;

use tenantry_application::ports::{
    FileFilter, FileQuery, FileSort, ListRepository, Position, SortKey, SortOrder,
};
use tenantry_domain::{
    file::{File, Place},
    id::FileId,
};

use super::{
    orders::Sorted,
    world::{Company, Outcome, ReadOutcome, World},
};
use crate::conformance::samples::at;

/// Names whose order depends on case, length, normalization, script and
/// encoding.
const NAMES: [&str; 14] = [
    "B.txt",
    "a.txt",
    "z/a.txt",
    "Z/b.txt",
    "10",
    "9",
    "_x",
    "[x",
    "~",
    "Ä.txt",
    "文件",
    "\u{FFFD}",
    "\u{1F600}",
    "a.txt ü",
];

fn query(place: Place, sort: FileSort, descending: bool) -> FileQuery {
    FileQuery {
        filter: FileFilter {
            place,
            prefix: None,
            path: None,
            status: None,
            review: None,
            owner_id: None,
            search: None,
        },
        sort,
        descending,
        after: None,
        offset: 0,
        limit: 100,
    }
}

fn ids(files: &[File]) -> Vec<FileId> {
    files.iter().map(|file| file.id).collect()
}

impl Sorted for FileSort {
    async fn add_items(world: &World, company: &Company) -> Vec<File> {
        let mut files = Vec::new();
        for (n, name) in (0..).zip(NAMES) {
            let mut file = world.samples.file(company.id, name);
            file.created_at = at(n % 3 - 1);
            file.updated_at = at(-(n % 4));
            file.head.size_bytes = [0, 9, 10, 1 << 40][usize::try_from(n % 4).expect("small")];
            files.push(file);
        }
        // The same name in several folders.
        for folder in ["x", "Y", "Ünï"] {
            let path = format!("{folder}/same.txt");
            files.push(world.samples.file(company.id, &path));
        }
        let user = Place::User(world.samples.user());
        let elsewhere = world.samples.file_in(company.id, user, "a.txt");
        for file in files.iter().chain([&elsewhere]).rev() {
            company.commit(|work| work.files().add(file)).await.done();
        }
        files
    }

    fn is_unique(self) -> bool {
        self == Self::Path
    }

    fn list(company: &Company) -> (FileFilter, &dyn ListRepository<Self>) {
        let query = query(company.place(), Self::Name, false);
        (query.filter, company.store.files())
    }
}

/// Files are added and removed on both sides of the cursor between two pages.
pub(super) async fn pages_are_stable_under_concurrent_changes(world: &World) {
    let acme = world.company("Acme").await;
    for (round, descending) in [(1, false), (2, true)] {
        let folder = format!("{round}");
        let name = |n: u32| format!("{folder}/{n:03}");
        let files: Vec<_> = (0..30)
            .map(|n| world.samples.file(acme.id, &name(n * 10)))
            .collect();
        acme.commit(|work| files.iter().for_each(|file| work.files().add(file)))
            .await
            .done();
        let mut query = query(acme.place(), FileSort::Path, descending);
        query.filter.prefix = Some(crate::conformance::samples::prefix(&folder));
        query.limit = 7;
        let mut files = files;
        if descending {
            files.reverse();
        }
        let mut seen = acme.store.files().list(&query).await.value();
        assert_eq!(ids(&seen), ids(&files[..7]));
        // Remove the cursor's own file, and one on each side of it.
        let (early, late) = if descending { (295, 5) } else { (5, 295) };
        let before = world.samples.file(acme.id, &name(early));
        let behind = world.samples.file(acme.id, &name(late));
        let gone = [&files[2], &files[6], &files[20]];
        acme.commit(|work| {
            for file in gone {
                work.files().remove(file);
            }
            work.files().add(&before);
            work.files().add(&behind);
        })
        .await
        .done();
        loop {
            let last = seen.last().expect("a page was seen");
            query.after = Some(FileSort::Path.position(last));
            let page = acme.store.files().list(&query).await.value();
            if page.is_empty() {
                break;
            }
            seen.extend(page);
            assert!(seen.len() < 1000, "the pages do not end");
        }
        let mut expected: Vec<_> = files.into_iter().map(|file| file.id).collect();
        let missed = expected.remove(20);
        let seen_ids = ids(&seen);
        assert_eq!(
            seen_ids.iter().collect::<HashSet<_>>().len(),
            seen.len(),
            "repeated"
        );
        assert!(!seen_ids.contains(&missed));
        assert!(!seen_ids.contains(&before.id));
        assert!(seen_ids.contains(&behind.id));
        assert!(expected.iter().all(|id| seen_ids.contains(id)), "hidden");
    }
}

pub(super) async fn a_position_need_not_be_a_file(world: &World) {
    let acme = world.company("Acme").await;
    let files: Vec<_> = ["a", "c", "e"]
        .map(|name| world.samples.file(acme.id, name))
        .into();
    acme.commit(|work| files.iter().for_each(|file| work.files().add(file)))
        .await
        .done();
    let id = world.samples.id();
    let mut query = query(acme.place(), FileSort::Name, false);
    query.after = Some(Position {
        key: SortKey::Text("b".to_owned()),
        id,
    });
    let found = acme.store.files().list(&query).await.value();
    assert_eq!(found, files[1..]);
    query.descending = true;
    let found = acme.store.files().list(&query).await.value();
    assert_eq!(found, files[..1]);
}

pub(super) async fn an_offset_skips_files(world: &World) {
    let acme = world.company("Acme").await;
    let files: Vec<_> = (0..10)
        .map(|n| world.samples.file(acme.id, &format!("{n}")))
        .collect();
    acme.commit(|work| files.iter().for_each(|file| work.files().add(file)))
        .await
        .done();
    let list = async |after: Option<usize>, offset, limit, descending| {
        let query = FileQuery {
            after: after.map(|n| FileSort::Name.position(&files[n])),
            offset,
            limit,
            ..query(acme.place(), FileSort::Name, descending)
        };
        let found = acme.store.files().list(&query).await.value();
        found
            .iter()
            .map(|file| file.name().to_owned())
            .collect::<String>()
    };
    assert_eq!(list(None, 0, 3, false).await, "012");
    assert_eq!(list(None, 3, 3, false).await, "345");
    assert_eq!(list(None, 9, 3, false).await, "9");
    assert_eq!(list(None, 10, 3, false).await, "");
    assert_eq!(list(None, 10_000, 3, false).await, "");
    assert_eq!(list(None, 3, 3, true).await, "654");
    // Pages start at the position.
    assert_eq!(list(Some(4), 2, 3, false).await, "789");
    assert_eq!(list(Some(4), 2, 3, true).await, "10");
}
