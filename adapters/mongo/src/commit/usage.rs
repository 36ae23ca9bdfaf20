//! Where a tenant's bytes come from, as of one instant.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
};

use mongodb::bson::{self, Document, doc};
use serde::{Deserialize, de::DeserializeOwned};
use tenantry_application::ports::{PlaceUsage, PortError, PortErrorKind, Usage};
use tenantry_domain::{file::Bucket, id::TenantId};
use uuid::Uuid;

use super::fault::Fault;
use crate::{
    database::{Find, Source},
    plan::{Key, Table, bson_id, from_document},
    rows::{QuotaRow, Reading, uuid},
};

/// How many documents are read at once.
const PORTION: u32 = 5000;

/// Counts while nothing else is written, or within a transaction.
pub(super) async fn usage(source: &mut Source<'_>, tenant: TenantId) -> Result<Usage, Fault> {
    let id = tenant.as_uuid();
    let find = Find::new(Table::Quotas, doc! { "_id": &Key::from(id) }).limit(1);
    let ledger = source.find(find).await?;
    let ledger = ledger.first().ok_or_else(no_ledger)?;
    let mut usage = Usage {
        quota: from_document::<QuotaRow>(Table::Quotas, ledger)?.quota()?,
        places: places(source, id).await?,
        open_uploads: 0,
        open_upload_bytes: 0,
        stored_bytes: 0,
    };
    let read = Reading::of(Table::Blobs, id);
    let fields = &["state", "reserved_bytes", "size_bytes"];
    let mut blobs = Portions::new(Table::Blobs, doc! {}, id, fields);
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

fn bytes(read: &Reading<impl Display>, count: Option<i64>) -> Result<u64, PortError> {
    read.count("size_bytes", count.unwrap_or_default())
}

/// A tenant without a ledger is none.
pub(crate) fn no_ledger() -> PortError {
    PortError::new(PortErrorKind::NotFound, "the tenant has no storage quota")
}

/// No server joins what every server knows: files are counted first, and what
/// each version adds is found by its file.
async fn places(source: &mut Source<'_>, tenant: Uuid) -> Result<Vec<PlaceUsage>, Fault> {
    let mut places: BTreeMap<(&str, Uuid), PlaceUsage> = BTreeMap::new();
    let mut place_of: HashMap<Uuid, (&str, Uuid)> = HashMap::new();
    let fields = &["bucket", "bucket_id"];
    let mut files = Portions::new(Table::Files, doc! {}, tenant, fields);
    while let Some(portion) = files.next::<FileRow>(source).await? {
        for file in portion {
            let bucket_id = uuid(file.bucket_id);
            let read = Reading::of(Table::Files, file.id);
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
    let fields = &["file_id", "size_bytes"];
    let mut versions = Portions::new(Table::Versions, holding, tenant, fields);
    while let Some(portion) = versions.next::<VersionRow>(source).await? {
        for version in portion {
            let place = place_of.get(&uuid(version.file_id));
            if let Some(place) = place.and_then(|key| places.get_mut(key)) {
                let read = Reading::of(Table::Versions, version.id);
                place.versions += 1;
                place.bytes += read.count::<u64>("size_bytes", version.size_bytes)?;
            }
        }
    }
    Ok(places.into_values().collect())
}

/// Documents of a tenant that a filter lets through, by ascending id.
struct Portions {
    table: Table,
    filter: Document,
    fields: &'static [&'static str],
    is_over: bool,
}

impl Portions {
    fn new(
        table: Table,
        mut filter: Document,
        tenant: Uuid,
        fields: &'static [&'static str],
    ) -> Self {
        filter.insert("tenant_id", bson_id(tenant));
        Self {
            table,
            filter,
            fields,
            is_over: false,
        }
    }

    /// The next so many; none where there are no more.
    async fn next<R: DeserializeOwned>(
        &mut self,
        source: &mut Source<'_>,
    ) -> Result<Option<Vec<R>>, Fault> {
        if self.is_over {
            return Ok(None);
        }
        let find = Find::new(self.table, self.filter.clone());
        let by_id = find.sort(doc! { "_id": 1 }).limit(PORTION);
        let portion = source.find(by_id.fields(self.fields)).await?;
        self.is_over = portion.len() < PORTION as usize;
        if let Some(last) = portion.last() {
            let last: Id = from_document(self.table, last)?;
            self.filter.insert("_id", doc! { "$gt": last.id });
        }
        let rows = portion.iter().map(|row| from_document(self.table, row));
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
}

#[derive(Deserialize)]
struct BlobRow {
    state: String,
    reserved_bytes: Option<i64>,
    size_bytes: Option<i64>,
}
