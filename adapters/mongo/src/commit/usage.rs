//! The storage usage of a tenant.

use std::collections::{BTreeMap, HashMap};

use mongodb::bson::{self, Document, doc};
use serde::{Deserialize, de::DeserializeOwned};
use tenantry_application::{
    ports::{PlaceUsage, PortError, Usage},
    work::Kind,
};
use tenantry_domain::{file::Bucket, id::TenantId};
use tenantry_store::{no_quota, rows::Reading};
use uuid::Uuid;

use super::fault::Fault;
use crate::{
    collection::{Collection, DocumentId, bson_id, entity, from_document},
    database::Source,
    find::Find,
};

/// The number of documents in one read.
const PORTION: u32 = 5000;

/// Sums up the usage, while nothing else is written or within a transaction.
pub(super) async fn usage(source: &mut Source<'_>, tenant: TenantId) -> Result<Usage, Fault> {
    let id = tenant.as_uuid();
    let quotas = Collection::of(Kind::Quota);
    let find = Find::new(quotas, doc! { "_id": &DocumentId::Id(id) });
    let quota = source.find(find.limit(1_u32)).await?;
    let quota = quota.first().ok_or_else(no_quota)?;
    let mut usage = Usage {
        quota: entity(quota)?,
        places: places(source, id).await?,
        open_uploads: 0,
        open_upload_bytes: 0,
        stored_bytes: 0,
    };
    let read = Reading::of(Kind::Blob, id);
    let fields = &["state", "reserved_bytes", "size_bytes"];
    let mut blobs = Portions::new(Kind::Blob, doc! {}, id, fields);
    while let Some(portion) = blobs.next::<BlobRow>(source).await? {
        for blob in portion {
            match blob.state.as_str() {
                "open" => {
                    usage.open_uploads += 1;
                    usage.open_upload_bytes += bytes(&read, blob.reserved_bytes)?;
                }
                "stored" => usage.stored_bytes += bytes(&read, blob.size_bytes)?,
                _ => {}
            }
        }
    }
    Ok(usage)
}

fn bytes(read: &Reading, count: Option<i64>) -> Result<u64, PortError> {
    read.count("size_bytes", count.unwrap_or_default())
}

/// Sums up the places without a join, which the portable subset lacks: files
/// first, then the versions of each.
async fn places(source: &mut Source<'_>, tenant: Uuid) -> Result<Vec<PlaceUsage>, Fault> {
    let mut places: BTreeMap<(&str, Uuid), PlaceUsage> = BTreeMap::new();
    let mut place_of: HashMap<Uuid, (&str, Uuid)> = HashMap::new();
    let fields = &["bucket", "bucket_id"];
    let mut files = Portions::new(Kind::File, doc! {}, tenant, fields);
    while let Some(portion) = files.next::<FileRow>(source).await? {
        for file in portion {
            let bucket_id = uuid(file.bucket_id);
            let read = Reading::of(Kind::File, uuid(file.id));
            let bucket = read.parsed("bucket", Bucket::parse(&file.bucket))?;
            let key = (bucket.as_str(), bucket_id);
            let place = places.entry(key).or_insert(PlaceUsage {
                bucket,
                bucket_id,
                files: 0,
                versions: 0,
                bytes: 0,
            });
            place.files += 1;
            place_of.insert(uuid(file.id), key);
        }
    }
    let holding = doc! { "blob_id": { "$ne": null } };
    let fields = &["file_id", "size_bytes", "charged_bytes"];
    let mut versions = Portions::new(Kind::Version, holding, tenant, fields);
    while let Some(portion) = versions.next::<VersionRow>(source).await? {
        for version in portion {
            let place = place_of.get(&uuid(version.file_id));
            if let Some(place) = place.and_then(|key| places.get_mut(key)) {
                let read = Reading::of(Kind::Version, uuid(version.id));
                place.versions += 1;
                let charged = version.charged_bytes.unwrap_or(version.size_bytes);
                place.bytes += read.count::<u64>("charged_bytes", charged)?;
            }
        }
    }
    Ok(places.into_values().collect())
}

/// The documents of a tenant that match a filter, by ascending id.
struct Portions {
    kind: Kind,
    filter: Document,
    fields: &'static [&'static str],
    is_exhausted: bool,
}

impl Portions {
    fn new(
        kind: Kind,
        mut filter: Document,
        tenant: Uuid,
        fields: &'static [&'static str],
    ) -> Self {
        filter.insert("tenant_id", bson_id(tenant));
        Self {
            kind,
            filter,
            fields,
            is_exhausted: false,
        }
    }

    /// Returns the next portion; `None` after the last.
    async fn next<R: DeserializeOwned>(
        &mut self,
        source: &mut Source<'_>,
    ) -> Result<Option<Vec<R>>, Fault> {
        if self.is_exhausted {
            return Ok(None);
        }
        let find = Find::new(Collection::of(self.kind), self.filter.clone());
        let by_id = find.sort(doc! { "_id": 1 }).limit(PORTION);
        let portion = source.find(by_id.fields(self.fields)).await?;
        self.is_exhausted = portion.len() < PORTION as usize;
        if let Some(last) = portion.last() {
            let last: Id = from_document(Collection::of(self.kind), last)?;
            self.filter.insert("_id", doc! { "$gt": last.id });
        }
        let rows = portion
            .iter()
            .map(|row| from_document(Collection::of(self.kind), row));
        Ok(Some(rows.collect::<Result<_, PortError>>()?))
    }
}

#[derive(Deserialize)]
struct Id {
    #[serde(rename = "_id")]
    id: bson::Uuid,
}

#[derive(Deserialize)]
struct FileRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    bucket: String,
    bucket_id: bson::Uuid,
}

#[derive(Deserialize)]
struct VersionRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    file_id: bson::Uuid,
    size_bytes: i64,
    charged_bytes: Option<i64>,
}

#[derive(Deserialize)]
struct BlobRow {
    state: String,
    reserved_bytes: Option<i64>,
    size_bytes: Option<i64>,
}

fn uuid(id: bson::Uuid) -> Uuid {
    Uuid::from_bytes(id.bytes())
}
