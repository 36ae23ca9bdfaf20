//! Versions: storage, lookups, lists.

use tenantry_application::ports::{Refusal, UniqueKey};
use tenantry_domain::{
    Revision,
    file::File,
    id::{BlobId, FileId},
    media_type::MediaType,
    version::{Failure, FileVersion, Processing},
};

use super::world::{Company, Outcome, ReadOutcome, World};
use crate::conformance::samples::{at, digest};

async fn add(company: &Company, version: &FileVersion) {
    company
        .commit(|work| work.versions().add(version))
        .await
        .done();
}

async fn file(world: &World, company: &Company, path: &str) -> File {
    let file = world.samples.file(company.id, path);
    company.commit(|work| work.files().add(&file)).await.done();
    file
}

fn numbers(versions: &[FileVersion]) -> Vec<u32> {
    versions.iter().map(|version| version.number).collect()
}

pub(super) async fn no_version_is_found_in_an_empty_store(world: &World) {
    let acme = world.company("Acme").await;
    let nobody = world
        .samples
        .version(acme.id, FileId::from_uuid(world.samples.id()), 1);
    let versions = acme.store.versions();
    assert_eq!(versions.lookup(nobody.id).await.value(), None);
    assert_eq!(
        versions.find_by_number(nobody.file_id, 1).await.value(),
        None
    );
    assert_eq!(versions.list(nobody.file_id, None, 10).await.value(), []);
    assert_eq!(versions.scan(None, 10).await.value(), []);
    let blob = BlobId::from_uuid(world.samples.id());
    assert_eq!(versions.count_by_blob(blob).await.value(), 0);
}

pub(super) async fn every_field_is_stored(world: &World) {
    let acme = world.company("Acme").await;
    let file = file(world, &acme, "a.txt").await;
    let plain = world.samples.version(acme.id, file.id, 1);
    let failure = Failure {
        code: "too_odd".to_owned(),
        message: "Ünï 'x' 履歴書".to_owned(),
    };
    let complete = FileVersion {
        blob_id: None,
        size_bytes: (1 << 53) + 1,
        digest: digest(0xFF),
        declared_type: MediaType::parse("text/csv").expect("a type"),
        media_type: MediaType::parse("application/pdf").expect("a type"),
        processing: Processing::Failed(failure),
        created_at: at(-5),
        processed_at: Some(at(5)),
        ..world.samples.version(acme.id, file.id, 2)
    };
    let versions = acme.store.versions();
    for version in [&plain, &complete] {
        add(&acme, version).await;
        assert_eq!(
            versions.lookup(version.id).await.value().as_ref(),
            Some(version)
        );
        let by_number = versions
            .find_by_number(file.id, version.number)
            .await
            .value();
        assert_eq!(by_number.as_ref(), Some(version));
    }
    assert_eq!(versions.find_by_number(file.id, 3).await.value(), None);
    assert_eq!(versions.find_by_number(file.id, 0).await.value(), None);
}

pub(super) async fn processing_can_be_updated(world: &World) {
    let acme = world.company("Acme").await;
    let file = file(world, &acme, "a.txt").await;
    let mut accepted = world.samples.version(acme.id, file.id, 1);
    let mut failed = world.samples.version(acme.id, file.id, 2);
    add(&acme, &accepted).await;
    add(&acme, &failed).await;
    let pdf = MediaType::parse("application/pdf").expect("a type");
    accepted.accept(pdf, at(1)).expect("pending");
    let failure = Failure {
        code: "empty".to_owned(),
        message: String::new(),
    };
    failed.fail(failure, at(2)).expect("pending");
    for mut version in [accepted, failed] {
        acme.commit(|work| work.versions().update(&version))
            .await
            .done();
        version.revision = Revision::new(2);
        let stored = acme.store.versions().lookup(version.id).await.value();
        assert_eq!(stored, Some(version));
    }
}

pub(super) async fn a_number_is_unique_within_its_file(world: &World) {
    let acme = world.company("Acme").await;
    let (a, b) = (file(world, &acme, "a").await, file(world, &acme, "b").await);
    let first = world.samples.version(acme.id, a.id, 1);
    add(&acme, &first).await;
    add(&acme, &world.samples.version(acme.id, b.id, 1)).await;
    let again = world.samples.version(acme.id, a.id, 1);
    let refusal = acme
        .commit(|work| work.versions().add(&again))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Duplicate(UniqueKey::VersionNumber));
}

pub(super) async fn they_are_listed_newest_first(world: &World) {
    let acme = world.company("Acme").await;
    let (a, b) = (file(world, &acme, "a").await, file(world, &acme, "b").await);
    for number in [3, 1, 12, 2, 10] {
        add(&acme, &world.samples.version(acme.id, a.id, number)).await;
        add(&acme, &world.samples.version(acme.id, b.id, number)).await;
    }
    let list = async |before, limit| {
        let versions = acme
            .store
            .versions()
            .list(a.id, before, limit)
            .await
            .value();
        assert!(versions.iter().all(|version| version.file_id == a.id));
        numbers(&versions)
    };
    assert_eq!(list(None, 10).await, [12, 10, 3, 2, 1]);
    assert_eq!(list(None, 2).await, [12, 10]);
    assert_eq!(list(Some(10), 2).await, [3, 2]);
    assert_eq!(list(Some(2), 2).await, [1]);
    assert_eq!(list(Some(1), 2).await, [0; 0]);
}

pub(super) async fn a_scan_returns_every_row_by_id(world: &World) {
    let acme = world.company("Acme").await;
    let (a, b) = (file(world, &acme, "a").await, file(world, &acme, "b").await);
    let mut all = Vec::new();
    for number in 1..=3 {
        all.push(world.samples.version(acme.id, a.id, number));
        all.push(world.samples.version(acme.id, b.id, number));
    }
    for version in all.iter().rev() {
        add(&acme, version).await;
    }
    let versions = acme.store.versions();
    assert_eq!(versions.scan(None, 4).await.value(), all[..4]);
    assert_eq!(versions.scan(Some(all[3].id), 4).await.value(), all[4..]);
    assert_eq!(versions.scan(Some(all[5].id), 4).await.value(), []);
}

pub(super) async fn references_to_a_blob_are_counted(world: &World) {
    let acme = world.company("Acme").await;
    let file = file(world, &acme, "a").await;
    let blob = BlobId::from_uuid(world.samples.id());
    for (number, shows) in [(1, true), (2, false), (3, true)] {
        let mut version = world.samples.version(acme.id, file.id, number);
        if shows {
            version.blob_id = Some(blob);
        }
        add(&acme, &version).await;
    }
    assert_eq!(acme.store.versions().count_by_blob(blob).await.value(), 2);
}
