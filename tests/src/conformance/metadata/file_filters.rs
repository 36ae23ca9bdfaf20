//! Filters of files, and their counts.

use tenantry_application::ports::{Count, FileFilter, FileQuery, FileSort};
use tenantry_domain::{
    file::{Place, Review},
    text::fold,
    version::{Failure, Processing},
};

use super::world::{Company, Outcome, ReadOutcome, World};
use crate::conformance::samples::{path, prefix};

fn everything(place: Place) -> FileFilter {
    FileFilter {
        place,
        prefix: None,
        path: None,
        status: None,
        review: None,
        owner_id: None,
        search: None,
    }
}

/// Returns the paths that match a filter, in order, and asserts their count.
async fn paths(company: &Company, filter: FileFilter) -> Vec<String> {
    let count = company.store.files().count(&filter, 1000).await.value();
    let query = FileQuery {
        filter,
        sort: FileSort::Path,
        descending: false,
        after: None,
        offset: 0,
        limit: 1000,
    };
    let found = company.store.files().list(&query).await.value();
    let total = found.len() as u64;
    assert_eq!(
        count,
        Count {
            total,
            capped: false
        }
    );
    found.iter().map(|file| file.path.to_string()).collect()
}

async fn shelf(world: &World, paths: &[&str]) -> Company {
    let acme = world.company("Acme").await;
    let files: Vec<_> = paths
        .iter()
        .map(|path| world.samples.file(acme.id, path))
        .collect();
    acme.commit(|work| files.iter().for_each(|file| work.files().add(file)))
        .await
        .done();
    acme
}

async fn with_prefix(company: &Company, text: &str) -> Vec<String> {
    let prefix = Some(prefix(text));
    let filter = FileFilter {
        prefix,
        ..everything(company.place())
    };
    paths(company, filter).await
}

async fn with_search(company: &Company, text: &str) -> Vec<String> {
    let search = Some(fold(text));
    let filter = FileFilter {
        search,
        ..everything(company.place())
    };
    paths(company, filter).await
}

pub(super) async fn only_the_given_place_is_searched(world: &World) {
    let acme = shelf(world, &["ours"]).await;
    let user = world.samples.user();
    let mine = world.samples.file_in(acme.id, Place::User(user), "mine");
    acme.commit(|work| work.files().add(&mine)).await.done();
    assert_eq!(paths(&acme, everything(acme.place())).await, ["ours"]);
    assert_eq!(paths(&acme, everything(Place::User(user))).await, ["mine"]);
    let nobody = Place::User(world.samples.user());
    assert_eq!(paths(&acme, everything(nobody)).await, [""; 0]);
}

pub(super) async fn a_prefix_matches_the_beginning_of_paths(world: &World) {
    let acme = shelf(world, &["a", "a/b", "a/b/c", "a/bc", "ab", "A/b", "b/a/b"]).await;
    assert_eq!(with_prefix(&acme, "a/").await, ["a/b", "a/b/c", "a/bc"]);
    assert_eq!(with_prefix(&acme, "a/b").await, ["a/b", "a/b/c", "a/bc"]);
    assert_eq!(with_prefix(&acme, "a/b/").await, ["a/b/c"]);
    assert_eq!(with_prefix(&acme, "A").await, ["A/b"]);
    assert_eq!(with_prefix(&acme, "c").await, [""; 0]);
    assert_eq!(with_prefix(&acme, "").await.len(), 7);
}

pub(super) async fn prefixes_have_no_wildcards(world: &World) {
    let names = ["%x", "_x", "'x", "\"x", "*x", "?x", "[x", "[%", "zx"];
    let acme = shelf(world, &names).await;
    for name in names {
        let first = &name[..1];
        let expected: Vec<_> = {
            let mut starting: Vec<_> = names.iter().filter(|n| n.starts_with(first)).collect();
            starting.sort();
            starting.into_iter().map(ToString::to_string).collect()
        };
        assert_eq!(with_prefix(&acme, first).await, expected, "{first}");
    }
    assert_eq!(with_prefix(&acme, "%%").await, [""; 0]);
    assert_eq!(with_prefix(&acme, "__").await, [""; 0]);
}

/// Checks the upper bound of prefixes with unusual last characters.
pub(super) async fn a_prefix_may_end_with_any_character(world: &World) {
    let names = [
        "\u{7F}".replace('\u{7F}', "~"),
        "ü".to_owned(),
        "üx".to_owned(),
        "ý".to_owned(),
        "\u{D7FF}x".to_owned(),
        "\u{E000}x".to_owned(),
        "\u{FFFF}x".to_owned(),
        "\u{10000}x".to_owned(),
        "\u{10FFFE}x".to_owned(),
        "\u{10FFFF}".to_owned(),
        "\u{10FFFF}\u{10FFFF}x".to_owned(),
        "a\u{10FFFF}".to_owned(),
        "a\u{10FFFF}x".to_owned(),
        "b".to_owned(),
    ];
    let all: Vec<_> = names.iter().map(String::as_str).collect();
    let acme = shelf(world, &all).await;
    let prefixes = [
        "~",
        "ü",
        "\u{D7FF}",
        "\u{E000}",
        "\u{FFFF}",
        "\u{10000}",
        "\u{10FFFE}",
        "\u{10FFFF}",
        "\u{10FFFF}\u{10FFFF}",
        "\u{10FFFF}\u{10FFFF}\u{10FFFF}",
        "a\u{10FFFF}",
    ];
    for prefix in prefixes {
        let mut expected: Vec<_> = all
            .iter()
            .copied()
            .filter(|name| name.starts_with(prefix))
            .collect();
        expected.sort_unstable();
        assert_eq!(with_prefix(&acme, prefix).await, expected, "{prefix:?}");
    }
}

pub(super) async fn paths_match_exactly(world: &World) {
    let acme = shelf(world, &["a/b", "a/b/c", "A/b", "a_b"]).await;
    for (text, expected) in [("a/b", 1), ("a", 0), ("a/b/c/d", 0), ("a_b", 1)] {
        let filter = FileFilter {
            path: Some(path(text)),
            ..everything(acme.place())
        };
        assert_eq!(paths(&acme, filter).await, vec![text; expected]);
    }
}

pub(super) async fn filters_distinguish_states_and_owners(world: &World) {
    let acme = world.company("Acme").await;
    let failed = Processing::Failed(Failure {
        code: "odd".to_owned(),
        message: String::new(),
    });
    let states = [Processing::Pending, Processing::Ready, failed];
    let mut files = Vec::new();
    for processing in states {
        for review in Review::ALL {
            let name = format!("{}-{}", processing.as_str(), review.as_str());
            let mut file = world.samples.file(acme.id, &name);
            file.processing = processing.clone();
            file.review = review;
            files.push(file);
        }
    }
    acme.commit(|work| files.iter().for_each(|file| work.files().add(file)))
        .await
        .done();
    for name in Processing::NAMES {
        let filter = FileFilter {
            status: Some(name),
            ..everything(acme.place())
        };
        let found = paths(&acme, filter).await;
        assert_eq!(found.len(), Review::ALL.len());
        assert!(found.iter().all(|path| path.starts_with(name)), "{found:?}");
    }
    for review in Review::ALL {
        let filter = FileFilter {
            review: Some(review),
            ..everything(acme.place())
        };
        let found = paths(&acme, filter).await;
        assert_eq!(found.len(), Processing::NAMES.len());
        assert!(
            found
                .iter()
                .all(|path| path.ends_with(&format!("-{}", review.as_str())))
        );
    }
    for file in &files {
        let filter = FileFilter {
            owner_id: Some(file.owner_id),
            ..everything(acme.place())
        };
        assert_eq!(paths(&acme, filter).await, [file.path.as_str()]);
    }
}

pub(super) async fn a_search_finds_folded_names(world: &World) {
    let names = [
        "x/Report.PDF",
        "report/other.txt",
        "Ｒｅｐｏｒｔ",
        "rapport",
        "Ünï.txt",
        "STRASSE",
        "Straße",
    ];
    let acme = shelf(world, &names).await;
    assert_eq!(
        with_search(&acme, "report").await,
        ["x/Report.PDF", "Ｒｅｐｏｒｔ"]
    );
    assert_eq!(
        with_search(&acme, "PORT").await,
        ["rapport", "x/Report.PDF", "Ｒｅｐｏｒｔ"]
    );
    assert_eq!(with_search(&acme, "u\u{308}NI\u{308}").await, ["Ünï.txt"]);
    assert_eq!(with_search(&acme, "straße").await, ["Straße"]);
    assert_eq!(with_search(&acme, "other.txt").await, ["report/other.txt"]);
    assert_eq!(with_search(&acme, "x/report").await, [""; 0]);
    assert_eq!(with_search(&acme, "").await.len(), names.len());
}

pub(super) async fn searches_have_no_wildcards(world: &World) {
    let names = [
        "a%b", "a_b", "a'b", "a\"b", "a*b", "a?b", "a[b]", "axb", "a^b", "a$b",
    ];
    let acme = shelf(world, &names).await;
    for text in [
        "%", "_", "'", "\"", "*", "?", "[", "]", "^", "$", "a%b", "a_b", "a[b]",
    ] {
        let mut expected: Vec<_> = names
            .iter()
            .copied()
            .filter(|name| name.contains(text))
            .collect();
        expected.sort_unstable();
        assert_eq!(with_search(&acme, text).await, expected, "{text}");
    }
    for text in ["%%", "a%x", "\\", "\\%", ".", "a.b"] {
        assert_eq!(with_search(&acme, text).await, [""; 0], "{text}");
    }
}

pub(super) async fn all_filters_must_match(world: &World) {
    let acme = world.company("Acme").await;
    let owner = world.samples.user();
    let make = |path: &str, review, owned: bool| {
        let mut file = world.samples.file(acme.id, path);
        file.review = review;
        if owned {
            file.owner_id = owner;
        }
        file
    };
    let files = [
        make("a/match.txt", Review::Draft, true),
        make("b/match.txt", Review::Draft, true),
        make("a/other.txt", Review::Draft, true),
        make("a/match.2", Review::Archived, true),
        make("a/match.3", Review::Draft, false),
    ];
    acme.commit(|work| files.iter().for_each(|file| work.files().add(file)))
        .await
        .done();
    let filter = FileFilter {
        prefix: Some(prefix("a/")),
        path: None,
        status: Some("pending"),
        review: Some(Review::Draft),
        owner_id: Some(owner),
        search: Some("match".to_owned()),
        ..everything(acme.place())
    };
    assert_eq!(paths(&acme, filter).await, ["a/match.txt"]);
}

pub(super) async fn a_count_stops_at_its_cap(world: &World) {
    let names: Vec<_> = (0..7).map(|n| format!("{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let acme = shelf(world, &names).await;
    let filter = everything(acme.place());
    for (cap, total, capped) in [(6, 6, true), (7, 7, false), (8, 7, false), (1, 1, true)] {
        let count = acme.store.files().count(&filter, cap).await.value();
        assert_eq!(count, Count { total, capped }, "{cap}");
    }
}
