//! One tenant's ledger, and where its bytes come from.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult};
use tenantry_application::ports::{PlaceUsage, PortError, PortErrorKind, QuotaRepository, Usage};
use tenantry_domain::{file::Bucket, id::TenantId, quota::Quota};
use uuid::Uuid;

use crate::{
    convert::{Reading, quota_from_row},
    entity::quota::{Entity, Model},
    scope::TenantScope,
};

const PLACES: (&str, &str) = (
    "SELECT bucket, bucket_id, COUNT(DISTINCT id) AS files, COUNT(bytes) AS versions, \
     CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM (\
     SELECT f.tenant_id, f.bucket, f.bucket_id, f.id, v.size_bytes AS bytes FROM files f \
     LEFT JOIN versions v ON v.tenant_id = f.tenant_id AND v.file_id = f.id \
     AND v.blob_id IS NOT NULL) AS held",
    "GROUP BY bucket, bucket_id ORDER BY bucket, bucket_id",
);

const BLOBS: (&str, &str) = (
    "SELECT state, COUNT(*) AS count, \
     CAST(COALESCE(SUM(reserved_bytes), 0) AS BIGINT) AS reserved_bytes, \
     CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) AS size_bytes FROM blobs",
    "GROUP BY state",
);

const READ: &str = "read the storage quota";

/// Reads the ledger.
#[derive(Debug, Clone)]
pub(crate) struct SqlQuotaRepository {
    pub(crate) scope: TenantScope,
    pub(crate) tenant: TenantId,
}

#[async_trait]
impl QuotaRepository for SqlQuotaRepository {
    async fn current(&self) -> Result<Quota, PortError> {
        let reader = self.scope.reader();
        let ledger = async { self.ledger(&reader.executor().await?.get()).await };
        quota(reader.ask(READ, ledger).await?)
    }

    async fn usage(&self) -> Result<Usage, PortError> {
        let reader = self.scope.reader();
        let places = self.scope.statement(PLACES.0, PLACES.1);
        let blobs = self.scope.statement(BLOBS.0, BLOBS.1);
        let read = async {
            let snapshot = reader.snapshot().await?;
            let ledger = self.ledger(&snapshot).await?;
            let places = PlaceRow::find_by_statement(places).all(&snapshot).await?;
            let blobs = BlobRow::find_by_statement(blobs).all(&snapshot).await?;
            snapshot.commit().await?;
            Ok((ledger, places, blobs))
        };
        let (ledger, places, blobs) = reader.ask_at_length(READ, read).await?;
        let quota = quota(ledger)?;

        let row = Reading::of("quotas", self.tenant.as_uuid());
        let mut usage = Usage {
            quota,
            places: places.iter().map(place).collect::<Result<_, _>>()?,
            open_uploads: 0,
            open_upload_bytes: 0,
            stored_bytes: 0,
        };
        for blobs in &blobs {
            match blobs.state.as_str() {
                "open" => {
                    usage.open_uploads = row.count("open", blobs.count)?;
                    usage.open_upload_bytes = row.count("open", blobs.reserved_bytes)?;
                }
                "stored" => usage.stored_bytes = row.count("stored", blobs.size_bytes)?,
                _ => {}
            }
        }
        Ok(usage)
    }
}

impl SqlQuotaRepository {
    async fn ledger(&self, db: &impl ConnectionTrait) -> Result<Option<Model>, DbErr> {
        Entity::find_by_id(self.tenant.as_uuid()).one(db).await
    }
}

fn quota(ledger: Option<Model>) -> Result<Quota, PortError> {
    let ledger = ledger.ok_or_else(|| {
        PortError::new(PortErrorKind::NotFound, "the tenant has no storage quota")
    })?;
    quota_from_row(&ledger)
}

#[derive(FromQueryResult)]
struct PlaceRow {
    bucket: String,
    bucket_id: Uuid,
    files: i64,
    versions: i64,
    bytes: i64,
}

#[derive(FromQueryResult)]
struct BlobRow {
    state: String,
    count: i64,
    reserved_bytes: i64,
    size_bytes: i64,
}

fn place(row: &PlaceRow) -> Result<PlaceUsage, PortError> {
    let read = Reading::of("files", row.bucket_id);
    Ok(PlaceUsage {
        bucket: read.parsed("bucket", Bucket::parse(&row.bucket))?,
        bucket_id: row.bucket_id,
        files: read.count("id", row.files)?,
        versions: read.count("number", row.versions)?,
        bytes: read.count("size_bytes", row.bytes)?,
    })
}
