//! The storage usage of a tenant.

use sea_orm::{DbErr, EntityTrait, FromQueryResult};
use tenantry_application::{
    ports::{PlaceUsage, PortError, Usage},
    work::Kind,
};
use tenantry_domain::{file::Bucket, id::TenantId};
use tenantry_store::{
    Stored, no_quota,
    rows::{Reading, quota},
};
use uuid::Uuid;

use crate::reader::Reader;

const PLACES: &str = "\
    SELECT bucket, bucket_id, COUNT(DISTINCT id) AS files, COUNT(bytes) AS versions, \
    CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM (\
    SELECT f.bucket, f.bucket_id, f.id, COALESCE(v.charged_bytes, v.size_bytes) AS bytes \
    FROM files f \
    LEFT JOIN versions v ON v.tenant_id = f.tenant_id AND v.file_id = f.id \
    AND v.blob_id IS NOT NULL WHERE f.tenant_id = ?) AS held \
    GROUP BY bucket, bucket_id ORDER BY bucket, bucket_id";

const BLOBS: &str = "\
    SELECT state, COUNT(*) AS count, \
    CAST(COALESCE(SUM(reserved_bytes), 0) AS BIGINT) AS reserved_bytes, \
    CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) AS size_bytes FROM blobs \
    WHERE tenant_id = ? GROUP BY state";

/// Reads the usage in one snapshot.
pub(crate) async fn usage(reader: &Reader, tenant: TenantId) -> Result<Usage, PortError> {
    let id = tenant.as_uuid();
    let places = reader.dialect.statement(PLACES, [id.into()]);
    let blobs = reader.dialect.statement(BLOBS, [id.into()]);
    let read = async {
        let snapshot = reader.snapshot().await?;
        let quota = quota::Entity::find_by_id(id).one(&snapshot).await?;
        let places = PlaceRow::find_by_statement(places).all(&snapshot).await?;
        let blobs = BlobRow::find_by_statement(blobs).all(&snapshot).await?;
        snapshot.commit().await?;
        Ok::<_, DbErr>((quota, places, blobs))
    };
    let read = reader.read_long("read the storage usage", read).await?;
    let (quota, places, blobs) = read;
    let reading = Reading::of(Kind::Quota, id);
    let mut usage = Usage {
        quota: Stored::from_row(quota.ok_or_else(no_quota)?)?,
        places: places.iter().map(place).collect::<Result<_, _>>()?,
        open_uploads: 0,
        open_upload_bytes: 0,
        stored_bytes: 0,
    };
    for blobs in &blobs {
        match blobs.state.as_str() {
            "open" => {
                usage.open_uploads = reading.count("open", blobs.count)?;
                usage.open_upload_bytes = reading.count("open", blobs.reserved_bytes)?;
            }
            "stored" => usage.stored_bytes = reading.count("stored", blobs.size_bytes)?,
            _ => {}
        }
    }
    Ok(usage)
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
    let reading = Reading::of(Kind::File, row.bucket_id);
    Ok(PlaceUsage {
        bucket: reading.parsed("bucket", Bucket::parse(&row.bucket))?,
        bucket_id: row.bucket_id,
        files: reading.count("id", row.files)?,
        versions: reading.count("number", row.versions)?,
        bytes: reading.count("size_bytes", row.bytes)?,
    })
}
