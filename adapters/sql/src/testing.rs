//! A store for unit tests, on a temporary file with one tenant.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::sync::Arc;

use sea_orm::{QueryResult, Statement};
use tenantry_application::{
    ports::{PlatformStore, TenantStore},
    work::PlatformWork,
};
use tenantry_domain::{
    Revision, Timestamp,
    audit::{Actor, AuditEntry},
    blob::Digest,
    file::{File, NewFile, Place},
    id::{AuditId, FileId, TenantId, UserId, VersionId},
    media_type::{ContentTypes, MediaType},
    name::{Subdomain, TenantName},
    path::LogicalPath,
    tags::Tags,
    tenant::{ActiveTenant, Isolation, Tenant, TenantStatus},
    version::{FileVersion, Processing},
};
use uuid::Uuid;

use crate::{SqlStore, SqliteOptions, reader::Reader};

pub(crate) struct World {
    pub(crate) store: SqlStore,
    pub(crate) tenant: Arc<dyn TenantStore>,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) async fn world() -> World {
    let folder = tempfile::tempdir().expect("a folder");
    let options = SqliteOptions::new(folder.path().join("odd ?name#.db"));
    let store = SqlStore::connect(options).await.expect("a database");
    store.migrate().await.expect("tables");
    let tenant = add_tenant(&store, 1).await;
    World {
        store,
        tenant,
        folder,
    }
}

/// Adds an active tenant with a quota of 1,000 bytes, and opens it.
pub(crate) async fn add_tenant(store: &SqlStore, number: u128) -> Arc<dyn TenantStore> {
    let id = TenantId::from_uuid(Uuid::from_u128(number));
    let name = format!("tenant {number}");
    let tenant = Tenant {
        id,
        name: TenantName::parse(&name).expect("a name"),
        subdomain: Subdomain::parse(&format!("tenant-{number}")).expect("a label"),
        status: TenantStatus::Active,
        isolation: Isolation::Rows,
        content_types: ContentTypes::default(),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        members_version: 0,
        roles_version: 0,
        revision: Revision::FIRST,
    };
    let mut work = PlatformWork::new();
    work.tenants().add(&tenant);
    work.open_quota(id, 1000);
    store.commit(work).await.expect("a tenant");
    let active = ActiveTenant::of(id, tenant.status).expect("active");
    store.open(active).await.expect("a handle")
}

/// Creates a file and its first version.
pub(crate) fn file(tenant: &dyn TenantStore, number: u128) -> (File, FileVersion) {
    let tenant_id = tenant.tenant().id();
    let version = FileVersion {
        id: VersionId::from_uuid(Uuid::from_u128(number)),
        tenant_id,
        file_id: FileId::from_uuid(Uuid::from_u128(number)),
        number: 1,
        blob_id: None,
        size_bytes: 1,
        charged_bytes: 4096,
        digest: Digest::from_bytes([7; 32]),
        declared_type: MediaType::octet_stream(),
        media_type: MediaType::octet_stream(),
        processing: Processing::Pending,
        created_by: UserId::from_uuid(Uuid::from_u128(9)),
        created_at: Timestamp::EPOCH,
        processed_at: None,
        revision: Revision::FIRST,
    };
    let new = NewFile {
        place: Place::Company(tenant_id),
        path: LogicalPath::parse(&format!("folder/{number}.txt")).expect("a path"),
        tags: Tags::default(),
    };
    (File::begin(new, &version), version)
}

pub(crate) fn entry(tenant: &dyn TenantStore, number: u128) -> AuditEntry {
    AuditEntry {
        id: AuditId::from_uuid(Uuid::from_u128(number)),
        tenant_id: Some(tenant.tenant().id()),
        actor: Actor::System,
        action: "file.create".to_owned(),
        subject_kind: "file".to_owned(),
        subject_id: number.to_string(),
        at: Timestamp::EPOCH,
        request_id: None,
        detail: [("name".to_owned(), "value".to_owned())].into(),
        tag: Some(vec![7; 32]),
    }
}

/// Returns the query plan of a statement.
pub(crate) async fn plan(reader: &Reader, query: Statement) -> String {
    let sql = format!("EXPLAIN QUERY PLAN {}", query.sql);
    let values = query.values.map(|values| values.0).unwrap_or_default();
    let rows = reader.rows_by("explain", &sql, values).await;
    let rows = rows.expect("a plan");
    let detail = |row: &QueryResult| row.try_get::<String>("", "detail").expect("text");
    rows.iter().map(detail).collect::<Vec<_>>().join("; ")
}
