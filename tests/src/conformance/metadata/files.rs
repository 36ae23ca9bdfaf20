//! Files: storage, places, unique keys.

use tenantry_application::ports::{Refusal, UniqueKey};
use tenantry_domain::{
    Revision, Timestamp,
    file::{File, Head, Place, Review},
    media_type::MediaType,
    tags::{TagValue, Tags},
    version::{Failure, Processing},
};

use super::world::{Company, Outcome, ReadOutcome, World};
use crate::conformance::samples::{at, digest, path};

async fn add(company: &Company, file: &File) {
    company.commit(|work| work.files().add(file)).await.done();
}

async fn read(company: &Company, file: &File) -> Option<File> {
    company.store.files().lookup(file.id).await.value()
}

/// Returns a file with all optional values.
fn complete(world: &World, company: &Company) -> File {
    let tags = [
        (
            "text",
            TagValue::Text("Ünï 'x' \"y\" \\ %_ 🗂\n\t".to_owned()),
        ),
        ("empty text", TagValue::Text(String::new())),
        ("most", TagValue::Integer(i64::MAX)),
        ("least", TagValue::Integer(i64::MIN)),
        ("fraction", TagValue::Number(0.1)),
        ("whole fraction", TagValue::Number(1.0)),
        ("huge", TagValue::Number(1e300)),
        ("yes", TagValue::Flag(true)),
        ("no", TagValue::Flag(false)),
        ("Ünï.$key", TagValue::Empty),
    ];
    let failure = Failure {
        code: "content_type_mismatch".to_owned(),
        message: "declared as 'a', but it is \"b\" 履歴書".to_owned(),
    };
    File {
        tags: Tags::new(tags.map(|(key, value)| (key.to_owned(), value))).expect("tags"),
        version: u32::MAX,
        content_version: Some(7),
        head: Head {
            // Not representable as a 64-bit float.
            size_bytes: (1 << 53) + 1,
            media_type: MediaType::parse("image/svg+xml").expect("a type"),
            declared_type: MediaType::parse("text/xml").ok(),
            digest: digest(0xFE),
        },
        processing: Processing::Failed(failure),
        review: Review::PendingValidation,
        uploaded_by: world.samples.user(),
        created_at: Timestamp::from_millis(i64::MIN),
        updated_at: Timestamp::from_millis(i64::MAX),
        processed_at: Some(at(-1)),
        ..world.samples.file_in(
            company.id,
            Place::User(world.samples.user()),
            "Ünï/文件 'q' \"d\"/🗂.pdf",
        )
    }
}

pub(super) async fn every_field_is_stored(world: &World) {
    let acme = world.company("Acme").await;
    let plain = world.samples.file(acme.id, "plain.txt");
    let complete = complete(world, &acme);
    for file in [&plain, &complete] {
        add(&acme, file).await;
        assert_eq!(read(&acme, file).await.as_ref(), Some(file));
    }
    for processing in [Processing::Pending, Processing::Ready] {
        let mut file = world.samples.file(acme.id, processing.as_str());
        file.processing = processing;
        add(&acme, &file).await;
        assert_eq!(read(&acme, &file).await, Some(file));
    }
    for review in Review::ALL {
        let mut file = world
            .samples
            .file(acme.id, &format!("r/{}", review.as_str()));
        file.review = review;
        add(&acme, &file).await;
        assert_eq!(read(&acme, &file).await, Some(file));
    }
}

pub(super) async fn every_field_can_be_updated(world: &World) {
    let acme = world.company("Acme").await;
    let plain = world.samples.file(acme.id, "plain.txt");
    add(&acme, &plain).await;
    let full = File {
        id: plain.id,
        ..complete(world, &acme)
    };
    acme.commit(|work| work.files().update(&full)).await.done();
    let stored = File {
        revision: Revision::new(2),
        ..full
    };
    assert_eq!(read(&acme, &plain).await.as_ref(), Some(&stored));
    let back = File {
        revision: Revision::new(2),
        ..plain.clone()
    };
    acme.commit(|work| work.files().update(&back)).await.done();
    let stored = File {
        revision: Revision::new(3),
        ..plain.clone()
    };
    assert_eq!(read(&acme, &plain).await, Some(stored));
}

pub(super) async fn they_are_found_by_place_and_path(world: &World) {
    let acme = world.company("Acme").await;
    let user = Place::User(world.samples.user());
    let ours = world.samples.file(acme.id, "Report.pdf");
    let mine = world.samples.file_in(acme.id, user, "Report.pdf");
    add(&acme, &ours).await;
    add(&acme, &mine).await;
    let files = acme.store.files();
    let found = files
        .find_by_path(acme.place(), &path("Report.pdf"))
        .await
        .value();
    assert_eq!(found, Some(ours));
    let found = files.find_by_path(user, &path("Report.pdf")).await.value();
    assert_eq!(found, Some(mine));
    for other in ["report.pdf", "Report.pd_", "Report.pdf/x", "Report%"] {
        let found = files.find_by_path(acme.place(), &path(other)).await.value();
        assert_eq!(found, None, "{other}");
    }
    let elsewhere = Place::User(world.samples.user());
    assert_eq!(
        files
            .find_by_path(elsewhere, &path("Report.pdf"))
            .await
            .value(),
        None
    );
}

pub(super) async fn taken_paths_are_found_in_one_read(world: &World) {
    let (acme, globex) = (world.company("Acme").await, world.company("Globex").await);
    let user = Place::User(world.samples.user());
    for name in ["a.txt", "a (2).txt", "b'_%.txt"] {
        add(&acme, &world.samples.file(acme.id, name)).await;
    }
    add(&acme, &world.samples.file_in(acme.id, user, "mine.txt")).await;
    add(&globex, &world.samples.file(globex.id, "theirs.txt")).await;
    let asked = [
        "a.txt",
        "a (3).txt",
        "A.txt",
        "b'_%.txt",
        "mine.txt",
        "theirs.txt",
    ]
    .map(path);
    let files = acme.store.files();
    let taken = files.taken_paths(acme.place(), &asked).await.value();
    assert_eq!(taken, ["a.txt", "b'_%.txt"].map(path).into());
    let taken = files.taken_paths(user, &asked).await.value();
    assert_eq!(taken, [path("mine.txt")].into());
    let taken = files.taken_paths(acme.place(), &[]).await.value();
    assert!(taken.is_empty());
}

/// Checks that the spaces of a user and of a tenant with the same id differ.
pub(super) async fn a_path_is_unique_within_its_place(world: &World) {
    let (acme, globex) = (world.company("Acme").await, world.company("Globex").await);
    add(&acme, &world.samples.file(acme.id, "a.txt")).await;
    add(&globex, &world.samples.file(globex.id, "a.txt")).await;
    for _ in 0..2 {
        let user = Place::User(world.samples.user());
        add(&acme, &world.samples.file_in(acme.id, user, "a.txt")).await;
    }
    let namesake = tenantry_domain::id::UserId::from_uuid(acme.id.as_uuid());
    add(
        &acme,
        &world
            .samples
            .file_in(acme.id, Place::User(namesake), "a.txt"),
    )
    .await;
    // Paths compare byte by byte.
    add(&acme, &world.samples.file(acme.id, "A.txt")).await;
    let again = world.samples.file(acme.id, "a.txt");
    let refusal = acme.commit(|work| work.files().add(&again)).await.refusal();
    assert_eq!(refusal, Refusal::Duplicate(UniqueKey::FilePath));
}

pub(super) async fn a_released_path_is_free_in_the_same_unit(world: &World) {
    let acme = world.company("Acme").await;
    let a = world.samples.file(acme.id, "a.txt");
    let b = world.samples.file(acme.id, "b.txt");
    add(&acme, &a).await;
    add(&acme, &b).await;
    let moved = File {
        path: path("c.txt"),
        ..b.clone()
    };
    let (new_a, new_b) = (
        world.samples.file(acme.id, "a.txt"),
        world.samples.file(acme.id, "b.txt"),
    );
    acme.commit(|work| {
        work.files().add(&new_a);
        work.files().add(&new_b);
        work.files().update(&moved);
        work.files().remove(&a);
    })
    .await
    .done();
    let files = acme.store.files();
    for (text, id) in [("a.txt", new_a.id), ("b.txt", new_b.id), ("c.txt", b.id)] {
        let found = files.find_by_path(acme.place(), &path(text)).await.value();
        assert_eq!(found.map(|file| file.id), Some(id), "{text}");
    }
}

/// Names that have broken other stores are paths like any other.
pub(super) async fn hostile_names_are_stored(world: &World) {
    let acme = world.company("Acme").await;
    let names = [
        "'; DROP TABLE files; --",
        "\"quoted\"",
        "`ticks`",
        "100%",
        "a_b",
        "?1",
        ":name",
        "$1",
        "{0}",
        "${x}",
        "%s%n",
        "NULL",
        "null",
        "true",
        "0",
        "...",
        "-rf",
        "a%2F..%2Fb",
        "<script>alert(1)</script>",
        "con",
        "nul.txt",
        "İstanbul ß ﬁ Σς",
        "e\u{301}toile",
        "\u{FFFD}",
        "\u{E000}\u{FFFF}",
        "\u{10FFFF}",
        "עברית عربى",
        "[a-z]*?",
        "x'41'",
    ];
    for name in names {
        let logical = path(name);
        let file = world.samples.file(acme.id, name);
        add(&acme, &file).await;
        let files = acme.store.files();
        let found = files.find_by_path(acme.place(), &logical).await.value();
        assert_eq!(found.as_ref(), Some(&file));
        assert_eq!(read(&acme, &file).await, Some(file));
    }
}

pub(super) async fn a_file_is_returned_with_its_uploader(world: &World) {
    let (acme, globex) = (world.company("Acme").await, world.company("Globex").await);
    let ann = world.samples.person("ann@example.com");
    world
        .commit(|work| work.identities().add(&ann))
        .await
        .done();
    let mut known = world.samples.file(acme.id, "a.txt");
    known.uploaded_by = ann.id;
    let gone = world.samples.file(acme.id, "b.txt");
    add(&acme, &known).await;
    add(&acme, &gone).await;
    let read = async |company: &Company, file: &File| {
        let files = company.store.files();
        files.lookup_with_uploader(file.id).await.value()
    };
    let found = read(&acme, &known).await;
    assert_eq!(found, Some((known.clone(), Some(ann.email))));
    assert_eq!(read(&acme, &gone).await, Some((gone, None)));
    assert_eq!(read(&globex, &known).await, None);
}
