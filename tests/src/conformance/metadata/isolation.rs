//! Tenant isolation: no read and no write crosses it.

use tenantry_application::{
    ports::{AuditQuery, Count, FileFilter, FileQuery, FileSort, PortErrorKind, Refusal},
    work::{Kind, TenantWork},
};
use tenantry_domain::{
    audit::{AuditEntry, ChainHead, Seal},
    blob::Blob,
    file::File,
    idempotency::IdempotencyRecord,
    job::Job,
    version::FileVersion,
};

use super::world::{Company, Outcome, ReadOutcome, World};
use crate::conformance::samples::{at, backend, digest};

/// A tenant with a row of every kind, and another without any.
struct Neighbours {
    victim: Company,
    intruder: Company,
    file: File,
    version: FileVersion,
    blob: Blob,
    open: Blob,
    job: Job,
    request: IdempotencyRecord,
    entry: AuditEntry,
}

impl Neighbours {
    async fn new(world: &World) -> Self {
        let victim = world.company("Acme").await;
        let intruder = world.company("Globex").await;
        let samples = &world.samples;
        let file = samples.file(victim.id, "secret.txt");
        let blob = samples.stored_blob(victim.id, digest(7), 10);
        let open = samples.open_blob(victim.id, 5);
        let mut version = samples.version(victim.id, file.id, 1);
        version.blob_id = Some(blob.id);
        let job = samples.job(Some(victim.id));
        let request = samples.request(Some(victim.id), "k");
        let entry = samples.entry(Some(victim.id), "file.upload");
        victim
            .commit(|work| {
                work.files().add(&file);
                work.versions().add(&version);
                work.blobs().add(&blob);
                work.blobs().add(&open);
                work.jobs().add(&job);
                work.idempotency().add(&request);
                work.audit(entry.clone());
                work.quota().settle(0, 10);
                work.quota().reserve(5);
            })
            .await
            .done();
        Self {
            victim,
            intruder,
            file,
            version,
            blob,
            open,
            job,
            request,
            entry,
        }
    }

    async fn is_untouched(&self, world: &World) {
        let store = &self.victim.store;
        assert_eq!(
            store.files().lookup(self.file.id).await.value().as_ref(),
            Some(&self.file)
        );
        let version = store.versions().lookup(self.version.id).await.value();
        assert_eq!(version.as_ref(), Some(&self.version));
        assert_eq!(
            store.blobs().scan(None, 10).await.value(),
            [self.blob.clone(), self.open.clone()]
        );
        assert_eq!(
            world
                .store
                .jobs()
                .lookup(self.job.id)
                .await
                .value()
                .as_ref(),
            Some(&self.job)
        );
        let requests = world.store.idempotency();
        assert_eq!(
            requests.find(&self.request.scope).await.value().as_ref(),
            Some(&self.request)
        );
        let unsealed = store.audit().unsealed(None, 10).await.value();
        assert_eq!(unsealed, std::slice::from_ref(&self.entry));
        assert_eq!(store.audit().head().await.value(), ChainHead::EMPTY);
        let quota = store.quota().current().await.value();
        assert_eq!((quota.used_bytes, quota.reserved_bytes), (10, 5));
    }
}

pub(super) async fn no_read_sees_over_the_wall(world: &World) {
    let all = Neighbours::new(world).await;
    let (file, version, blob) = (&all.file, &all.version, &all.blob);
    let store = &all.intruder.store;

    let files = store.files();
    assert_eq!(files.lookup(file.id).await.value(), None);
    assert_eq!(
        files.find_by_path(file.place, &file.path).await.value(),
        None
    );
    let filter = FileFilter {
        place: file.place,
        prefix: None,
        path: None,
        status: None,
        review: None,
        owner_id: None,
        search: None,
    };
    let none = Count {
        total: 0,
        capped: false,
    };
    assert_eq!(files.count(&filter, 10).await.value(), none);
    let query = FileQuery {
        filter,
        sort: FileSort::Name,
        descending: false,
        after: None,
        offset: 0,
        limit: 10,
    };
    assert_eq!(files.list(&query).await.value(), []);

    let versions = store.versions();
    assert_eq!(versions.lookup(version.id).await.value(), None);
    assert_eq!(versions.find_by_number(file.id, 1).await.value(), None);
    assert_eq!(versions.list(file.id, None, 10).await.value(), []);
    assert_eq!(versions.scan(None, 10).await.value(), []);
    assert_eq!(versions.count_by_blob(blob.id).await.value(), 0);

    let blobs = store.blobs();
    assert_eq!(blobs.lookup(blob.id).await.value(), None);
    assert_eq!(
        blobs
            .find_by_digest(&backend("main"), digest(7), 10)
            .await
            .value(),
        None
    );
    assert_eq!(
        blobs
            .find_to_sweep(&(at(1000)..=at(2000)), 10)
            .await
            .value(),
        []
    );
    assert_eq!(blobs.scan(None, 10).await.value(), []);

    let usage = store.quota().usage().await.value();
    assert_eq!((usage.quota.used_bytes, usage.quota.reserved_bytes), (0, 0));
    assert_eq!(
        (usage.places, usage.open_uploads, usage.stored_bytes),
        (Vec::new(), 0, 0)
    );

    let query = AuditQuery {
        actor: None,
        action: None,
        from: None,
        to: None,
        after: None,
        limit: 10,
    };
    for audit in [store.audit(), world.store.audit()] {
        assert_eq!(audit.list(&query).await.value(), []);
        assert_eq!(audit.unsealed(None, 10).await.value(), []);
        assert_eq!(audit.sealed_after(0, 10).await.value(), []);
    }
}

pub(super) async fn a_foreign_entry_cannot_be_recorded(world: &World) {
    let all = Neighbours::new(world).await;
    let record = |work: &mut TenantWork| work.audit(all.entry.clone());
    let outcome = all.intruder.commit(record).await;
    assert_eq!(outcome.failure(), PortErrorKind::Internal);
    all.is_untouched(world).await;
}

pub(super) async fn a_foreign_entry_cannot_be_sealed(world: &World) {
    let all = Neighbours::new(world).await;
    let seal = tenantry_application::work::AuditSeal {
        tenant_id: Some(all.intruder.id),
        from: ChainHead::EMPTY,
        seals: vec![(
            all.entry.id,
            Seal {
                sequence: 1,
                hash: [1; 32],
            },
        )],
    };
    let refusal = all
        .intruder
        .commit(|work| work.seal_audit(seal))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Missing(Kind::Audit));
    all.is_untouched(world).await;
}

/// Checks that two tenants with a file of the same path and content are
/// independent.
pub(super) async fn equal_rows_of_two_tenants_are_independent(world: &World) {
    let all = Neighbours::new(world).await;
    let file = world.samples.file(all.intruder.id, all.file.path.as_str());
    let blob = world.samples.stored_blob(all.intruder.id, digest(7), 10);
    let version = world.samples.version(all.intruder.id, file.id, 1);
    let add = |work: &mut TenantWork| {
        work.files().add(&file);
        work.blobs().add(&blob);
        work.versions().add(&version);
    };
    all.intruder.commit(add).await.done();
    let found = all
        .intruder
        .store
        .blobs()
        .find_by_digest(&backend("main"), digest(7), 10)
        .await;
    assert_eq!(found.value().map(|found| found.id), Some(blob.id));
    let remove = |work: &mut TenantWork| {
        work.files().remove(&file);
        work.blobs().remove(&blob);
        work.versions().remove(&version);
    };
    all.intruder.commit(remove).await.done();
    all.is_untouched(world).await;
}

pub(super) async fn a_platform_unit_carries_one_tenant(world: &World) {
    let (acme, globex) = (world.company("Acme").await, world.company("Globex").await);
    let user = world.samples.user();
    let rows = [&acme, &globex].map(|company| world.samples.membership(company.id, user, &[]));
    let outcome = world
        .commit(|work| rows.iter().for_each(|row| work.memberships(at(0)).add(row)))
        .await;
    assert_eq!(outcome.failure(), PortErrorKind::Internal);
    assert_eq!(
        world.store.memberships().find_by_user(user).await.value(),
        []
    );
}
