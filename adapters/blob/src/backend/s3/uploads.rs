//! Unfinished multipart uploads, which `object_store` can abort but not list.

use async_trait::async_trait;
use http::{HeaderMap, Method};
use object_store::multipart::MultipartStore;
use serde::Deserialize;
use tenantry_application::ports::{PortError, PortErrorKind};
use tenantry_domain::Timestamp;
use thiserror::Error;
use url::Url;

use super::bucket::{Bucket, LIFETIME};
use crate::{
    backend::objects::{MultipartUploads, UnfinishedUpload, from_store, is_missing_upload},
    name::ObjectName,
    network::from_http,
};

/// The maximum number of pages per list, of a thousand uploads each. Once these
/// are aborted, the next sweep finds more.
const MAX_PAGES: usize = 10;

/// The target of a request with the permission that it needs.
const LIST_TARGET: &str = "the unfinished uploads (s3:ListBucketMultipartUploads)";

#[async_trait]
impl MultipartUploads for Bucket {
    /// Lists all uploads without a prefix, because `MinIO` supports only whole
    /// keys as prefixes.
    async fn list(&self, name: Option<ObjectName>) -> Result<Vec<UnfinishedUpload>, PortError> {
        let (mut uploads, mut after) = (Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let page = self.page(name, after.as_ref()).await?;
            uploads.extend(page.uploads);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(uploads)
    }

    async fn abort(&self, upload: &UnfinishedUpload) -> Result<(), PortError> {
        let path = upload.name.object_path();
        let result = self.s3.abort_multipart(&path, &upload.id).await;
        let target = format!(
            "the multipart upload of {} (s3:AbortMultipartUpload)",
            upload.name
        );
        match result.map_err(from_store("abort", target)) {
            Err(error) if is_missing_upload(&error) => Ok(()),
            result => result,
        }
    }
}

impl Bucket {
    async fn page(
        &self,
        name: Option<ObjectName>,
        after: Option<&Marker>,
    ) -> Result<Page, PortError> {
        let (url, headers) = (page_url(&self.url, name, after), HeaderMap::new());
        let url = self.sign(&Method::GET, &url, &headers, LIFETIME).await?;
        let response = self.client.send(Method::GET, url, headers, "").await;
        let response = response.map_err(from_http("list", LIST_TARGET))?;
        Page::parse(&response, name).map_err(|error| {
            let context = format!("cannot list {LIST_TARGET}");
            PortError::new(PortErrorKind::Internal, context).caused_by(error)
        })
    }
}

/// Returns the URL of a page.
fn page_url(bucket: &Url, name: Option<ObjectName>, after: Option<&Marker>) -> Url {
    let mut url = bucket.clone();
    let mut query = url.query_pairs_mut();
    query.append_pair("uploads", "");
    query.extend_pairs(name.map(|name| ("prefix", name.to_string())));
    if let Some(marker) = after {
        query.append_pair("key-marker", &marker.key);
        query.append_pair("upload-id-marker", &marker.upload_id);
    }
    drop(query);
    url
}

/// One page of unfinished uploads.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    /// The uploads without foreign names.
    uploads: Vec<UnfinishedUpload>,
    /// The start of the next page, if any.
    next: Option<Marker>,
}

/// The position of a page.
#[derive(Debug, PartialEq, Eq)]
struct Marker {
    key: String,
    upload_id: String,
}

/// The error of a malformed response, without details that may quote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the response of the service is not valid S3 XML")]
struct MalformedResponse;

/// The relevant elements of a `ListMultipartUploadsResult`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListResult {
    is_truncated: bool,
    next_key_marker: Option<String>,
    next_upload_id_marker: Option<String>,
    #[serde(default, rename = "Upload")]
    uploads: Vec<UploadElement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UploadElement {
    key: String,
    upload_id: String,
    initiated: String,
}

impl Page {
    /// Parses a response. If an object is given, other objects are left out even
    /// if the service returns them, because listed uploads are aborted.
    fn parse(response: &[u8], object: Option<ObjectName>) -> Result<Self, MalformedResponse> {
        let result: ListResult =
            quick_xml::de::from_reader(response).map_err(|_| MalformedResponse)?;
        let mut uploads = Vec::new();
        for element in result.uploads {
            let name = ObjectName::parse(&element.key);
            let Some(name) = name.filter(|name| object.is_none_or(|object| *name == object)) else {
                continue;
            };
            let started_at = Timestamp::parse(&element.initiated);
            uploads.push(UnfinishedUpload {
                name,
                id: element.upload_id,
                started_at: started_at.map_err(|_| MalformedResponse)?,
            });
        }
        let next = result.next_key_marker.map(|key| Marker {
            key,
            upload_id: result.next_upload_id_marker.unwrap_or_default(),
        });
        Ok(Self {
            uploads,
            next: next.filter(|_| result.is_truncated),
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const TENANT: &str = "018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b";
    const BLOB: &str = "018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0c";

    /// Returns a response as documented by the protocol.
    fn response(is_truncated: bool, uploads: &[(&str, &str)]) -> String {
        let uploads: Vec<_> = uploads
            .iter()
            .map(|(key, initiated)| {
                format!(
                    "<Upload><Key>{key}</Key><UploadId>id of {key}</UploadId>\
                     <Initiator><ID>1</ID><DisplayName>one</DisplayName></Initiator>\
                     <Owner><ID>2</ID><DisplayName>two</DisplayName></Owner>\
                     <StorageClass>STANDARD</StorageClass>\
                     <Initiated>{initiated}</Initiated></Upload>"
                )
            })
            .collect();
        let uploads = uploads.concat();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <ListMultipartUploadsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Bucket>files</Bucket><KeyMarker></KeyMarker><UploadIdMarker/>\
             <NextKeyMarker>a&amp;b</NextKeyMarker><NextUploadIdMarker>7</NextUploadIdMarker>\
             <MaxUploads>1000</MaxUploads><IsTruncated>{is_truncated}</IsTruncated>{uploads}\
             <CommonPrefixes><Prefix>videos/</Prefix></CommonPrefixes>\
             </ListMultipartUploadsResult>"
        )
    }

    #[test]
    fn only_uploads_with_names_of_the_service_are_listed() {
        let (blob, probe) = (format!("t/{TENANT}/{BLOB}"), format!("probe/{BLOB}"));
        let initiated = "2010-11-10T20:48:33.000Z";
        let foreign = [
            "a.txt",
            "t/x/y",
            "probe",
            "probe/",
            &format!("probe/{blob}"),
        ];
        let mut uploads: Vec<_> = foreign.iter().map(|key| (*key, "soon")).collect();
        uploads.push((&blob, initiated));
        uploads.push((&probe, initiated));
        let page = Page::parse(response(false, &uploads).as_bytes(), None).unwrap();
        assert_eq!(page.next, None);
        let names: Vec<_> = page
            .uploads
            .iter()
            .map(|upload| upload.name.to_string())
            .collect();
        assert_eq!(names, [blob.as_str(), &probe]);
        for upload in &page.uploads {
            assert_eq!(upload.id, format!("id of {}", upload.name));
            assert_eq!(upload.started_at, Timestamp::parse(initiated).unwrap());
        }
        let object = page.uploads[1].name;
        let filtered = Page::parse(response(false, &uploads).as_bytes(), Some(object)).unwrap();
        assert_eq!(filtered.uploads, page.uploads[1..]);
    }

    #[test]
    fn a_truncated_page_has_a_next_page() {
        let page = Page::parse(response(true, &[]).as_bytes(), None).unwrap();
        let bucket = "https://s3/files/".parse().unwrap();
        let url = |name, after| page_url(&bucket, name, after).to_string();
        assert_eq!(
            url(None, page.next.as_ref()),
            "https://s3/files/?uploads=&key-marker=a%26b&upload-id-marker=7"
        );
        let name = ObjectName::parse(&format!("probe/{BLOB}"));
        let prefix = format!("https://s3/files/?uploads=&prefix=probe%2F{BLOB}");
        assert_eq!(url(name, None), prefix);
    }

    #[test]
    fn incomplete_and_malformed_responses_are_rejected() {
        let whole = response(false, &[]);
        let end = whole.find("</ListMultipartUploadsResult>").unwrap();
        for length in 0..end {
            let result = Page::parse(&whole.as_bytes()[..length], None);
            assert_eq!(result, Err(MalformedResponse));
        }
        for other in ["<html><body>welcome</body></html>", "welcome", ""] {
            let result = Page::parse(other.as_bytes(), None);
            assert_eq!(result, Err(MalformedResponse));
        }
        let undated = response(false, &[(&format!("probe/{BLOB}"), "soon")]);
        let result = Page::parse(undated.as_bytes(), None);
        assert_eq!(result, Err(MalformedResponse));
    }
}
